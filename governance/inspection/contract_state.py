"""Whether the sources of a product serve what its contracts say; pure.

The one decision behind the badge, the mark of a column, the task, the API and the search facet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.types import JSONObject

# Sources are read daily. What was good and was not seen for longer than this is not known.
VALID_FOR = timedelta(days=3)
MAX_MESSAGES = 3
MET, BROKEN, UNKNOWN = "met", "broken", "unknown"


@dataclass(frozen=True, kw_only=True)
class PortObservation:
    """What was last seen of the source of one port; `observed_at` is None if it never was."""

    port: str
    observed_at: datetime | None = None
    is_compared: bool = False
    drifts: Sequence[JSONObject] = ()

    @property
    def breaking(self) -> list[JSONObject]:
        return [drift for drift in self.drifts if drift["is_breaking"]]


@dataclass(frozen=True)
class StateDecision:
    """The state, when its evidence was observed, and the reason as a sentence."""

    state: str
    observed_at: datetime | None = None
    reason: str = ""


def decide_state(observations: Iterable[PortObservation], *, now: datetime) -> StateDecision:
    """Return broken if the source of any port broke its contract when it was last seen.

    It is met only if the source of every port that can be read was compared lately.
    """
    listed = list(observations)
    compared = [row for row in listed if row.is_compared and row.observed_at is not None]
    if broken := [row for row in compared if row.breaking]:
        worst = max(broken, key=lambda row: row.observed_at or now)
        return StateDecision(BROKEN, worst.observed_at, _reason(broken))
    moments = [row.observed_at for row in compared if row.observed_at is not None]
    if not listed or len(compared) < len(listed):
        return StateDecision(UNKNOWN, min(moments, default=None), "Not every source was compared.")
    if now - min(moments) > VALID_FOR:
        return StateDecision(UNKNOWN, min(moments), "The sources were not read for three days.")
    return StateDecision(MET, min(moments), "The sources serve what the contracts say.")


def _reason(broken: Sequence[PortObservation]) -> str:
    messages = [
        f"{drift['table']}{'.' if drift['column'] else ''}{drift['column']}: {drift['message']}"
        for row in broken
        for drift in row.breaking
    ]
    more = len(messages) - MAX_MESSAGES
    return " ".join(messages[:MAX_MESSAGES]) + (f" And {more} more." if more > 0 else "")
