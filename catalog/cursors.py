"""Places in a list as a parameter of an address that tells its reader nothing."""

import json
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

from catalog.types import JSONValue


def encode_cursor(place: JSONValue, *, scope: str) -> str:
    """Return a place, encrypted; it can be read again for the same scope alone.

    A rank follows from the statistics of all documents, hidden ones too, so it must not be read.
    """
    return _fernet(scope).encrypt(json.dumps(place).encode()).decode().rstrip("=")


def decode_cursor(text: str, *, scope: str) -> JSONValue | None:
    """Return the place; None if the text was not made here for this scope."""
    try:
        return json.loads(_fernet(scope).decrypt(text + "=" * (-len(text) % 4)))
    except (InvalidToken, ValueError):
        return None


def _fernet(scope: str) -> Fernet:
    key = salted_hmac("catalog.cursors", scope, algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(key))
