"""Probes look at ports as a consumer would: one file per kind of place."""
