"""What the inbox lists, whatever slice it comes from; pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from catalog.products.models import DataProduct
from governance.alerts.kinds import Severity

# Sorts what has no due date behind all that has one.
NEVER = datetime.max.replace(tzinfo=UTC)
# Of one kind no more are listed: a reader works them off from the top.
MAX_OF_A_KIND = 200
URGENT_WITHIN = timedelta(days=7)
URGENCY = {severity: rank for rank, severity in enumerate(Severity)}


class ItemKind(StrEnum):
    """Where an item comes from; the facets of the inbox, in the order of its page."""

    ALERT = "alert"
    OBJECTIVE = "objective"
    CONTRACT = "contract"
    INPUT = "input"
    ENDING = "ending"
    CONTRADICTION = "contradiction"
    PROVENANCE = "provenance"
    PORT = "port"
    TERM = "term"
    TEAM = "team"
    DRAFT = "draft"


@dataclass(frozen=True, kw_only=True)
class InboxItem:
    """One thing that a person must do or know.

    `key` names it for as long as it is there; `title` is what it is about and `text` a sentence;
    `path` leads to where it is done. `due_at` is None where nothing has to be done by a day;
    `since` is when it began.
    """

    kind: ItemKind
    key: str
    title: str
    text: str
    path: str
    severity: Severity
    since: datetime
    due_at: datetime | None = None
    product: DataProduct | None = None

    def rank(self, now: datetime) -> tuple[bool, datetime, int, float, str]:
        """Sort what is critical, or due within a week, first; then by due date and severity.

        What else is alike, is sorted by what began last.
        """
        due_at, urgency = self.due_at or NEVER, URGENCY[self.severity]
        is_urgent = self.severity == Severity.CRITICAL or due_at - now <= URGENT_WITHIN
        return (not is_urgent, due_at, urgency, -self.since.timestamp(), self.key)


def end_of(day: date) -> datetime:
    """Return the last second of a day, by which something is due; UTC."""
    return datetime.combine(day, time(23, 59, 59), UTC)
