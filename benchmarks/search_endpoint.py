"""A search over the whole web stack against the same page asked of the raw engine.

Both sides answer the same query for the same reader: count, twenty hits, eight facets, marks. The
product's side is a signed-in request through middleware, session, permissions, engine, database
and JSON; the raw side is `benchmarks.raw_pages`. Counts of both sides are compared first.

    python -m benchmarks.search_endpoint --data var/bench --engine embedded --rounds 7
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.processes import valkey
from benchmarks.search_mesh import Query, Site, arguments, open_mesh, queries, reader
from benchmarks.timing import Report, flat, interleaved, milliseconds, quantile, ratio_of_medians

PATHS = {"API": "/api/v1/search", "JSON twin": "/api/v1/search"}


def ready(site: Site, page: Any, asked: Sequence[Query]) -> tuple[list[tuple[Query, Any]], int]:
    """Return each query with its raw form, and for how many of them both sides count alike.

    Whether all words are demanded is what the product decided; the raw side is told.
    """
    from benchmarks.raw_pages import Asked

    pairs, agreeing = [], 0
    for query in asked:
        count = site.json(PATHS["API"], q=query.text, verbatim="1")["count"]
        both = [Asked(query.text, demands_all) for demands_all in (True, False)]
        counts = [page.page(form)["count"] for form in both]
        best = min((0, 1), key=lambda place: abs(counts[place] - count))
        agreeing += counts[best] == count
        pairs.append((query, both[best]))
    return pairs, agreeing


def main() -> None:
    """Measure and report."""
    parser = arguments(__doc__)
    parser.add_argument("--each", type=int, default=8, help="queries of each kind")
    options = parser.parse_args()
    engine = open_mesh(options)
    from benchmarks import raw_pages
    from catalog.authorization.access import access_for
    from catalog.search.services import tokens_of

    person = reader()
    tokens = tokens_of(access_for(person)) or ()
    kind = raw_pages.TantivyPage if options.engine == "embedded" else raw_pages.ElasticsearchPage
    site, page = Site(person), kind(engine, tokens)
    pairs, agreeing = ready(site, page, queries(each=options.each))
    sides = {
        "raw engine": lambda pair: page.page(pair[1]),
        **{
            name: lambda pair, path=path: site.get(path, q=pair[0].text)
            for name, path in PATHS.items()
        },
    }
    with valkey(options.data):
        seconds = interleaved(sides, pairs, rounds=options.rounds)
    report(seconds, [query for query, _ in pairs], agreeing, options).print(as_json=options.json)


def report(
    seconds: dict[str, list[list[float]]], asked: Sequence[Query], agreeing: int, options: Any
) -> Report:
    """Return the ratios of medians: over all queries, and of each kind of query."""
    from catalog.products.models import DataProduct

    raw = seconds["raw engine"]
    ratios = {}
    for name in PATHS:
        ratios[f"{name}, p50 / raw p50"] = ratio_of_medians(flat(seconds[name]), flat(raw))
        for kind in dict.fromkeys(query.kind for query in asked):
            chosen = [place for place, query in enumerate(asked) if query.kind == kind]
            above = flat([seconds[name][place] for place in chosen])
            ratios[f"{name}, {kind}"] = ratio_of_medians(
                above, flat([raw[place] for place in chosen])
            )
    times = {
        f"{name}, p50 and p95 ms": [
            milliseconds(statistics.median(flat(each))),
            milliseconds(quantile(flat(each), 0.95)),
        ]
        for name, each in seconds.items()
    }
    counts = {
        "engine": options.engine, "products": DataProduct.objects.count(), "n": len(flat(raw)),
        "queries": len(asked), "alike": agreeing,
    }  # fmt: skip
    return Report(
        compared="search endpoint / raw engine page (count, 20 hits, 8 facets, marks)",
        ratios=ratios, times=times, counts=counts,
    )  # fmt: skip


if __name__ == "__main__":
    main()
