"""Data quality: checks of contracts, their runs and results."""
