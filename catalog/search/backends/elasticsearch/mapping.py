"""How documents are stored in Elasticsearch: a strict mapping, analyzers, one document's source.

Nothing of the module mapper-extras is used, so any Elasticsearch 8 will do.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from catalog.search import fields
from catalog.search.analysis import COMBINED, searchable_texts, shown_texts
from catalog.search.document import SearchDocument
from catalog.search.fields import FIELDS, HIGHLIGHTED, MAX_TERM_LENGTH, SORTS
from catalog.search.index_values import MOMENTS, NUMBERS, TERMS, index_values
from catalog.types import JSONObject

if TYPE_CHECKING:
    from catalog.search.semantic import SemanticRanking

LAYOUT = 5
TEXT, WORDS, BEGINNINGS = "assay_text", "assay_words", "assay_beginnings"
LONGEST_BEGINNING = 20

# Lucene refuses longer terms, and nobody types them.
_KEYWORD = {"type": "keyword", "ignore_above": 1000}
_PLAIN = ["short", "lowercase", "asciifolding"]

SETTINGS: JSONObject = {
    # One shard keeps facet counts exact and ranks comparable; copies appear with a second node.
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
    # A deletion is remembered for this long, so that no earlier write restores the document.
    "gc_deletes": "1h",
    "analysis": {
        "tokenizer": {"parts": {"type": "pattern", "pattern": r"[^\p{L}\p{N}\p{M}]+"}},
        "filter": {
            "short": {"type": "length", "max": MAX_TERM_LENGTH},
            "telling": {"type": "stop", "stopwords": list(fields.STOP_WORDS)},
            "stems": {"type": "stemmer", "language": "porter2"},
            "beginnings": {"type": "edge_ngram", "min_gram": 1, "max_gram": LONGEST_BEGINNING},
        },
        "analyzer": {
            TEXT: {"tokenizer": "parts", "filter": [*_PLAIN, "telling", "stems"]},
            WORDS: {"tokenizer": "parts", "filter": _PLAIN},
            BEGINNINGS: {"tokenizer": "parts", "filter": [*_PLAIN, "beginnings"]},
        },
    },
}


def mapping(semantic: SemanticRanking | None = None) -> JSONObject:
    """Return the strict mapping of the index, with the vector if semantic ranking is on."""
    text = {"type": "text", "analyzer": TEXT, "index_options": "freqs"}
    keywords = ("key", "readers", "exact", "spelled", "vocabulary", "measures", *TERMS)
    properties: JSONObject = dict.fromkeys(keywords, _KEYWORD)
    properties |= dict.fromkeys(fields.TEXT_WEIGHTS, text)
    properties["words"] = {"type": "text", "analyzer": WORDS}
    properties["title"] = {"type": "text", "analyzer": BEGINNINGS, "search_analyzer": WORDS}
    properties |= {name: {"type": "double"} for name in (*NUMBERS, "weight")}
    properties |= {name: {"type": "long"} for name in (*MOMENTS, "tie", "revision")}
    properties |= {f"sort_{sort.name}": _KEYWORD for sort in SORTS}
    properties["digest"] = {"type": "keyword", "index": False, "doc_values": False}
    highlighted = {"type": "text", "analyzer": TEXT, "index": False}
    properties["shown"] = {"properties": dict.fromkeys(HIGHLIGHTED, highlighted)}
    stored = ["key", "readers", "revision", "digest", "shown.*"]
    shape = {"dynamic": "strict", "_source": {"includes": stored}, "properties": properties}
    return semantic.extend_mapping(shape) if semantic else shape


def fingerprint(semantic: SemanticRanking | None = None) -> str:
    """Return a short hash of layout, fields and analyzers; another one means rebuild."""
    shape = (LAYOUT, COMBINED, sorted(fields.TEXT_WEIGHTS), FIELDS, SORTS, HIGHLIGHTED)
    text = repr((shape, mapping(semantic), SETTINGS))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def source_of(document: SearchDocument) -> JSONObject:
    values = index_values(document, searchable_texts(document))
    return {**values, "digest": document.digest(), "shown": shown_texts(document)}
