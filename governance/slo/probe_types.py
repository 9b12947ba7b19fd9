"""What a probe is given and what it returns; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from catalog.ports.http_types import Timings
from governance.slo.outcomes import Outcome

MAX_DEADLINE = 10.0
MIN_DEADLINE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeTask:
    """One port to measure for one slot; `interval` in seconds."""

    port_id: int
    slot: datetime
    type: str
    location: str
    format: str = ""
    interval: int = 60

    @property
    def deadline(self) -> float:
        """Return the seconds that the probe may take: half an interval, ten at most."""
        return min(MAX_DEADLINE, max(MIN_DEADLINE, self.interval / 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What a probe measured of a port in a slot."""

    port_id: int
    slot: datetime
    at: datetime
    outcome: Outcome
    status_code: int | None = None
    timings: Timings = field(default_factory=Timings)

    @property
    def is_good(self) -> bool:
        return self.outcome == Outcome.GOOD
