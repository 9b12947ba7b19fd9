"""What clients requested, what was acknowledged, and the states that this allows; pure.

Times are seconds of the monotonic clock of the one process that sends requests. Each entity is
written by one client only, one request after the other.
"""

import enum
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

NEVER = float("inf")


class Outcome(enum.Enum):
    """How a request ended. UNKNOWN (no response, or a failure) may or may not be applied."""

    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class State:
    """One entity as the database holds it; `edition` 0 means that it does not exist.

    Of a product `text` is its purpose, and `status` and `visibility` decide who reads it; of a
    domain `text` is its slug. The members `copy_...` are those of a product's working copy, whose
    edition is 0 if there is none.
    """

    edition: int = 0
    name: str = ""
    text: str = ""
    status: str = ""
    visibility: str = ""
    version: str = ""
    copy_edition: int = 0
    copy_text: str = ""
    copy_version: str = ""

    @property
    def edited_edition(self) -> int:
        """Return the edition that the next edit is based on."""
        return self.copy_edition or self.edition

    @property
    def is_there(self) -> bool:
        return self.edition > 0

    def is_readable_by(self, reader: str) -> bool:
        """Return True if "signed-out", "member" or "owner" may read the product."""
        if not self.is_there or reader == "owner":
            return self.is_there
        open_to = {"signed-out": ("public",), "member": ("public", "members")}[reader]
        return self.status != "draft" and self.visibility in open_to


ABSENT = State()


@dataclass
class Write:
    """One request to change an entity into `after`.

    Its outcome is known from `settled_at`; without a response, from reading the entity again.
    """

    action: str
    requested_at: float
    after: State
    outcome: Outcome = Outcome.UNKNOWN
    settled_at: float = NEVER
    is_applied: bool | None = None
    status: int = 0

    def settle(self, outcome: Outcome, *, at: float, is_applied: bool) -> None:
        self.outcome, self.settled_at, self.is_applied = outcome, at, is_applied


@dataclass
class Entity:
    """A product or a domain, with a key that never changes and all requests to change it."""

    key: str
    type: str = "product"
    id: str = ""
    domain: str = ""
    writes: list[Write] = field(default_factory=list)

    def states(self, begin: float = NEVER, end: float = NEVER) -> set[State]:
        """Return the states that were possible from `begin` to `end`."""
        possible = {ABSENT}
        for write in list(self.writes):
            if write.requested_at > end:
                break
            if write.is_applied is False:
                continue
            if write.is_applied and write.settled_at <= begin:
                possible = {write.after}
            else:
                possible.add(write.after)
        return possible

    @property
    def state(self) -> State:
        """Return the present state. Raises ValueError if more than one is possible."""
        (state,) = self.states()
        return state

    @property
    def is_certain(self) -> bool:
        """Return True if the outcome of every request is known."""
        return all(write.is_applied is not None for write in self.writes)

    def was_readable_by(self, reader: str, begin: float, end: float) -> bool:
        """Return True if a request from `begin` to `end` may show the entity to a reader."""
        return any(state.is_readable_by(reader) for state in self.states(begin, end))


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One request of a reader: how it ended, and the keys of the products that it showed.

    `counted_keys` are products that it disclosed without showing them: in a count, a facet or a
    suggested word. `shown_words` are key, version and text of the products that it showed.
    """

    reader: str
    surface: str
    begin: float
    end: float
    status: int
    shown_keys: tuple[str, ...] = ()
    counted_keys: tuple[str, ...] = ()
    shown_words: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Fault:
    """A part that was killed, and the time."""

    part: str
    at: float


class History:
    """All that clients, readers and the fault injector did. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.entities: dict[str, Entity] = {}
        self.readings: list[Reading] = []
        self.faults: list[Fault] = []

    def add(self, entity: Entity) -> Entity:
        with self._lock:
            self.entities[entity.key] = entity
        return entity

    def add_reading(self, reading: Reading) -> None:
        with self._lock:
            self.readings.append(reading)

    def add_fault(self, fault: Fault) -> None:
        with self._lock:
            self.faults.append(fault)

    def of_type(self, entity_type: str) -> list[Entity]:
        with self._lock:
            return [entity for entity in self.entities.values() if entity.type == entity_type]

    def writes(self) -> Iterator[Write]:
        """Return every request of a client; the seeded states are not included."""
        for entity in list(self.entities.values()):
            yield from (write for write in entity.writes if write.action != "seed")

    def count(self, outcome: Outcome) -> int:
        return sum(write.outcome is outcome for write in self.writes())


def with_seed(entity: Entity, state: State) -> Entity:
    """Record the state of an entity before the first request."""
    write = Write(action="seed", requested_at=0.0, after=state)
    write.settle(Outcome.ACKNOWLEDGED, at=0.0, is_applied=True)
    entity.writes.append(write)
    return entity


def next_edition(state: State, **changes: Any) -> State:
    return replace(state, edition=state.edition + 1, **changes)


def with_visibility(state: State, visibility: str) -> State:
    """Return the state after a setting of a product, which counts in its working copy too."""
    if not state.copy_edition:
        return next_edition(state, visibility=visibility)
    edition = state.copy_edition + 1
    return replace(state, edition=edition, copy_edition=edition + 1, visibility=visibility)


def with_edit(state: State, text: str, version: str) -> State:
    """Return the state after an edit, which a published product has in its working copy."""
    if state.status != "published":
        return next_edition(state, text=text, version=version)
    edition = state.edited_edition + 1
    return replace(state, copy_edition=edition, copy_text=text, copy_version=version)


def without_copy(state: State) -> State:
    """Return the state after the working copy was discarded."""
    edition = state.copy_edition + 1
    return replace(state, edition=edition, copy_edition=0, copy_text="", copy_version="")


def with_copy_published(state: State) -> State:
    return replace(without_copy(state), text=state.copy_text, version=state.copy_version)
