"""Values that only this installation can read, by its secret key."""

import json
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

from catalog.types import JSONValue


def encrypt(value: JSONValue, *, scope: str) -> str:
    """Return a value as text of A-Z, a-z, 0-9, - and _; it can be read for the same scope alone."""
    return _fernet(scope).encrypt(json.dumps(value).encode()).decode().rstrip("=")


def decrypt(text: str, *, scope: str) -> JSONValue | None:
    """Return the value; None if the text was not made here for this scope."""
    try:
        return json.loads(_fernet(scope).decrypt(text + "=" * (-len(text) % 4)))
    except (InvalidToken, ValueError):
        return None


def _fernet(scope: str) -> Fernet:
    key = salted_hmac("catalog.encryption", scope, algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(key))
