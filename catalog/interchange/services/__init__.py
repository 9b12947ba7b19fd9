"""Writing what files bring: manifests, and the entries of foreign catalogs."""
