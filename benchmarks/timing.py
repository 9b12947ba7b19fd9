"""Ways of doing the same thing, measured turn about in one run; medians and their ratio.

A figure here is a ratio of two sides that met the same moments of the same machine. Times alone
are printed for reading, and mean nothing on another machine.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Work = Callable[[], object]
ROOT = Path(__file__).resolve().parents[1]


Clock = Callable[[], float]


def timed(work: Work, clock: Clock = time.perf_counter) -> float:
    """Return the seconds that a piece of work takes by a clock, else by the one on the wall."""
    started = clock()
    work()
    return clock() - started


def interleaved(
    sides: Mapping[str, Callable[[Any], object]], items: Sequence[Any], *, rounds: int
) -> dict[str, list[list[float]]]:
    """Return seconds by side, item and round. A first round warms up and does not count.

    Each item is done by every side before the next item; who begins changes each time.
    """
    seconds: dict[str, list[list[float]]] = {name: [[] for _ in items] for name in sides}
    names = list(sides)
    for number in range(rounds + 1):
        for place, item in enumerate(items):
            turn = (number + place) % len(names)
            for name in (*names[turn:], *names[:turn]):
                spent = timed(lambda name=name, item=item: sides[name](item))
                if number:
                    seconds[name][place].append(spent)
    return seconds


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which that share of the values lies, the nearest one."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def flat(seconds: Sequence[Sequence[float]]) -> list[float]:
    """Return all seconds of all items."""
    return [value for item in seconds for value in item]


def ratio_of_medians(above: Sequence[float], below: Sequence[float]) -> float:
    """Return how many times the one median is the other."""
    return statistics.median(above) / statistics.median(below)


def milliseconds(seconds: float) -> float:
    """Return milliseconds, to two places."""
    return round(seconds * 1000, 2)


@dataclass(kw_only=True)
class Report:
    """What a benchmark says of itself: what was compared, the ratios, and under which load."""

    compared: str
    ratios: dict[str, float]
    counts: dict[str, Any] = field(default_factory=dict)
    times: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> dict[str, Any]:
        """Return the whole as JSON values."""
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
        """Print it, as one line of JSON or for people."""
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
    """Return the short name of the commit that was measured, with a plus where files differ."""
    try:
        said = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
        found = subprocess.run(said, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()
