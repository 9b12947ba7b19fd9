"""API of alerts: the alerts, their rules, the routes they take, and the deliveries."""
