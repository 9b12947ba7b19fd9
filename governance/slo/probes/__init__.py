"""Probes measure ports as a consumer would use them; one module per server type."""
