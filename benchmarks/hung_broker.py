"""Pages and writes while broker and cache hang, and how soon all is indexed afterwards.

Runs the product on an empty data folder, stops the bundled Valkey with SIGSTOP (it still takes
connections and answers none), and lets it go on with SIGCONT. In each phase one client reads pages
and registers products in turn.

    python -m benchmarks.hung_broker
    python -m benchmarks.hung_broker --seconds 60 --json
"""

import http.client
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cli import command_line, milliseconds, report
from benchmarks.create_api import bodies, enter, register
from benchmarks.processes import pids_of, product, until

PAGES = ("/", "/search?q=orders", "/sign-in", "/api/v1/products?limit=5")


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Accept": "text/html"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def phase(port: int, token: str, domain: str, *, seconds: float) -> dict[str, Any]:
    """Return how long pages and writes took, the slowest too."""
    pages: list[float] = []
    writes: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in PAGES:
            started = time.perf_counter()
            assert get(port, path) < 500, path
            pages.append(time.perf_counter() - started)
        writes += register(port, token, bodies(domain, 1))
        time.sleep(0.2)
    return {
        name: milliseconds(spent) | {"max_ms": round(max(spent) * 1000), "count": len(spent)}
        for name, spent in (("pages", pages), ("writes", writes))
    }


def pending() -> int:
    from catalog.search.services.pending import engine_states

    return sum(state.pending for state in engine_states())


def seconds_until(condition: Callable[[], bool], *, most: float) -> float:
    started = time.monotonic()
    until(condition, seconds=most)
    return round(time.monotonic() - started, 1)


def measure(data: Path, *, seconds: float) -> dict[str, Any]:
    # The index that the product fills, whose name has the address in it.
    os.environ["ASSAY_BASE_IRI"] = "http://127.0.0.1:8000"
    domain, tokens = enter(data)
    with product(data) as running:
        phase(running.port, tokens[0], domain, seconds=3)
        result = {"healthy": phase(running.port, tokens[0], domain, seconds=10)}
        result["seconds until indexed, healthy"] = seconds_until(lambda: pending() == 0, most=60)
        (broker,) = pids_of(running.pid, "valkey")
        os.kill(broker, signal.SIGSTOP)
        try:
            result["hung"] = phase(running.port, tokens[0], domain, seconds=seconds)
            result["status of readyz while hung"] = get(running.port, "/readyz")
            result["pending while hung"] = pending()
        finally:
            os.kill(broker, signal.SIGCONT)
        result["seconds until indexed"] = seconds_until(lambda: pending() == 0, most=120)
        result["seconds until ready"] = seconds_until(
            lambda: get(running.port, "/readyz") == 200, most=120
        )
        result["afterwards"] = phase(running.port, tokens[0], domain, seconds=10)
    return result


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--seconds", type=float, default=40, help="how long the broker hangs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        result = measure(Path(folder), seconds=options.seconds)
    report(result, [f"{name}: {json.dumps(value)}" for name, value in result.items()], options)


if __name__ == "__main__":
    main()
