"""Places in a list as a parameter of an address that tells its reader nothing."""

from catalog.encryption import decrypt, encrypt
from catalog.types import JSONValue


def encode_cursor(place: JSONValue, *, scope: str) -> str:
    """Return a place, encrypted; it can be read again for the same scope alone.

    A rank follows from the statistics of all documents, hidden ones too, so it must not be read.
    """
    return encrypt(place, scope=f"cursor {scope}")


def decode_cursor(text: str, *, scope: str) -> JSONValue | None:
    """Return the place; None if the text was not made here for this scope."""
    return decrypt(text, scope=f"cursor {scope}")
