"""What a storm is made of, and what came out of it; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.chaos.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run: its parts, its clients, and the seconds that the writes are spread over.

    Parts are killed `fault_pause` seconds apart, `most_faults` of them at most; all at the end.
    """

    engine: str = "embedded"
    database: str = "sqlite"
    postgres_url: str = ""
    writes: int = 2000
    clients: int = 4
    seconds: float = 180
    fault_pause: float = 5
    most_faults: int = 1_000_000
    seed: int = 1
    keeps_folder: bool = False

    @property
    def quota(self) -> int:
        """Return how many acknowledged writes each client makes."""
        return -(-self.writes // self.clients)

    @property
    def pause(self) -> float:
        """Return the seconds between two writes of one client."""
        return self.seconds / self.quota

    @property
    def entries(self) -> int:
        """Return how many entries from outside each client finds at the start."""
        return max(4, self.writes // 50)


@dataclass(frozen=True, kw_only=True)
class Outturn:
    """What came out of a run; seconds are counted from the last fault, None means never.

    `to_answers` is until the engine answered again, `to_equality` until the index was as the
    database; an engine that takes long to start is no fault of the product.
    """

    plan: Plan
    verdict: Verdict
    figures: dict[str, Any]
    seconds: float
    to_answers: float | None
    to_equality: float | None
    load: str
