"""What the inbox lists, whatever slice it comes from; pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, StrEnum

from catalog.products.models import DataProduct

# Sorts what has no due date behind all that has one.
NEVER = datetime.max.replace(tzinfo=UTC)


class ItemKind(StrEnum):
    """Where an item comes from; the facets of the inbox, in the order of its page."""

    ALERT = "alert"
    CONTRACT = "contract"
    INPUT = "input"
    CONTRADICTION = "contradiction"
    PROVENANCE = "provenance"
    DRAFT = "draft"
    TERM = "term"
    TEAM = "team"


class Severity(IntEnum):
    """How much it matters; the more, the larger."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3


@dataclass(frozen=True, kw_only=True)
class InboxItem:
    """One thing that a person must do or know.

    `key` names it as long as it is there, so that two readings can be compared; `title` is a
    sentence; `path` leads to where it is done; `due_at` is None where nothing has to be done by a
    day; `since` is when it began.
    """

    kind: ItemKind
    key: str
    title: str
    path: str
    severity: Severity
    since: datetime
    due_at: datetime | None = None
    product: DataProduct | None = None

    @property
    def rank(self) -> tuple[datetime, int, datetime, str]:
        """Sort by due date, then severity, then what began first."""
        return (self.due_at or NEVER, -self.severity, self.since, self.key)
