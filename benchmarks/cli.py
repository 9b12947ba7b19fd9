"""Shared by the benchmarks of API and pages: options, a mesh, rounds, medians, results."""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def command_line(doc: str) -> argparse.ArgumentParser:
    """Return a parser with a module's docstring as help, and `--json`."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON only")
    return parser


def with_mesh(parser: argparse.ArgumentParser, *, products: int) -> None:
    """Add the options that choose the mesh."""
    parser.add_argument("--data", type=Path, help="data folder of a mesh; built if not given")
    parser.add_argument("--products", type=int, default=products, help="size of a mesh to build")


@contextmanager
def mesh(options: argparse.Namespace) -> Iterator[Path]:
    """Set up Django on the given mesh, or on a new one in a temporary folder."""
    from benchmarks.mesh import build, set_up

    if options.data:
        set_up(options.data)
        yield options.data
        return
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        set_up(Path(folder))
        build(options.products)
        yield Path(folder)


def interleaved(
    tasks: Mapping[str, Callable[[], Any]], *, rounds: int, warm: int = 2
) -> dict[str, list[float]]:
    """Return the seconds of each task by name; every round runs each task once."""
    durations: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(rounds + warm):
        for name, task in tasks.items():
            started = time.perf_counter()
            task()
            if number >= warm:
                durations[name].append(time.perf_counter() - started)
    return durations


def milliseconds(seconds: list[float]) -> dict[str, float]:
    """Return median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    index = min(len(ordered) - 1, int(len(ordered) * 0.95))
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 3),
        "p95_ms": round(ordered[index] * 1000, 3),
    }


def report(result: dict[str, Any], lines: list[str], options: argparse.Namespace) -> None:
    """Print a result with load and date, as JSON or as the given lines."""
    result |= {
        "load": round(os.getloadavg()[0], 2),
        "date": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()),
    }
    if options.json:
        print(json.dumps(result))
        return
    print("\n".join(lines))
    print(f"load {result['load']}, {result['date']}")
