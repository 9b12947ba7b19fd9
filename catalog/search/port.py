"""What a search engine does for the catalog: documents in, requests and answers, one protocol."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from catalog.search.document import SearchDocument
from catalog.search.fields import DEFAULT_TYPE
from catalog.search.filters import Filter
from catalog.search.query_ast import Expression

# The tokens that a caller holds; None for everything.
ReaderTokens = tuple[str, ...] | None
DEFAULT_TYPES = (DEFAULT_TYPE,)
# Seconds within which every engine answers a search, or says that it cannot.
TIMEOUT = 10.0
# The same for what stands beside a page's own matter, which must not keep the page waiting.
SIDEBAR_TIMEOUT = 3.0


class SearchUnavailable(Exception):
    """The engine does not answer, or holds no index that this version can read."""

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(f"{engine}: {reason}")
        self.engine = engine
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an ordered result: right after one value and identity, or right before it.

    `value` is a sort key, or the rank that relevance gave; nothing means the very end.
    `position` says how many results came before it when it was made, a hint. `by_meaning` says
    that the walk began with a page that meaning helped to rank.
    """

    value: str | float | None
    tie: int = 0
    position: int = 0
    backwards: bool = False
    by_meaning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """A question. Nothing is seen or counted but what is of the `type` and open to the caller,
    who holds the tokens `readers`; without (None) all is open, as the product's own workers ask.
    """

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


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a document is among the hits: the field and the texts of it that hold the words."""

    field: str
    texts: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One document found. Highlights are HTML, escaped but for `<mark>`; it `lacks` these words."""

    type: str
    id: str
    score: float
    highlights: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    missing_terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value on offer and how many would be shown if it were chosen."""

    value: str
    count: int
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """Values of one field within the set; its counts ignore the field's own choices."""

    name: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """A typed word that no readable document holds, and the word searched instead."""

    original: str
    replacement: str


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was found by the words as they were `searched`; the cursors lead to other pages."""

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
    """A completion: of a word (`words`), or to one thing (`type` and `id` set)."""

    text: str
    count: int = 1
    type: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class SuggestAnswer:
    """Completions of what is being typed: things by their names, and words."""

    objects: tuple[Suggestion, ...] = ()
    words: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """Something by which documents are alike: a tag, a column, or a word of name or summary."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class SimilarDocument:
    """A document that is like another one, and the features of the other that it shares."""

    type: str
    id: str
    shared_features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One line of an engine's ledger: what it holds of one thing, the readers by its tokens."""

    type: str
    id: str
    revision: int
    readers: tuple[str, ...]
    digest: str


class IndexSession(Protocol):
    """An open door for writing. What was put is seen by every reader once `commit` returns.

    All goes into one `generation`, whichever answers meanwhile: what a follower remembers of it
    is remembered of that generation alone.
    """

    generation: str

    def put(self, documents: Iterable[SearchDocument]) -> None:
        """Hold the documents, each unless a later revision of it is held already."""

    def delete(self, things: Iterable[tuple[str, str, int]]) -> None:
        """Forget (type, id) as of a revision; a write of an earlier one stays without effect."""

    def commit(self) -> None:
        """Make all that was put and deleted durable and visible."""


class SearchBackend(Protocol):
    """An engine. Every method raises SearchUnavailable where the engine is down or has no index."""

    name: str

    def fingerprint(self) -> str:
        """A short hash of fields, analyzers and engine; another one means rebuild."""

    def is_ready(self) -> bool:
        """An index of this fingerprint is there and answers."""

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Answer from what the caller may read, and from nothing else."""

    def counts(self, request: SearchRequest, types: Sequence[str]) -> Mapping[str, int]:
        """How many of each type the words, as they are spelled, and filters of a request find."""

    def suggest(self, typed: str, readers: ReaderTokens, limit: int) -> SuggestAnswer:
        """Complete what is being typed, from what the caller may read."""

    def named(
        self, typed: str, readers: ReaderTokens, types: Sequence[str], limit: int
    ) -> tuple[Suggestion, ...]:
        """Complete what is being typed to things of some types by their names."""

    def values(
        self,
        field: str,
        prefix: str,
        readers: ReaderTokens,
        limit: int,
        types: Sequence[str] = DEFAULT_TYPES,
    ) -> tuple[FacetValue, ...]:
        """Values of a field that begin so, with their counts, most frequent first."""

    def similar(
        self, key: str, features: Sequence[Feature], readers: ReaderTokens, limit: int
    ) -> tuple[SimilarDocument, ...]:
        """Readable documents that share features with the document of a key, most alike first.

        What the caller may not read changes neither the documents nor their order.
        """

    def generation(self) -> str:
        """The name of the index that answers, never given twice."""

    def open_writer(self) -> AbstractContextManager[IndexSession]:
        """Take the one writer of the live index; waits for another holder a while."""

    def start_rebuild(self) -> AbstractContextManager["NewIndex"]:
        """Build an index beside the live one. Left without `swapping`, it is thrown away.

        The caller sees to it that one process at a time rebuilds, restores or clears.
        """

    def open_previous(self) -> AbstractContextManager["NewIndex"]:
        """Open the index that answered before the live one, so that it may answer again."""

    def remove_unused(self) -> AbstractContextManager[frozenset[str]]:
        """Remove what nobody needs, half-built indexes too; gives the generations that are held.

        Inside, no other process rebuilds, so what is remembered of any other is of no use.
        """

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        """Everything that the live index holds, or what it holds of `keys`; one moment's view."""

    def drop(self) -> None:
        """Remove all that this engine holds; for scratch indexes."""


class NewIndex(IndexSession, Protocol):
    """An index beside the live one, which goes on answering."""

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        """Everything committed into it so far, or what it holds of `keys`."""

    def activate(self) -> AbstractContextManager[IndexSession]:
        """Hold the live writer, where there is one, for the last changes; on leaving, it answers.

        The index that answered until then is kept, to be restored.
        """
