"""Pages of domains: reading, editing, people."""
