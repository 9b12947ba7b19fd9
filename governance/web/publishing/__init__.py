"""Pages that begin a product with its source: a file, a database or an HTTP endpoint."""
