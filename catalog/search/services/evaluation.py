"""How well search finds what is known to be there: reciprocal rank and recall of real queries."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from tempfile import TemporaryDirectory
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from catalog.glossary.models import Term
from catalog.products.models import PRODUCT, DataProduct
from catalog.search.backends import ADAPTERS, adapter
from catalog.search.document import SearchDocument
from catalog.search.documents import KINDS, documents_of
from catalog.search.filters import read_conditions
from catalog.search.port import SearchBackend, SearchRequest
from catalog.search.query import read_query
from catalog.search.reranking import Embedder
from catalog.search.services.following import chunks
from catalog.search.spelling import fold
from catalog.search.synonyms import Spellings, expanded

DEPTH = 10


@dataclass(frozen=True)
class Query:
    """Something typed, and the products (slug, or domain/slug) that it should find."""

    text: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class Relevance:
    """Mean reciprocal rank and recall within the first ten; milliseconds for one search.

    The true mean lies within `margin` of `mrr_at_10` with 95 % (normal approximation).
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
    """Ask every query as somebody who may read everything."""
    ranks, times = ranks_of(engine=engine, queries=queries)
    return _summary(engine.name, ranks, sorted(times))


def ranks_of(
    *, engine: SearchBackend, queries: Sequence[Query]
) -> tuple[list[int | None], list[float]]:
    """The rank of each query's first target within the first ten, and the seconds of each search.

    Asked as somebody who may read everything.
    """
    rows = DataProduct.objects.values_list("uuid", "slug", "domain__slug")
    names = {str(uuid): (slug, f"{domain}/{slug}") for uuid, slug, domain in rows}
    spellings = Term.objects.spellings()
    ranks, times = [], []
    for query in queries:
        request = request_of(query.text, limit=DEPTH, spellings=spellings)
        begun = time.perf_counter()
        hits = engine.search(request).hits
        times.append(time.perf_counter() - begun)
        ranks.append(_rank([names.get(hit.id, ()) for hit in hits], query.targets))
    return ranks, times


def found_by(engine: SearchBackend, typed: str, *, limit: int) -> tuple[str, ...]:
    """The ids that one query finds first, without the glossary's help."""
    request = request_of(typed, limit=limit)
    return tuple(hit.id for hit in engine.search(replace(request, has_highlights=False)).hits)


def request_of(typed: str, *, limit: int, spellings: Spellings = ()) -> SearchRequest:
    """What the page would ask for a typed text, as somebody who may read everything."""
    now = timezone.now()
    read = read_query(typed, now=now)
    words, _ = expanded(read.words, spellings)
    conditions, _ = read_conditions(read.lifted, now=now)
    return SearchRequest(
        readers=None, words=words, typed=read.text, conditions=conditions, limit=limit,
        has_facets=False,
    )  # fmt: skip


def _rank(found: Sequence[tuple[str, ...]], targets: Sequence[str]) -> int | None:
    wanted = {fold(target) for target in targets}
    return next((at for at, names in enumerate(found, 1) if wanted & set(names)), None)


def _summary(engine: str, ranks: Sequence[int | None], times: Sequence[float]) -> Relevance:
    n = len(ranks)
    found = [rank for rank in ranks if rank is not None]
    gains = gains_of(ranks)
    return Relevance(
        engine=engine,
        n=n,
        mrr_at_10=round(fmean(gains), 4) if n else 0.0,
        margin=round(1.96 * stdev(gains) / sqrt(n), 4) if n > 1 else 0.0,
        recall_at_1=round(found.count(1) / n, 4) if n else 0.0,
        recall_at_10=round(len(found) / n, 4) if n else 0.0,
        p50_ms=round(times[n // 2] * 1000, 2) if n else 0.0,
        p99_ms=round(times[int(n * 0.99)] * 1000, 2) if n else 0.0,
    )


def gains_of(ranks: Sequence[int | None]) -> list[float]:
    """The reciprocal of each rank, nothing where nothing was found; their mean is the MRR."""
    return [1 / rank if rank else 0.0 for rank in ranks]


@contextmanager
def scratch_engine(
    *, name: str, uses: Mapping[str, Sequence[str]] | None = None, model: Embedder | None = None
) -> Iterator[SearchBackend]:
    """An engine of its own with the whole catalog in it, and with titles that name a product.

    Elasticsearch ranks by meaning too where a model is given. Nothing of it touches the live
    index, and nothing of it stays.
    """
    with TemporaryDirectory() as folder:
        prefix = f"assay-evaluation-{uuid4().hex[:8]}"
        engine = (
            adapter(name)(Path(folder) / "search")
            if name == ADAPTERS[0]
            else adapter(name)(settings.ELASTICSEARCH_URL, prefix, model)
        )
        try:
            _fill(engine, uses or {})
            yield engine
        finally:
            engine.drop()


def _fill(engine: SearchBackend, uses: Mapping[str, Sequence[str]]) -> None:
    with engine.rebuilding() as fresh:
        for chunk in chunks(KINDS[PRODUCT]):
            fresh.put(_with_uses(document, uses) for document in documents_of(chunk))
        fresh.commit()
        with fresh.swapping():
            pass


def _with_uses(document: SearchDocument, uses: Mapping[str, Sequence[str]]) -> SearchDocument:
    names = (document.slug, f"{document.domains[0]}/{document.slug}")
    titles = [title for name in names for title in uses.get(name, ())]
    return replace(document, used_in=(*document.used_in, *titles)) if titles else document


def as_plain(relevance: Relevance) -> dict[str, object]:
    """Return the figures as JSON takes them."""
    return asdict(relevance)
