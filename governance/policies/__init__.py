"""Policies as code: their text, the facts they are about, and what they say of each product."""
