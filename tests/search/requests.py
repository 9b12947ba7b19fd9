"""Short ways to write documents, fill an engine and ask it, for the tests of search."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from catalog.search.document import SearchDocument
from catalog.search.filters import Filter, parse_filters
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import FacetValue, SearchAnswer, SearchRequest
from catalog.search.query import parse_query
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services.sync import index_pending

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PUBLIC = ("public",)


def doc(slug: str, name: str = "", **fields: Any) -> SearchDocument:
    """A readable document; the slug is its id too."""
    fields = {"type": "product", "id": slug, "revision": 1, "readers": PUBLIC, **fields}
    return SearchDocument(slug=slug, name=name or slug.replace("-", " ").title(), **fields)


def due() -> int:
    """How many documents an index of the present database holds, of every kind."""
    return sum(kind.all_rows.count() for kind in RESULT_TYPES.values())


def fill(engine: SearchBackend, documents: Iterable[SearchDocument]) -> None:
    """Rebuild the index with these documents."""
    with engine.start_rebuild() as fresh:
        fresh.put(documents)
        fresh.commit()
        with fresh.activate():
            pass


def write(engine: SearchBackend, *documents: SearchDocument) -> None:
    """Write into the live index."""
    with engine.open_writer() as session:
        session.put(documents)
        session.commit()


def index_once(products: Collection[UUID]) -> int:
    """Handle one hint, after which nothing else changes."""
    return index_pending(ids=products, is_hinted=lambda: False)


def ask(engine: SearchBackend, text: str = "", **options: Any) -> SearchAnswer:
    """Search as a user types; filters in the text are lifted as the pages do."""
    return engine.search(request_of(text, **options))


def request_of(text: str = "", **options: Any) -> SearchRequest:
    """The request that follows from what a user types."""
    read = parse_query(text, now=NOW)
    conditions = conditions_of(*read.filters, *options.pop("where", ()))
    options = {"readers": PUBLIC, "filters": conditions, **options}
    return SearchRequest(query=read.expression, text=read.text, **options)


def conditions_of(*pairs: tuple[str, str]) -> tuple[Filter, ...]:
    """Filters from (name, value) pairs, all of which must be understood."""
    conditions, warnings = parse_filters(pairs, now=NOW)
    assert not warnings, warnings
    return conditions


def ids(answer: SearchAnswer) -> list[str]:
    """The ids found, best first."""
    return [hit.id for hit in answer.hits]


def counts(answer: SearchAnswer, name: str) -> dict[str, int]:
    """The values of one facet with their counts."""
    facet = next(facet for facet in answer.facets if facet.name == name)
    return {value.value: value.count for value in facet.values}


def values(facets: Iterable[FacetValue]) -> dict[str, int]:
    """Completed values with their counts."""
    return {value.value: value.count for value in facets}
