"""What a probe is given and what it returns; pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from catalog.contracts.projection import server_key
from catalog.ports.http_types import Timings
from catalog.types import JSONObject
from governance.slo.outcomes import Outcome

MAX_DEADLINE = 10.0
MIN_DEADLINE = 1.0
# The queue of healthy ports waits no longer: what answers later is measured in the slow queue.
HEALTHY_DEADLINE = 2.0
HEARTBEAT, SQL = "heartbeat", "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeTask:
    """One port to measure for one slot; `interval` in seconds, `probe` as the contract has it."""

    port_id: int
    slot: datetime
    type: str
    location: str
    format: str = ""
    probe: JSONObject = field(default_factory=dict)
    interval: int = 60
    max_deadline: float = MAX_DEADLINE

    @property
    def kind(self) -> str:
        """Return how the port is checked: its type of server, or one of the other two ways."""
        if self.probe.get("heartbeat"):
            return HEARTBEAT
        return SQL if self.probe.get("query") else self.type

    @property
    def deadline(self) -> float:
        """Return the seconds that the probe may take: half an interval, within `max_deadline`."""
        return min(self.max_deadline, self.full_deadline)

    @property
    def full_deadline(self) -> float:
        return min(MAX_DEADLINE, max(MIN_DEADLINE, self.interval / 2))

    def result(
        self, outcome: Outcome, timings: Timings, status_code: int | None, *, ended_at: datetime
    ) -> ProbeResult:
        # The seconds are monotonic, so a clock that jumps cannot touch them; nor may a busy
        # machine make a measurement longer than its deadline.
        timings = replace(timings, total=min(timings.total, self.deadline))
        return ProbeResult(
            port_id=self.port_id,
            slot=self.slot,
            at=ended_at - timedelta(seconds=timings.total),
            outcome=outcome,
            status_code=status_code,
            timings=timings,
            server=server_key(self.type, self.location, self.format, self.probe),
            kind=self.kind,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What a probe measured of a port in a slot; `server` is what it probed.

    A heartbeat is reported: another program says that a port works which Assay cannot reach.
    """

    port_id: int
    slot: datetime
    at: datetime
    outcome: Outcome
    status_code: int | None = None
    timings: Timings = field(default_factory=Timings)
    server: str = ""
    kind: str = ""

    @property
    def is_reported(self) -> bool:
        return self.kind == HEARTBEAT

    @property
    def is_good(self) -> bool:
        return self.outcome == Outcome.GOOD
