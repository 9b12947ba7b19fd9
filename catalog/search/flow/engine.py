"""An engine: the flow of search over the sessions of one adapter, and the writing of its index."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager

from catalog.identifiers import normalize
from catalog.search.fields import BY_NAME
from catalog.search.flow import suggestions
from catalog.search.flow.search import answer
from catalog.search.flow.session import SearchSession
from catalog.search.port import (
    DEFAULT_TYPES,
    SIDEBAR_TIMEOUT,
    TIMEOUT,
    FacetValue,
    Feature,
    IndexEntry,
    IndexSession,
    NewIndex,
    ReaderTokens,
    SearchAnswer,
    SearchRequest,
    SimilarDocument,
    SuggestAnswer,
    Suggestion,
)


class SearchBackend(ABC):
    """An engine. Every method raises SearchUnavailable if it is down or has no index.

    What a caller may not read changes no answer: neither counts nor facets, completions or order.
    """

    name: str

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a short hash of fields, analyzers and engine; another one means rebuild."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Return True if an index of this fingerprint is there and answers."""

    @abstractmethod
    def open_session(
        self, readers: ReaderTokens, types: Sequence[str], timeout: float
    ) -> AbstractContextManager[SearchSession]:
        """Open what is readable of some types."""

    def search(self, request: SearchRequest) -> SearchAnswer:
        with self.open_session(request.readers, request.scopes, TIMEOUT) as session:
            return answer(session, request)

    def counts(self, request: SearchRequest, types: Sequence[str]) -> dict[str, int]:
        """Return how many of each type a request finds, as its query is spelled."""
        with self.open_session(request.readers, types, TIMEOUT) as session:
            return suggestions.count_by_type(session, request, types)

    def suggest(self, text: str, readers: ReaderTokens, limit: int) -> SuggestAnswer:
        """Complete what is being typed to objects of the default type, and to words."""
        with self.open_session(readers, DEFAULT_TYPES, TIMEOUT) as session:
            return suggestions.suggest(session, text, limit)

    def complete_names(
        self, text: str, readers: ReaderTokens, types: Sequence[str], limit: int
    ) -> tuple[Suggestion, ...]:
        """Complete what is being typed to objects of some types by their names."""
        with self.open_session(readers, types, TIMEOUT) as session:
            return suggestions.complete_names(session, text, limit)

    def values(
        self,
        field: str,
        prefix: str,
        readers: ReaderTokens,
        limit: int,
        types: Sequence[str] = DEFAULT_TYPES,
    ) -> tuple[FacetValue, ...]:
        """Return values of a field with a prefix and their counts, the most frequent first."""
        searched, prefix = BY_NAME[field], normalize(prefix)
        attribute = searched.attribute if "=" in prefix else searched.values_attribute
        with self.open_session(readers, types, TIMEOUT) as session:
            values = session.complete(attribute, prefix, limit)
        return tuple(FacetValue(value, count) for value, count in values)

    def similar(
        self, key: str, features: Sequence[Feature], readers: ReaderTokens, limit: int
    ) -> tuple[SimilarDocument, ...]:
        """Return documents that share features with the one of a key, the most similar first."""
        with self.open_session(readers, DEFAULT_TYPES, SIDEBAR_TIMEOUT) as session:
            return suggestions.similar(session, key, features, limit)

    @abstractmethod
    def generation(self) -> str:
        """Return the name of the index that answers, never given twice."""

    @abstractmethod
    def open_writer(self) -> AbstractContextManager[IndexSession]:
        """Open the only writer of the live index; waits a while if another process has it."""

    @abstractmethod
    def start_rebuild(self) -> AbstractContextManager[NewIndex]:
        """Build an index next to the live one; unless it is activated, it is removed.

        The caller ensures that one process at a time rebuilds, restores or removes.
        """

    @abstractmethod
    def open_previous(self) -> AbstractContextManager[NewIndex]:
        """Open the index that answered before the live one, so that it may answer again."""

    @abstractmethod
    def remove_unused(self) -> AbstractContextManager[frozenset[str]]:
        """Remove what is not needed, half-built indexes too; yields the generations that are left.

        No other process rebuilds inside the context, so marks of other generations are useless.
        """

    @abstractmethod
    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        """Yield what the live index holds, or holds of `keys`, at one moment."""

    @abstractmethod
    def drop(self) -> None:
        """Remove all that this engine holds; for scratch indexes."""
