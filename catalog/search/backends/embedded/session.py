"""One caller's view of a tantivy index at one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import orjson
from tantivy import Index, Query, Searcher

from catalog.search.backends.embedded.mapping import VOCABULARY
from catalog.search.backends.embedded.paging import HitRange, page_by_field, page_by_rank
from catalog.search.backends.embedded.queries import TantivyQueries, count_of
from catalog.search.fields import BY_NAME, FACET_SIZE, FACETS, SORT_BY_NAME, Field
from catalog.search.flow.session import (
    FacetCounts,
    IndexHit,
    K,
    Match,
    Page,
    PageRequest,
)
from catalog.search.port import ReaderTokens, SearchRequest
from catalog.search.query_ast import Node
from catalog.search.sort_keys import tie_of
from catalog.search.spelling import best_correction, distance
from catalog.types import JSONObject

# To count every value exactly, every value of every segment is needed.
_ALL_VALUES = 65_000
_MAX_CANDIDATES = 400


@dataclass(frozen=True, slots=True)
class EmbeddedSession:
    """The documents, the words of all of them, and what the caller may read."""

    documents: Searcher
    words: Searcher
    builder: TantivyQueries
    readers: ReaderTokens
    readable: Query
    public: Query

    @classmethod
    def of(
        cls, documents: Index, words: Index, readers: ReaderTokens, types: Sequence[str]
    ) -> EmbeddedSession:
        searcher = documents.searcher()
        builder = TantivyQueries(documents, searcher)
        # What anybody or every member may read: its tokens name no domain, team or product.
        few = None if readers is None else tuple(token for token in readers if ":" not in token)
        readable, public = (builder.readable(tokens, types) for tokens in (readers, few))
        return cls(searcher, words.searcher(), builder, readers, readable, public)

    def page(self, page: PageRequest) -> Page:
        builder, request, sort = self.builder, page.request, SORT_BY_NAME.get(page.sort)
        selected = {name: builder.filter(one) for name, one in page.facet_filters.items()}
        build = builder.matched if sort else builder.scored
        filters = [self.readable, *selected.values()]
        query = builder.filtered(build(page.match), filters)
        page_hits = (
            page_by_field(self.documents, builder, query, request, sort)
            if sort
            else page_by_rank(self.documents, query, request)
        )
        hits = list(self._hits(page_hits, has_texts=page.has_texts))
        matching = self._matching(page.terms, hits)
        return Page(
            count=page_hits.total,
            hits=[
                replace(
                    hit, missing_terms=tuple(t for t in page.terms if hit.key not in matching[t])
                )
                for hit in hits
            ],
            position=page_hits.position,
            facet_counts=partial(self._facet_counts, page.match, selected),
        )

    def _hits(self, page_hits: HitRange, *, has_texts: bool) -> Iterator[IndexHit]:
        for value, tie, address in page_hits.hits:
            document = self.documents.doc(address)
            score = value if isinstance(value, float) else 0.0
            texts: JSONObject = {}
            if has_texts:
                texts = orjson.loads(bytes(document.get_first("shown") or b"{}"))
            yield IndexHit(str(document.get_first("key")), score, (value, tie), texts)

    def _facet_counts(self, match: Match, selected: Mapping[str, Query]) -> FacetCounts:
        """Count values; what is selected in a facet does not narrow that facet's own counts."""
        documents = self.builder.filtered(self.builder.matched(match), [self.readable])
        rest = [field for field in FACETS if field.name not in selected]
        counts = self._values(documents, list(selected.values()), rest)
        for name in selected:
            others = [query for other, query in selected.items() if other != name]
            counts |= self._values(documents, others, [BY_NAME[name]])
        return counts

    def _values(
        self, documents: Query, filters: Sequence[Query], facets: Sequence[Field]
    ) -> dict[str, dict[str, int]]:
        sizes = {"size": FACET_SIZE, "segment_size": _ALL_VALUES}
        terms = {
            field.name: {"terms": {"field": field.values_attribute, **sizes}} for field in facets
        }
        if not terms:
            return {}
        counted = self.documents.aggregate(self.builder.filtered(documents, filters), terms)
        return {
            name: {str(bucket["key"]): int(bucket["doc_count"]) for bucket in values["buckets"]}
            for name, values in counted.items()
        }

    def count(self, matches: Mapping[K, Match]) -> Mapping[K, int]:
        builder, counts = self.builder, {}
        for name, match in matches.items():
            types = [builder.readable(self.readers, [match.type])] if match.type else []
            counts[name] = self._count(builder.matched(match), *types)
        return counts

    def _count(self, *queries: Query) -> int:
        return count_of(self.documents, self.builder.all_of([self.readable, *queries]))

    def existing(self, nodes: Mapping[str, Node]) -> Collection[str]:
        queries = {name: self.builder.contains(node) for name, node in nodes.items()}
        return [name for name, query in queries.items() if self._exists(query)]

    def _exists(self, query: Query) -> bool:
        """A reader's tokens are many: they are looked through only where the public has none."""
        public = self.builder.all_of([self.public, query])
        if count_of(self.documents, public):
            return True
        return bool(count_of(self.documents, query) and self._count(query))

    def similar_terms(self, edits: Mapping[str, int]) -> Mapping[str, Sequence[tuple[str, int]]]:
        return {word: self._similar(word, most) for word, most in edits.items()}

    def _similar(self, word: str, edits: int) -> Sequence[tuple[str, int]]:
        """Return words at one edit, or where none of them will do at two."""
        fuzzy = Query.fuzzy_term_query(VOCABULARY, "word", word, edits)
        hits = self.words.search(fuzzy, _MAX_CANDIDATES, count=False).hits
        words = sorted({str(self.words.doc(address).get_first("word")) for _, address in hits})
        counts: list[tuple[str, int]] = []
        for n in range(1, edits + 1):
            nearby = [other for other in words if distance(word, other, edits) == n]
            counts = [(other, self._count(self.builder.term("words", other))) for other in nearby]
            if best_correction(word, counts):
                break
        return counts

    def _matching(
        self, nodes: Mapping[K, Node], hits: Sequence[IndexHit]
    ) -> Mapping[K, Collection[str]]:
        """Return for each node the keys of the hits that match it."""
        if not hits:
            return {}
        matching = {}
        among = self.builder.terms("key", [hit.key for hit in hits])
        key_of_tie = {tie_of(hit.key): hit.key for hit in hits}
        for name, node in nodes.items():
            query = self.builder.filtered(self.builder.contains(node), [among])
            matches = self.documents.search(query, len(hits), count=False).hits
            ties = self.documents.fast_field_values("tie", [address for _, address in matches])
            matching[name] = [key_of_tie[int(tie or 0)] for tie in ties]
        return matching

    def complete(self, attribute: str, prefix: str, limit: int) -> Sequence[tuple[str, int]]:
        return list(self.documents.terms_with_prefix(attribute, prefix, self.readable, limit))

    def find_names(self, text: str, limit: int) -> Sequence[IndexHit]:
        return self._best(self.builder.completed_names(text), limit, has_texts=True)

    def most_similar(
        self, nodes: Mapping[K, tuple[Node, float]], match: Match, limit: int
    ) -> Sequence[tuple[str, Collection[K]]]:
        builder = self.builder
        weighted = [builder.constant(builder.contains(node), n) for node, n in nodes.values()]
        query = builder.filtered(builder.any_of(weighted), [builder.matched(match)])
        hits = self._best(query, limit, has_texts=False)
        matching = self._matching({name: node for name, (node, _) in nodes.items()}, hits)
        return [(hit.key, [name for name in nodes if hit.key in matching[name]]) for hit in hits]

    def _best(self, query: Query, limit: int, *, has_texts: bool) -> list[IndexHit]:
        request = SearchRequest(readers=None, limit=limit)
        readable = self.builder.filtered(query, [self.readable])
        page_hits = page_by_rank(self.documents, readable, request)
        return list(self._hits(page_hits, has_texts=has_texts))
