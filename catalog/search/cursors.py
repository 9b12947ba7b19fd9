"""A place in a result as one parameter, which says nothing to whoever holds it.

By relevance a place is a rank, and ranks follow from the statistics of the whole index, of what is
hidden too. So the place is veiled with a keystream, SHAKE-256 over the installation's secret and a
fresh nonce, and then signed for one caller and one search.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import astuple
from hashlib import shake_256
from secrets import token_bytes

from django.conf import settings
from django.core import signing

from catalog.search.port import Cursor

_SALT = "catalog.search.cursor"
_NONCE = 16


def encode_cursor(cursor: Cursor, *, bound_to: str) -> str:
    """Return a cursor as a text that holds for what it is bound to and nothing else."""
    place = json.dumps(astuple(cursor)).encode()
    nonce = token_bytes(_NONCE)
    veiled = urlsafe_b64encode(nonce + _veiled(place, nonce)).decode()
    return signing.TimestampSigner(salt=f"{_SALT}:{bound_to}").sign(veiled)


def decode_cursor(text: str, *, bound_to: str) -> Cursor | None:
    """Return the cursor of a text; None where it was not sealed here, for this."""
    try:
        veiled = urlsafe_b64decode(signing.TimestampSigner(salt=f"{_SALT}:{bound_to}").unsign(text))
        return Cursor(*json.loads(_veiled(veiled[_NONCE:], veiled[:_NONCE])))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def _veiled(content: bytes, nonce: bytes) -> bytes:
    """The same turns a place into its veil and back."""
    key = f"{_SALT}:{settings.SECRET_KEY}:".encode()
    stream = shake_256(key + nonce).digest(len(content))
    return bytes(one ^ other for one, other in zip(content, stream, strict=True))
