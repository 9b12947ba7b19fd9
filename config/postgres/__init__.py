"""Postgres as Django's database, with a cheaper look at whether a kept connection still stands."""
