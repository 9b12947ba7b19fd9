"""The primitives that an adapter provides: one caller's view of an index at one moment."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from catalog.search.fields import DEFAULT_SORT, RELEVANCE
from catalog.search.filters import Filter
from catalog.search.port import Cursor, SearchRequest
from catalog.search.query_ast import Expression, Node
from catalog.types import JSONObject

K = TypeVar("K", bound=Hashable)
# By facet, how many documents have each value.
FacetCounts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Match:
    """Which documents are meant: what the query matches, or is named `text`, within filters.

    With `requires_all` every scoring clause must match. Without a query it is every document.
    """

    query: Expression = ()
    text: str = ""
    requires_all: bool = False
    filters: tuple[Filter, ...] = ()
    type: str = ""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page of a match. `facet_filters` narrow the hits, and of a facet's counts the others'.

    Each hit says which of `terms`, nodes by the text that was typed, it does not match.
    """

    match: Match
    request: SearchRequest
    facet_filters: Mapping[str, Filter]
    terms: Mapping[str, Node]

    @property
    def sort(self) -> str:
        """The name of the order; without a query relevance means the default order."""
        is_default = self.request.sort == RELEVANCE and not self.match.query
        return DEFAULT_SORT if is_default else self.request.sort

    @property
    def has_texts(self) -> bool:
        return self.request.has_highlights and bool(self.match.query)


@dataclass(frozen=True, slots=True)
class IndexHit:
    """One document of a page: its key, score, sort value and tie, and texts to highlight."""

    key: str
    score: float
    place: tuple[str | float, int] = ("", 0)
    texts: JSONObject = field(default_factory=dict)
    missing_terms: tuple[str, ...] = ()
    is_boosted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page, first hit to last; `position` is how many hits come before it.

    `facet_counts` is called once, and only for the page that is shown. `by_meaning` says that
    the pages before or after it may be ranked by meaning too; its cursors say so.
    """

    count: int
    hits: Sequence[IndexHit]
    position: int
    facet_counts: Callable[[], FacetCounts]
    by_meaning: bool = False

    def cursors(self) -> dict[str, Cursor]:
        """Return the cursors to the `next`, `previous` and `last` page, where there are such."""
        cursors = {}
        end = self.position + len(self.hits)
        if self.hits and end < self.count:
            cursors["next"] = Cursor(*self.hits[-1].place, end)
            cursors["last"] = Cursor(None, 0, self.count, backwards=True)
        if self.hits and self.position > 0:
            cursors["previous"] = Cursor(*self.hits[0].place, self.position, backwards=True)
        return {way: replace(one, by_meaning=self.by_meaning) for way, one in cursors.items()}


class SearchSession(Protocol):
    """An index as one caller may read it: nothing else is found, counted or completed."""

    def page(self, page: PageRequest) -> Page:
        """Return a page by offset or cursor, with its count, and its facets on demand."""

    def count(self, matches: Mapping[K, Match]) -> Mapping[K, int]:
        """Return how many documents each match has, in one request; of its type if it has one."""

    def existing(self, nodes: Mapping[str, Node]) -> Collection[str]:
        """Return the names of the nodes that some document matches, in one request."""

    def similar_terms(self, edits: Mapping[str, int]) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Return indexed words within `edits` of each word, and how many documents have them.

        Words further away may be left out where a nearer one is in a document.
        """

    def complete(self, attribute: str, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        """Return values of a field with a prefix and their counts, the most frequent first."""

    def find_names(self, text: str, limit: int) -> Sequence[IndexHit]:
        """Return documents with a word of their names for each typed prefix, and their texts."""

    def most_similar(
        self, nodes: Mapping[K, tuple[Node, float]], match: Match, limit: int
    ) -> Sequence[tuple[str, Collection[K]]]:
        """Return documents of a match, by the sum of the weights of the nodes that they match.

        Each is its key and the names of these nodes.
        """
