"""How messages leave: one module per protocol, each turning an attempt into an outcome."""
