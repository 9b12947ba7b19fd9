"""Semantic ranking: the best hits by words are also ranked by how near they are in meaning.

Off by default and for Elasticsearch only. `SemanticRanking` is the one hook of the engine; unless
ASSAY_SEARCH_SEMANTIC is on, nothing of this folder is imported.
"""

from collections.abc import Callable
from functools import lru_cache

from django.utils.module_loading import import_string
from elasticsearch import Elasticsearch

from catalog.search.flow.session import Match
from catalog.search.port import SearchRequest
from catalog.search.semantic.document_vectors import VECTOR, VECTOR_OF, DocumentVectors
from catalog.search.semantic.pages import Reranker, choose_reranker
from catalog.search.semantic.query_vectors import QueryVectors
from catalog.search.semantic.reranking import RECIPE, Embedder
from catalog.types import JSONObject

# Its packages are an extra of the installation.
_MODEL = "catalog.search.semantic.minilm.MiniLM"


class SemanticRanking:
    """What a model adds to an index's mapping, to its documents and to the first page of hits."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._query_vectors = QueryVectors(embedder)

    def extend_mapping(self, mapping: JSONObject) -> JSONObject:
        """Add the vector. It has no graph: only what words found is compared."""
        vector = {"type": "dense_vector", "dims": self.embedder.dimensions, "index": False}
        fields = {VECTOR: vector, VECTOR_OF: {"type": "keyword", "index": False}}
        return {
            **mapping,
            "properties": {**mapping["properties"], **fields},
            "_meta": {"meaning": f"{self.embedder.name} of {RECIPE}"},
        }

    def document_vectors(self, client: Elasticsearch, index: str) -> DocumentVectors:
        """Return what gives documents their vectors, reusing those in an index."""
        return DocumentVectors(client, index, self.embedder)

    def reranker(self, request: SearchRequest, match: Match) -> Reranker | None:
        """Return how to rank a request, or None if words alone do."""
        return choose_reranker(self._query_vectors, request, match)


@lru_cache
def get_semantic_ranking() -> SemanticRanking:
    """Return the one of this process. Raises ImportError unless `.[semantic]` is installed."""
    load_model: Callable[[], Embedder] = import_string(_MODEL)
    return SemanticRanking(load_model())
