"""A walk by cursor through a result of the whole mesh, its last page, and its deepest pages.

An auditor, who reads everything, searches a word that every product holds; every page is a
request through the whole web stack. The ratios compare deep pages and the last one with the first
of the same result; the walk counts the hits that came twice or never.

    python -m benchmarks.deep_pages --data var/bench --engine embedded
    python -m benchmarks.deep_pages --data var/bench --ends     # the first page and the last one
"""

import statistics
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from benchmarks.search_mesh import Site, arguments, open_mesh, reader
from benchmarks.timing import Report, milliseconds, quantile, timed

PATH, WORD = "/api/v1/search", "product"
ORDERS = ("relevance", "name")


class Walk:
    """One result, page by page: what was met, and how long each page took."""

    def __init__(self, site: Site, order: str, limit: int) -> None:
        self._site = site
        self._first_params = {"q": WORD, "sort": order, "limit": str(limit)}
        self.count = 0
        self.ids: list[str] = []
        self.seconds: list[float] = []
        self.last: dict[str, str] = {}

    def page(self, params: dict[str, str]) -> dict[str, Any]:
        """Return one page and note its time."""
        answer: dict[str, Any] = {}
        self.seconds.append(timed(lambda: answer.update(self._site.json(PATH, **params))))
        return answer

    def go(self, *, ends_only: bool = False) -> None:
        """Walk from the first page to the end; with `ends_only` stop after the first."""
        params: dict[str, str] | None = self._first_params
        while params is not None:
            answer = self.page(params)
            self.ids += [hit["id"] for hit in answer["results"]]
            if not self.count:
                self.count, self.last = answer["count"], _params(answer["last"]) or {}
            params = None if ends_only else _params(answer["next"])

    def again(self, params: dict[str, str], rounds: int) -> float:
        """Return the median seconds of one page asked several times."""
        return statistics.median(timed(lambda: self.page(params)) for _ in range(rounds))

    def first(self, rounds: int) -> float:
        """Return the median seconds of the first page."""
        return self.again(self._first_params, rounds)


def _params(address: str | None) -> dict[str, str] | None:
    return dict(parse_qsl(urlsplit(address).query)) if address else None


def main() -> None:
    """Walk, measure and report."""
    parser = arguments(__doc__)
    parser.add_argument("--limit", type=int, default=100, help="results on a page of the walk")
    parser.add_argument("--ends", action="store_true", help="only the first page and the last")
    options = parser.parse_args()
    open_mesh(options)
    site = Site(reader(reads_all=True))
    ratios, times, counts = {}, {}, {"engine": options.engine}
    for order in ORDERS:
        walk = Walk(site, order, options.limit)
        walk.go(ends_only=options.ends)
        on_the_way = list(walk.seconds)
        first, last = walk.first(options.rounds), walk.again(walk.last, options.rounds)
        deep = on_the_way[len(on_the_way) * 9 // 10 :]
        ratios[f"{order}: last page / first"] = last / first
        ratios[f"{order}: deepest tenth, p95 / first"] = quantile(deep, 0.95) / first
        times[f"{order}: first, last, deepest tenth p50 and p95 ms"] = [
            milliseconds(value)
            for value in (first, last, statistics.median(deep), quantile(deep, 0.95))
        ]
        counts[f"{order}: hits, met, met once"] = [
            walk.count, len(walk.ids), len(set(walk.ids))
        ]  # fmt: skip
    Report(
        compared="deep pages by cursor / the first page; each hit is met once",
        ratios=ratios, times=times, counts=counts,
    ).print(as_json=options.json)  # fmt: skip


if __name__ == "__main__":
    main()
