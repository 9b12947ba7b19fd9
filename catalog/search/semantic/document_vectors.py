"""Vectors of documents: computed once for a text, and kept in the index."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import structlog
from elasticsearch import Elasticsearch

from catalog.search.backends.elasticsearch.client import translated
from catalog.search.document import SearchDocument
from catalog.search.semantic.reranking import (
    Embedder,
    MeaningUnavailable,
    embedded_text,
    text_digest,
)
from catalog.types import JSONObject

log = structlog.get_logger(__name__)
BATCH_SIZE = 100
# The vector of a document, and the digest of the text that it was computed from.
VECTOR, VECTOR_OF = "meaning", "meaning_of"


class DocumentVectors:
    """Adds vectors to documents: those that the live index already has, or new ones.

    An edit of another text, a rebuild and a rollback compute no vector again.
    """

    def __init__(self, client: Elasticsearch, index: str, embedder: Embedder) -> None:
        self._client = client
        self._index = index
        self._embedder = embedder

    def attach(
        self, documents: Iterable[SearchDocument]
    ) -> Iterator[tuple[SearchDocument, JSONObject]]:
        """Yield each document with the fields of its vector, or with none if the model fails."""
        remaining = iter(documents)
        while batch := list(islice(remaining, BATCH_SIZE)):
            digests = {document.key: text_digest(embedded_text(document)) for document in batch}
            vectors = self._vectors(batch, digests)
            for document in batch:
                digest = digests[document.key]
                vector = vectors.get(digest)
                yield document, {VECTOR: vector, VECTOR_OF: digest} if vector else {}

    def _vectors(
        self, batch: Sequence[SearchDocument], digests: Mapping[str, str]
    ) -> dict[str, list[float]]:
        indexed = self._indexed_vectors(list(digests))
        texts = {
            digests[document.key]: embedded_text(document)
            for document in batch
            if digests[document.key] not in indexed
        }
        try:
            vectors = self._embedder.vectors(list(texts.values())) if texts else []
        except MeaningUnavailable as error:
            log.error("meaning_unavailable", reason=str(error), documents=len(texts))
            return indexed
        return indexed | dict(zip(texts, vectors, strict=True))

    def _indexed_vectors(self, keys: list[str]) -> dict[str, list[float]]:
        """Return the live index's vectors of some documents, by digest; none without an index."""
        with translated():
            response = self._client.search(
                index=self._index,
                query={"ids": {"values": keys}},
                size=len(keys),
                source=False,
                docvalue_fields=[{"field": VECTOR}, {"field": VECTOR_OF}],
                ignore_unavailable=True,
            )
        hits = [hit.get("fields", {}) for hit in response["hits"]["hits"]]
        return {fields[VECTOR_OF][0]: fields[VECTOR][0] for fields in hits if VECTOR in fields}
