"""Measures alternatives in turn within one run; medians and their ratio.

The figures are ratios of two sides that were measured on the same machine at the same time. Times
are printed too, but cannot be compared with those of another machine.
"""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Task = Callable[[], object]
ROOT = Path(__file__).resolve().parents[1]


Clock = Callable[[], float]


def timed(task: Task, clock: Clock = time.perf_counter) -> float:
    """Return the seconds that a task takes, of wall time unless another clock is given."""
    started = clock()
    task()
    return clock() - started


def interleaved(
    sides: Mapping[str, Callable[[Any], object]], items: Sequence[Any], *, rounds: int
) -> dict[str, list[list[float]]]:
    """Return seconds by side, item and round. The first round is a warm-up and not counted.

    Each item is run by every side before the next item; the first side changes each time.
    """
    seconds: dict[str, list[list[float]]] = {name: [[] for _ in items] for name in sides}
    names = list(sides)
    for number in range(rounds + 1):
        for index, item in enumerate(items):
            turn = (number + index) % len(names)
            for name in (*names[turn:], *names[:turn]):
                duration = timed(lambda name=name, item=item: sides[name](item))
                if number:
                    seconds[name][index].append(duration)
    return seconds


def quantile(values: Sequence[float], share: float) -> float:
    """Return the quantile of some values by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def flat(seconds: Sequence[Sequence[float]]) -> list[float]:
    """Return all seconds of all items."""
    return [value for item in seconds for value in item]


def ratio_of_medians(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the ratio of two medians."""
    return statistics.median(above) / statistics.median(below)


def milliseconds(seconds: float) -> float:
    """Return milliseconds, rounded to two places."""
    return round(seconds * 1000, 2)


@dataclass(kw_only=True)
class Report:
    """The result of a benchmark: what was compared, the ratios, and the load."""

    compared: str
    ratios: dict[str, float]
    counts: dict[str, Any] = field(default_factory=dict)
    times: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> dict[str, Any]:
        """Return the report as JSON values, with load, date and commit."""
        return {
            "compared": self.compared,
            "ratios": {name: round(ratio, 3) for name, ratio in self.ratios.items()},
            "times": self.times,
            **self.counts,
            "load": round(os.getloadavg()[0], 2),
            "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            "commit": commit(),
        }

    def print(self, *, as_json: bool) -> None:
        """Print the report as one line of JSON, or as text."""
        lines = self.lines()
        if as_json:
            print(json.dumps(lines))
            return
        print(self.compared)
        for name, ratio in lines.pop("ratios").items():
            print(f"  {name:44} {ratio:8.3f}")
        for name, value in lines.pop("times").items():
            print(f"  {name:44} {value}")
        print(
            "  " + ", ".join(f"{name} {value}" for name, value in lines.items() if name[0] != "c")
        )
        print(f"  commit {lines['commit']}")


def commit() -> str:
    """Return the short hash of the measured commit, with a plus if files differ from it."""
    try:
        command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
        process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return process.stdout.strip()
