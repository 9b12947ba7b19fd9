"""Governance's tables, read-only like the catalog's."""

from catalog.admin import show_tables_of

show_tables_of("governance")
