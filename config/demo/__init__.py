"""Loads the demo mesh in `demo/`: its users, manifests and data, and serves its HTTP endpoints."""
