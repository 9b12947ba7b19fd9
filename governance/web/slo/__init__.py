"""Pages of objectives: what a product promises, and whether it keeps it."""
