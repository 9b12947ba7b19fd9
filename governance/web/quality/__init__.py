"""Pages of data quality: what the checks of a product say, and the rules that they follow."""
