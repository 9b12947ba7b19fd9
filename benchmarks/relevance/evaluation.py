"""Known-item search: reciprocal rank and recall of queries whose products are known."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from benchmarks.relevance.queries import Query
from benchmarks.relevance.scratch_engine import build_request
from catalog.glossary.models import Term
from catalog.identifiers import normalize
from catalog.products.models import DataProduct
from catalog.search.flow.engine import SearchBackend

DEPTH = 10


@dataclass(frozen=True)
class Relevance:
    """Mean reciprocal rank and recall within the first ten; milliseconds for one search.

    `margin` is the 95 % confidence interval of `mrr_at_10` (normal approximation).
    """

    engine: str
    n: int
    mrr_at_10: float
    margin: float
    recall_at_1: float
    recall_at_10: float
    p50_ms: float
    p99_ms: float


def evaluate(*, engine: SearchBackend, queries: Sequence[Query]) -> Relevance:
    """Run every query as a user who may read everything."""
    ranks, seconds = rank_queries(engine=engine, queries=queries)
    seconds.sort()
    n, gains = len(ranks), reciprocal_ranks(ranks)
    return Relevance(
        engine=engine.name,
        n=n,
        mrr_at_10=round(fmean(gains), 4),
        margin=round(1.96 * stdev(gains) / sqrt(n), 4) if n > 1 else 0.0,
        recall_at_1=round(ranks.count(1) / n, 4),
        recall_at_10=round((n - ranks.count(None)) / n, 4),
        p50_ms=round(seconds[n // 2] * 1000, 2),
        p99_ms=round(seconds[int(n * 0.99)] * 1000, 2),
    )


def rank_queries(
    *, engine: SearchBackend, queries: Sequence[Query]
) -> tuple[list[int | None], list[float]]:
    """Return the rank of each query's first target within the first ten, and each search's seconds.

    Queries run as a user who may read everything.
    """
    rows = DataProduct.objects.values_list("uuid", "slug", "domain__slug")
    slugs = {str(uuid): {slug, f"{domain}/{slug}"} for uuid, slug, domain in rows}
    spellings = Term.objects.spellings()
    ranks: list[int | None] = []
    seconds = []
    for query in queries:
        request = build_request(query.text, limit=DEPTH, spellings=spellings)
        started = time.perf_counter()
        hits = engine.search(request).hits
        seconds.append(time.perf_counter() - started)
        targets = {normalize(target) for target in query.targets}
        matches = (targets & slugs.get(hit.id, set()) for hit in hits)
        ranks.append(next((rank for rank, match in enumerate(matches, 1) if match), None))
    return ranks, seconds


def reciprocal_ranks(ranks: Sequence[int | None]) -> list[float]:
    """Return 1 / rank, or 0 for a query without a hit; their mean is the MRR."""
    return [1 / rank if rank else 0.0 for rank in ranks]
