"""Signatures of webhooks as the Standard Webhooks specification (1.0) has them; pure."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable

PREFIX = "whsec_"


def format_secret(key: bytes) -> str:
    return PREFIX + b64encode(key).decode()


def parse_secret(secret: str) -> bytes:
    return b64decode(secret.removeprefix(PREFIX))


def signature_headers(
    secrets: Iterable[str], *, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the headers of one attempt, signed by each secret; `timestamp` in epoch seconds.

    While a secret is being replaced there are two, and a receiver accepts either.
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(parse_secret(secret), content, hashlib.sha256) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{b64encode(digest).decode()}" for digest in digests),
    }


def is_signed(headers: dict[str, str], body: bytes, *, secret: str) -> bool:
    """Return True if a message carries a signature of this secret."""
    expected = signature_headers(
        [secret],
        message_id=headers["webhook-id"],
        timestamp=int(headers["webhook-timestamp"]),
        body=body,
    )
    signatures = headers["webhook-signature"].split()
    return any(
        hmac.compare_digest(signature, expected["webhook-signature"]) for signature in signatures
    )
