"""Checks the signature of a report, by the Standard Webhooks specification (1.0); pure."""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime

TOLERANCE_SECONDS = 5 * 60
PREFIX = "whsec_"
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
MAX_SIGNATURES = 10


def signature_of(secret: str, *, identifier: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 of its id, time and body, as Base64."""
    content = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(_key_of(secret), content, hashlib.sha256)).decode()


def is_signed(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> bool:
    """Return True if a message has a signature by the secret, of the last five minutes."""
    identifier, timestamp, signatures = (headers.get(name, "") for name in HEADERS)
    if not (identifier and timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    expected = signature_of(secret, identifier=identifier, timestamp=timestamp, body=body).encode()
    sent = signatures.split()[:MAX_SIGNATURES]
    # Each is compared, so that the time does not tell which one was nearly right.
    matches = [hmac.compare_digest(text.encode(), expected) for text in sent]
    return any(matches)


def _key_of(secret: str) -> bytes:
    """Return the key; one that is not written in the form of the specification is its bytes."""
    if secret.startswith(PREFIX):
        try:
            return b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
