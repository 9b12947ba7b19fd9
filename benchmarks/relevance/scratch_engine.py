"""A search engine for one measurement, apart from the live index."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from catalog.products.models import PRODUCT
from catalog.search.backends import ADAPTERS, adapter
from catalog.search.document import SearchDocument
from catalog.search.documents.products import product_documents
from catalog.search.filters import parse_filters
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import SearchRequest
from catalog.search.query import parse_query
from catalog.search.result_types import RESULT_TYPES
from catalog.search.semantic import SemanticRanking
from catalog.search.synonyms import Spellings, expand_synonyms


@contextmanager
def scratch_engine(
    *,
    name: str,
    uses: Mapping[str, Sequence[str]] | None = None,
    semantic: SemanticRanking | None = None,
) -> Iterator[SearchBackend]:
    """Yield an engine that contains every product, with additional titles of uses by slug.

    `semantic` is for Elasticsearch only. The engine is removed afterwards.
    """
    with TemporaryDirectory() as folder:
        prefix = f"assay-evaluation-{uuid4().hex[:8]}"
        engine = (
            adapter(name)(Path(folder) / "search")
            if name == ADAPTERS[0]
            else adapter(name)(settings.ELASTICSEARCH_URL, prefix, semantic)
        )
        try:
            _fill(engine, uses or {})
            yield engine
        finally:
            engine.drop()


def _fill(engine: SearchBackend, uses: Mapping[str, Sequence[str]]) -> None:
    with engine.start_rebuild() as new_index:
        for chunk in RESULT_TYPES[PRODUCT].chunks():
            new_index.put(_with_uses(document, uses) for document in product_documents(chunk))
        new_index.commit()
        with new_index.activate():
            pass


def _with_uses(document: SearchDocument, uses: Mapping[str, Sequence[str]]) -> SearchDocument:
    slugs = (document.slug, f"{document.domains[0]}/{document.slug}")
    titles = [title for slug in slugs for title in uses.get(slug, ())]
    return replace(document, used_in=(*document.used_in, *titles)) if titles else document


def build_request(typed: str, *, limit: int, spellings: Spellings = ()) -> SearchRequest:
    """Return what the results page asks for a typed text, by a user who may read everything."""
    now = timezone.now()
    read = parse_query(typed, now=now)
    words, _ = expand_synonyms(read.expression, spellings)
    conditions, _ = parse_filters(read.filters, now=now)
    return SearchRequest(
        readers=None,
        query=words,
        text=read.text,
        filters=conditions,
        limit=limit,
        has_facets=False,
    )


def first_ids(engine: SearchBackend, typed: str, *, limit: int) -> tuple[str, ...]:
    """Return the ids of the first hits, without synonyms from the glossary."""
    request = replace(build_request(typed, limit=limit), has_highlights=False)
    return tuple(hit.id for hit in engine.search(request).hits)
