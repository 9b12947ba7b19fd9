"""The options of a run, and its result; pure."""

from dataclasses import dataclass
from typing import Any

from benchmarks.chaos.verdict import Report


@dataclass(frozen=True, kw_only=True)
class Config:
    """One run: its parts, its clients, and the seconds that the writes are spread over.

    Parts are killed `fault_pause` seconds apart, `max_faults` of them at most; all at the end.
    """

    engine: str = "embedded"
    database: str = "sqlite"
    postgres_url: str = ""
    writes: int = 2000
    clients: int = 4
    seconds: float = 180
    fault_pause: float = 5
    max_faults: int = 1_000_000
    seed: int = 1
    keep_folder: bool = False

    @property
    def writes_per_client(self) -> int:
        """Return the number of acknowledged writes of each client."""
        return -(-self.writes // self.clients)

    @property
    def pause(self) -> float:
        """Return the seconds between two writes of a client."""
        return self.seconds / self.writes_per_client

    @property
    def external_products(self) -> int:
        """Return the number of external products that are seeded for each client."""
        return max(4, self.writes // 50)


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of a run.

    `to_answers` and `to_equality` are the seconds from the last fault until the engine answered
    again and until index and database were equal; None means never. They are apart because an
    engine that takes long to start is not the product's fault.
    """

    config: Config
    report: Report
    figures: dict[str, Any]
    seconds: float
    to_answers: float | None
    to_equality: float | None
    load: str
