"""The page of a search as somebody would write it by hand against each engine.

It knows beforehand whether all words are demanded and that nothing is misspelled, and it has the
reader's tokens; it builds the query, asks for the count, twenty hits, the counts of eight facets
within what the reader may read, and for each hit the marked name and purpose. It shows no reasons,
offers no other spelling, and looks at no database.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.search import fields

HITS = 20


@dataclass(frozen=True)
class RawQuery:
    """A query made ready: its words, and whether a hit must hold all of them."""

    text: str
    requires_all: bool


class TantivyPage:
    """The page from the embedded engine."""

    def __init__(self, engine: Any, tokens: Sequence[str]) -> None:
        from tantivy import Occur, Query

        from catalog.search.stemming import TEXT, analyzer

        index = engine.open_index().documents
        self._searcher, self._tokens, self._schema = index.searcher(), list(tokens), index.schema
        self._analyzer = analyzer(TEXT)
        self._query, self._occur = Query, Occur
        self._facets = {
            field.name: {"terms": {"field": field.attribute, "size": 200, "segment_size": 65_000}}
            for field in fields.FACETS
        }

    def page(self, raw_query: RawQuery) -> dict[str, Any]:
        """Return what the page shows."""
        from tantivy import SnippetGenerator

        query = self._narrowed(raw_query)
        response = self._searcher.search(query, HITS, weight_by_field="weight")
        facets = self._searcher.aggregate(query, self._facets)
        marks = SnippetGenerator.create(
            self._searcher, self._marked(raw_query), self._schema, "text"
        )
        marks.set_max_num_chars(fields.SNIPPET_LENGTH)
        hits = [self._hit(self._searcher.doc(place), marks) for _, place in response.hits]
        return {"count": response.count, "hits": hits, "facets": facets}

    def _narrowed(self, raw_query: RawQuery) -> Any:
        must, should, query = self._occur.Must, self._occur.Should, self._query
        stems = self._analyzer.analyze(raw_query.text)
        readable = query.term_set_query(self._schema, "readers", self._tokens)
        parts = [(must, query.const_score_query(readable, 0))]
        if raw_query.requires_all:
            parts += [(must, query.const_score_query(self._contains(stem), 0)) for stem in stems]
        weighed = [
            (should, query.boost_query(query.term_query(self._schema, name, stem), weight))
            for stem in stems
            for name, weight in fields.TEXT_WEIGHTS.items()
        ]
        return query.boolean_query([*parts, (must, query.boolean_query(weighed))])

    def _contains(self, stem: str) -> Any:
        terms = [self._query.term_query(self._schema, name, stem) for name in fields.MATCH_FIELDS]
        return self._query.boolean_query([(self._occur.Should, term) for term in terms])

    def _marked(self, raw_query: RawQuery) -> Any:
        stems = dict.fromkeys(self._analyzer.analyze(raw_query.text))
        terms = [self._query.term_query(self._schema, "text", stem) for stem in stems]
        return self._query.boolean_query([(self._occur.Should, term) for term in terms])

    def _hit(self, entry: Any, marks: Any) -> dict[str, str]:
        from tantivy import Document

        shown = json.loads(bytes(entry.get_first("shown")))
        hit = {"key": entry.get_first("key")}
        for name in ("name", "summary"):
            text = Document()
            text.add_text("text", shown[name])
            hit[name] = marks.snippet_from_doc(text).to_html() or shown[name]
        return hit


class ElasticsearchPage:
    """The page from Elasticsearch: one request."""

    def __init__(self, engine: Any, tokens: Sequence[str]) -> None:
        self._client, self._index, self._tokens = engine.client, engine.alias, list(tokens)

    def page(self, raw_query: RawQuery) -> dict[str, Any]:
        """Return what the page shows."""
        body = self._client.search(index=self._index, **self.body(raw_query)).body
        hits = [
            {"key": hit["_source"]["key"], "shown": hit["_source"]["shown"], **_marked(hit)}
            for hit in body["hits"]["hits"]
        ]
        facets = {name: response["buckets"] for name, response in body["aggregations"].items()}
        return {"count": body["hits"]["total"]["value"], "hits": hits, "facets": facets}

    def body(self, raw_query: RawQuery) -> dict[str, Any]:
        """Return the request."""
        names = [f"{name}^{weight}" for name, weight in fields.TEXT_WEIGHTS.items()]
        words = {"query": raw_query.text, "type": "most_fields", "fields": names}
        contains = {
            "query": raw_query.text, "type": "cross_fields", "fields": list(fields.MATCH_FIELDS),
            "operator": "and",
        }  # fmt: skip
        narrowing: list[dict[str, Any]] = [{"terms": {"readers": self._tokens}}]
        narrowing += [{"multi_match": contains}] if raw_query.requires_all else []
        response = {"bool": {"must": [{"multi_match": words}], "filter": narrowing}}
        weight = {"field": "weight", "missing": 1}
        counts = {
            field.name: {"terms": {"field": field.attribute, "size": 200}}
            for field in fields.FACETS
        }
        return {
            "query": {"function_score": {"query": response, "field_value_factor": weight}},
            "size": HITS,
            "track_total_hits": True,
            "aggs": counts,
            "highlight": _marks(raw_query.text),
        }


def _marks(text: str) -> dict[str, Any]:
    return {
        "pre_tags": ["<mark>"], "post_tags": ["</mark>"], "encoder": "html", "type": "plain",
        "require_field_match": False,
        "highlight_query": {"match": {"text": text}},
        "fields": {
            "shown.name": {"number_of_fragments": 0},
            "shown.summary": {"number_of_fragments": 1, "fragment_size": fields.SNIPPET_LENGTH},
        },
    }  # fmt: skip


def _marked(hit: dict[str, Any]) -> dict[str, str]:
    marked = hit.get("highlight", {})
    return {name: " ".join(marked.get(f"shown.{name}", ())) for name in ("name", "summary")}
