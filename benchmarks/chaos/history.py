"""What clients asked, what was acknowledged, and what may therefore stand at any moment; pure.

Moments are seconds of the monotonic clock of the one process that asks. Each thing is written by
one client alone, one request after the other.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

NEVER = float("inf")


class Outcome(enum.Enum):
    """How a request ended. Without an answer, or with a failure, both outcomes are allowed."""

    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class State:
    """One thing as the database holds it; `edition` 0 says that it is not there.

    Of a product `text` is its purpose, and `status` and `visibility` decide who reads it; of a
    domain `text` is its slug.
    """

    edition: int = 0
    name: str = ""
    text: str = ""
    status: str = ""
    visibility: str = ""

    @property
    def is_there(self) -> bool:
        """Say whether the thing exists."""
        return self.edition > 0

    def is_readable_by(self, reader: str) -> bool:
        """Say whether a reader ("signed-out", "member", or the "owner") may know of a product."""
        if not self.is_there or reader == "owner":
            return self.is_there
        open_to = {"signed-out": ("public",), "member": ("public", "members")}[reader]
        return self.status != "draft" and self.visibility in open_to


GONE = State()


@dataclass
class Write:
    """One request to change a thing into `after`; `settled` is when its outcome was certain.

    An outcome without an answer is settled by reading the thing again; `is_applied` says how.
    """

    kind: str
    asked: float
    after: State
    outcome: Outcome = Outcome.UNKNOWN
    settled: float = NEVER
    is_applied: bool | None = None
    status: int = 0

    def settle(self, outcome: Outcome, *, at: float, is_applied: bool) -> None:
        """Note how the request ended, and when that was known."""
        self.outcome, self.settled, self.is_applied = outcome, at, is_applied


@dataclass
class Thing:
    """A product or a domain, by a key that never changes, and all that was asked of it."""

    key: str
    kind: str = "product"
    id: str = ""
    domain: str = ""
    writes: list[Write] = field(default_factory=list)

    def states(self, begin: float = NEVER, end: float = NEVER) -> set[State]:
        """Return the states of which one held at every moment from `begin` to `end`."""
        possible = {GONE}
        for write in list(self.writes):
            if write.asked > end:
                break
            if write.is_applied is False:
                continue
            if write.is_applied and write.settled <= begin:
                possible = {write.after}
            else:
                possible.add(write.after)
        return possible

    @property
    def state(self) -> State:
        """Return the one state that is certain now. Raises ValueError where two are possible."""
        (state,) = self.states()
        return state

    @property
    def is_certain(self) -> bool:
        """Say whether the outcome of every request is known."""
        return all(write.is_applied is not None for write in self.writes)

    def was_readable_by(self, reader: str, begin: float, end: float) -> bool:
        """Say whether a reading from `begin` to `end` may show the thing to a reader."""
        return any(state.is_readable_by(reader) for state in self.states(begin, end))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One request of a reader: how it ended, and the keys of the products that it showed.

    `hinted` are those that it gave away without showing them: by a count, a facet, a word.
    """

    reader: str
    surface: str
    begin: float
    end: float
    status: int
    shown: tuple[str, ...] = ()
    hinted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """A part that was killed, and when."""

    part: str
    at: float


class Ledger:
    """Everything that clients, readers and the fault thread noted. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.things: dict[str, Thing] = {}
        self.readings: list[Reading] = []
        self.faults: list[Fault] = []

    def add(self, thing: Thing) -> Thing:
        """Open the page of a thing."""
        with self._lock:
            self.things[thing.key] = thing
        return thing

    def note_reading(self, reading: Reading) -> None:
        """Keep what a reader saw."""
        with self._lock:
            self.readings.append(reading)

    def note_fault(self, fault: Fault) -> None:
        """Keep what was killed."""
        with self._lock:
            self.faults.append(fault)

    def of_kind(self, kind: str) -> list[Thing]:
        """Return the products or the domains."""
        with self._lock:
            return [thing for thing in self.things.values() if thing.kind == kind]

    def writes(self) -> Iterator[Write]:
        """Yield every request of a client; what was there from the start is none."""
        for thing in list(self.things.values()):
            yield from (write for write in thing.writes if write.kind != "seed")

    def count(self, outcome: Outcome) -> int:
        """Return how many requests ended so."""
        return sum(write.outcome is outcome for write in self.writes())


def seeded(thing: Thing, state: State) -> Thing:
    """Return a thing that was there before the first client asked."""
    write = Write(kind="seed", asked=0.0, after=state)
    write.settle(Outcome.ACKNOWLEDGED, at=0.0, is_applied=True)
    thing.writes.append(write)
    return thing


def edited(state: State, **changes: str) -> State:
    """Return the next edition of a state."""
    return replace(state, edition=state.edition + 1, **changes)
