"""The digest that chains audit events: SHA-256 over the previous digest and the event; pure."""

import hashlib
import json
from collections.abc import Mapping

GENESIS = "0" * 64


def link(previous_digest: str, event: Mapping[str, object]) -> str:
    """Return the digest of an event behind the one before it, as 64 hex digits."""
    text = json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{previous_digest}\n{text}".encode()).hexdigest()
