"""Pages of alerts, and of the rules and routes behind them."""
