"""The digest that chains audit events: SHA-256 over the previous digest and the event; pure."""

import hashlib
import json
from collections.abc import Mapping

GENESIS = "0" * 64
# The members of an event that its digest is over: all that it has.
EVENT_FIELDS = (
    "id",
    "occurred_at",
    "actor_id",
    "actor_name",
    "on_behalf_of",
    "verb",
    "object_kind",
    "object_id",
    "object_name",
    "domain_id",
    "revision",
    "before",
    "after",
    "reason",
    "request_id",
    "token_id",
    "token_name",
)


def link(previous_digest: str, event: Mapping[str, object]) -> str:
    """Return the digest of an event behind the one before it, as 64 hex digits.

    The event is JSON with sorted keys and no spaces; its moment is as Python writes it, in UTC.
    """
    text = json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{previous_digest}\n{text}".encode()).hexdigest()
