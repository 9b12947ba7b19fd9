"""Services of search: searches as a reader, and indexes that follow the database."""
