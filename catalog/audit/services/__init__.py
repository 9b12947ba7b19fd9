"""Writers of the audit trail: its events, and the order in which they are sealed."""

from catalog.audit.services.anchoring import read_anchors, write_anchor
from catalog.audit.services.recording import (
    Subject,
    record,
    record_denial,
    record_if_denied,
)
from catalog.audit.services.sealing import seal_pending

__all__ = [
    "Subject",
    "read_anchors",
    "record",
    "record_denial",
    "record_if_denied",
    "seal_pending",
    "write_anchor",
]
