"""The business terms of the demo mesh, and which of them a column holds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from catalog.identifiers import slug_of
from catalog.manifests.readers import read_documents
from config.demo.notation import Notes

TERMS = Path(__file__).with_name("terms.yaml")


@cache
def terms() -> tuple[Notes, ...]:
    """Return the notes of every term, in their order."""
    return tuple(read_documents(TERMS.read_bytes(), name=TERMS.name)[0].tree["terms"])


@cache
def term_held_by(column: str) -> str:
    """Return the slug of the term that columns of a name hold; empty for most."""
    holders = (notes["name"] for notes in terms() if column in notes.get("columns", ()))
    return slug_of(next(holders, ""))
