"""Pages of the inbox, and of how a person hears of it."""
