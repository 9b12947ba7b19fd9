"""How groups are represented in a product: the bias tab, its plan, and the datasheet."""
