"""Sort keys of documents as texts that every engine sorts alike; pure."""

import hashlib

from catalog.identifiers import normalize
from catalog.search.fields import Sort

LONGEST_NAME = 60
_WIDTH = 20
# Keys are written in hexadecimal digits only, which no query syntax takes for its own.
_SEPARATOR = "00"


def tie_of(key: str) -> int:
    """Return a number that orders equal ranks the same way in every engine."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6])


def sort_key(value: str | float | None, tie: int, sort: Sort) -> str:
    """Return a text that sorts as the value does, ties by identity, last without a value."""
    return f"{_sortable(value, sort)}{_SEPARATOR}{tie:012x}"


def _sortable(value: str | float | None, sort: Sort) -> str:
    if isinstance(value, str):
        return normalize(value)[:LONGEST_NAME].replace("\0", " ").encode(errors="replace").hex()
    if value is None:
        return ("0" if sort.descending else "9") * _WIDTH
    return f"{round((value + 1e12) * 1e6):0{_WIDTH}d}"


def keyed_number(key: str, value: float) -> str:
    """Return a term for one keyed number, so that a range of numbers is a range of terms."""
    clamped = min(max(value, -1e6), 1e6)
    return f"{key.encode().hex()}{_SEPARATOR}{round((clamped + 1e6) * 1e6):014d}"
