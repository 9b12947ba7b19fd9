"""Ten people reading at once from the running product, and the memory of its processes.

The product is started as `make run` starts it: bundled broker, web server, workers, beat. Each
reader asks for the next search as soon as the last is answered. Both sides of the ratio run in
the same minute: ten readers against one.

    python -m benchmarks.served_readers --data var/bench --engine embedded
"""

import itertools
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode

from benchmarks.processes import Running, product
from benchmarks.search_mesh import Query, arguments, open_mesh, queries, reader, session_of
from benchmarks.timing import Report, milliseconds, quantile

PATHS = {"API": "/api/v1/search", "page": "/search"}


class Reader:
    """One person at a browser: a connection that stays open, and a session."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Cookie": cookie}

    def ask(self, path: str, query: Query) -> float:
        """Return the seconds from asking to the last byte. Raises RuntimeError unless 200."""
        started = time.perf_counter()
        address = f"{path}?{urlencode({'q': query.text})}"
        try:
            answer = self._sent(address)
        except ConnectionError:  # it was idle for longer than the server keeps one open
            self._connection.close()
            answer = self._sent(address)
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{address}: {answer.status}")
        return time.perf_counter() - started

    def _sent(self, address: str) -> HTTPResponse:
        self._connection.request("GET", address, headers=self._headers)
        return self._connection.getresponse()


def read(readers: list[Reader], path: str, requests: list[Query], seconds: float) -> list[float]:
    """Have all readers ask for so long, each one query after the other; return all times.

    Raises what one of them raised: a reader that gave up would leave the others alone.
    """
    until = time.monotonic() + seconds

    def go(place: int) -> list[float]:
        times: list[float] = []
        for query in itertools.islice(itertools.cycle(requests), place * 7, None):
            if time.monotonic() > until:
                break
            times.append(readers[place].ask(path, query))
        return times

    with ThreadPoolExecutor(len(readers)) as pool:
        return [value for times in pool.map(go, range(len(readers))) for value in times]


def measured(served: Running, cookie: str, requests: list[Query], options: Any) -> Report:
    """Return the times of one reader and of many, turn about, and the memory after them."""
    crowd = [Reader(served.port, cookie) for _ in range(options.readers)]
    read(crowd, PATHS["API"], requests, 2)
    times: dict[tuple[str, int], list[float]] = {}
    for _, (name, path) in itertools.product(range(options.rounds), PATHS.items()):
        for some in (crowd[:1], crowd):
            times.setdefault((name, len(some)), []).extend(
                read(some, path, requests, options.seconds)
            )
    spread = {
        f"{name}, {count} at once: p50 and p95 ms, n": [
            milliseconds(statistics.median(waits)), milliseconds(quantile(waits, 0.95)), len(waits)
        ]
        for (name, count), waits in times.items()
    }  # fmt: skip
    ratios = {
        f"{name}, p95 of {options.readers} at once / p50 of one": quantile(
            times[name, options.readers], 0.95
        )
        / statistics.median(times[name, 1])
        for name in PATHS
    }
    return Report(
        compared="ten readers at once / one, over HTTP; megabytes of each process (PSS)",
        ratios=ratios, times=spread | {"memory": served.memory()},
        counts={"engine": options.engine},
    )  # fmt: skip


def main() -> None:
    """Start the product, measure and report."""
    parser = arguments(__doc__)
    parser.set_defaults(rounds=3)
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5, help="of each turn")
    options = parser.parse_args()
    open_mesh(options)
    from django.conf import settings

    from catalog.products.models import DataProduct

    cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(reader())}"
    with product(options.data, ASSAY_SEARCH_ENGINES=options.engine) as served:
        report = measured(served, cookie, queries(), options)
    report.counts["products"] = DataProduct.objects.count()
    report.print(as_json=options.json)


if __name__ == "__main__":
    main()
