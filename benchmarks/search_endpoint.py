"""A search through the whole web stack against the same page of the raw engine.

Both sides answer the same query for the same reader: count, twenty hits, eight facets, highlights.
The product's side is a signed-in API request through middleware, session, permissions, engine,
database and JSON; the raw side is `benchmarks.raw_pages`. Their counts are compared first.

    python -m benchmarks.search_endpoint --data var/bench --engine embedded --rounds 7
"""

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.processes import valkey
from benchmarks.search_mesh import Query, Site, arguments, open_mesh, queries, reader
from benchmarks.timing import Report, flat, interleaved, milliseconds, quantile, ratio_of_medians

PATH, RAW, API = "/api/v1/search", "raw engine", "API"


def raw_forms(site: Site, page: Any, texts: Sequence[Query]) -> tuple[list[tuple[Query, Any]], int]:
    """Return each query with its raw form, and for how many queries both sides count the same.

    The product decides whether all words are required; the raw side gets that decision.
    """
    from benchmarks.raw_pages import RawQuery

    pairs, equal = [], 0
    for query in texts:
        count = site.json(PATH, q=query.text, verbatim="1")["count"]
        forms = [RawQuery(query.text, requires_all) for requires_all in (True, False)]
        counts = [page.page(form)["count"] for form in forms]
        nearest = min((0, 1), key=lambda index: abs(counts[index] - count))
        equal += counts[nearest] == count
        pairs.append((query, forms[nearest]))
    return pairs, equal


def main() -> None:
    """Measure and report."""
    parser = arguments(__doc__)
    parser.add_argument("--per-kind", type=int, default=8, help="queries of each kind")
    options = parser.parse_args()
    engine = open_mesh(options)
    from benchmarks import raw_pages
    from catalog.authorization.access import access_for
    from catalog.search.services.search import tokens_of

    person = reader()
    tokens = tokens_of(access_for(person)) or ()
    is_embedded = options.engine == "embedded"
    page_class = raw_pages.TantivyPage if is_embedded else raw_pages.ElasticsearchPage
    site, page = Site(person), page_class(engine, tokens)
    pairs, equal = raw_forms(site, page, queries(per_kind=options.per_kind))
    sides = {
        RAW: lambda pair: page.page(pair[1]),
        API: lambda pair: site.get(PATH, q=pair[0].text),
    }
    with valkey(options.data):
        seconds = interleaved(sides, pairs, rounds=options.rounds)
    report(seconds, [query for query, _ in pairs], equal, options).print(as_json=options.json)


def report(
    seconds: dict[str, list[list[float]]], texts: Sequence[Query], equal: int, options: Any
) -> Report:
    """Return the ratios of medians: over all queries, and of each kind of query."""
    from catalog.products.models import DataProduct

    ratios = {"API, p50 / raw p50": ratio_of_medians(flat(seconds[API]), flat(seconds[RAW]))}
    for kind in dict.fromkeys(query.kind for query in texts):
        api, raw = (
            flat([seconds[side][at] for at, query in enumerate(texts) if query.kind == kind])
            for side in (API, RAW)
        )
        ratios[f"API, {kind}"] = ratio_of_medians(api, raw)
    times = {
        f"{side}, p50 and p95 ms": [
            milliseconds(statistics.median(flat(rounds))),
            milliseconds(quantile(flat(rounds), 0.95)),
        ]
        for side, rounds in seconds.items()
    }
    counts = {
        "engine": options.engine,
        "products": DataProduct.objects.count(),
        "n": len(flat(seconds[RAW])),
        "queries": len(texts),
        "equal": equal,
    }
    compared = "search endpoint / raw engine page (count, 20 hits, 8 facets, highlights)"
    return Report(compared=compared, ratios=ratios, times=times, counts=counts)


if __name__ == "__main__":
    main()
