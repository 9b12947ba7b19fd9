"""An engine: the flow of search over the sessions of one adapter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager

from catalog.search.flow import suggestions
from catalog.search.flow.search import answer
from catalog.search.flow.session import SearchSession
from catalog.search.port import (
    DEFAULT_TYPES,
    SIDEBAR_TIMEOUT,
    TIMEOUT,
    FacetValue,
    Feature,
    ReaderTokens,
    SearchAnswer,
    SearchRequest,
    SimilarDocument,
    SuggestAnswer,
    Suggestion,
)


class SearchEngine(ABC):
    """The reading side of the port; `open_session` is what an adapter adds to it."""

    @abstractmethod
    def open_session(
        self, readers: ReaderTokens, types: Sequence[str], timeout: float
    ) -> AbstractContextManager[SearchSession]:
        """Open what is readable of some types; inside, errors of the engine are translated."""

    def search(self, request: SearchRequest) -> SearchAnswer:
        with self.open_session(request.readers, (request.type,), TIMEOUT) as session:
            return answer(session, request)

    def counts(self, request: SearchRequest, types: Sequence[str]) -> dict[str, int]:
        with self.open_session(request.readers, types, TIMEOUT) as session:
            return suggestions.count_by_type(session, request, types)

    def suggest(self, typed: str, readers: ReaderTokens, limit: int) -> SuggestAnswer:
        with self.open_session(readers, DEFAULT_TYPES, TIMEOUT) as session:
            return suggestions.suggest(session, typed, limit)

    def named(
        self, typed: str, readers: ReaderTokens, types: Sequence[str], limit: int
    ) -> tuple[Suggestion, ...]:
        with self.open_session(readers, types, TIMEOUT) as session:
            return suggestions.suggest_names(session, typed, limit)

    def values(
        self,
        field: str,
        prefix: str,
        readers: ReaderTokens,
        limit: int,
        types: Sequence[str] = DEFAULT_TYPES,
    ) -> tuple[FacetValue, ...]:
        with self.open_session(readers, types, TIMEOUT) as session:
            return suggestions.suggest_values(session, field, prefix, limit)

    def similar(
        self, key: str, features: Sequence[Feature], readers: ReaderTokens, limit: int
    ) -> tuple[SimilarDocument, ...]:
        with self.open_session(readers, DEFAULT_TYPES, SIDEBAR_TIMEOUT) as session:
            return suggestions.similar(session, key, features, limit)
