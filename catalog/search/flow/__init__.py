"""How every engine answers: one flow over the primitives of an adapter's session."""
