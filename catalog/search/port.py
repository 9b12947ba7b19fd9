"""What a search engine does for the catalog: requests in and answers out, and writing its index."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

from catalog.search.document import RETIRED, SearchDocument
from catalog.search.fields import DEFAULT_TYPE
from catalog.search.filters import Filter
from catalog.search.query_ast import Expression, filters_in

# The tokens of a caller; None reads everything, as the product's own workers do.
ReaderTokens = tuple[str, ...] | None
DEFAULT_TYPES = (DEFAULT_TYPE,)
# Seconds within which every engine answers a search, or fails.
TIMEOUT = 10.0
# The same for what is next to a page's own content, which must not keep the page waiting.
SIDEBAR_TIMEOUT = 3.0


class SearchUnavailable(Exception):
    """The engine does not answer, or has no index that this version can read."""

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(f"{engine}: {reason}")
        self.engine = engine
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in an ordered result: right after one value and tie, or right before it.

    `value` is a sort key or a score; None means the very end. `position` says how many results
    came before it when it was made, a hint. `by_meaning` says that the walk began with a page
    that meaning helped to rank.
    """

    value: str | float | None
    tie: int = 0
    position: int = 0
    backwards: bool = False
    by_meaning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A search for documents of one type that are readable with the tokens."""

    readers: ReaderTokens
    type: str = DEFAULT_TYPE
    query: Expression = ()
    text: str = ""
    filters: tuple[Filter, ...] = ()
    sort: str = "relevance"
    offset: int = 0
    cursor: Cursor | None = None
    limit: int = 20
    is_corrected: bool = True
    has_facets: bool = True
    has_highlights: bool = True

    @property
    def asks_for_retired(self) -> bool:
        """Return True if a filter names what is retired, which is not found otherwise."""
        filters = (*self.filters, *filters_in(self.query))
        return any(one.field == "is" and RETIRED in one.values for one in filters)

    @property
    def scopes(self) -> tuple[str, ...]:
        """Return the scopes of reader tokens that are searched."""
        return (self.type, RETIRED) if self.asks_for_retired else (self.type,)

    def first_page(self) -> "SearchRequest":
        """Return the request for the first page, with nothing but the hits and their count."""
        return replace(self, offset=0, cursor=None, has_facets=False, has_highlights=False)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a document is a hit: the field, and the first of its texts that contain terms."""

    field: str
    texts: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One document found. Highlights are HTML, escaped but for `<mark>`."""

    type: str
    id: str
    score: float
    highlights: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    missing_terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value on offer and how many results there are if it is selected."""

    value: str
    count: int
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """Values of one field within the results; its counts ignore the field's own filter."""

    name: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """A typed word that no readable document contains, and the word searched instead."""

    original: str
    replacement: str


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """The hits of a page, for the query as it was interpreted, and cursors to other pages."""

    count: int
    hits: tuple[Hit, ...]
    facets: tuple[Facet, ...] = ()
    corrections: tuple[Correction, ...] = ()
    interpreted_query: Expression = ()
    next: Cursor | None = None
    previous: Cursor | None = None
    last: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion: of a word, or to one object (`type` and `id` are set)."""

    text: str
    count: int = 1
    type: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class SuggestAnswer:
    """Completions of what is being typed: objects by their names, and words."""

    objects: tuple[Suggestion, ...] = ()
    words: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """What makes documents similar: a tag, a column, or a word of name or summary."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class SimilarDocument:
    """A document and the features that it shares with another one."""

    type: str
    id: str
    shared_features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What an index has of one object; the readers are those of its tokens."""

    type: str
    id: str
    revision: int
    readers: tuple[str, ...]
    digest: str


class IndexSession(Protocol):
    """A writer. What was put is visible to every reader once `commit` returns.

    All goes into one `generation`, whichever is live meanwhile: what a follower remembers of it is
    remembered of that generation alone.
    """

    generation: str

    def put(self, documents: Iterable[SearchDocument]) -> None:
        """Write the documents, each unless the index has a later revision of it."""

    def delete(self, objects: Iterable[tuple[str, str, int]]) -> None:
        """Delete (type, id) as of a revision; a write of an earlier one has no effect."""

    def commit(self) -> None:
        """Make all that was put and deleted durable and visible."""


class NewIndex(IndexSession, Protocol):
    """An index next to the live one, which goes on answering."""

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        """Yield what was committed into it so far, or of `keys`."""

    def activate(self) -> AbstractContextManager[IndexSession]:
        """Hold the live writer, if there is one, for the last changes; then make this one live.

        The index that was live until then is kept, to be opened again.
        """
