"""Vectors of documents, as they go into the index: made once for a text, and kept with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import structlog
from elasticsearch import Elasticsearch

from catalog.search.backends.elasticsearch.client import translated
from catalog.search.backends.elasticsearch.mapping import MEANING, MEANING_OF
from catalog.search.document import SearchDocument
from catalog.search.semantic.reranking import Embedder, MeaningUnavailable, digest_of, text_of

log = structlog.get_logger(__name__)
BATCH_SIZE = 100


class DocumentVectors:
    """Gives documents their vectors: the one that answers already holds, or a new one.

    An edit of anything else, a rebuild and a rollback make no vector anew.
    """

    def __init__(self, client: Elasticsearch, index: str, embedder: Embedder) -> None:
        self._client = client
        self._index = index
        self._embedder = embedder

    def beside(
        self, documents: Iterable[SearchDocument]
    ) -> Iterator[tuple[SearchDocument, dict[str, Any]]]:
        """Yield each document with the fields of its vector; without any where the model fails."""
        left = iter(documents)
        while lot := list(islice(left, BATCH_SIZE)):
            digests = {document.key: digest_of(text_of(document)) for document in lot}
            vectors = self._vectors(lot, digests)
            for document in lot:
                digest = digests[document.key]
                vector = vectors.get(digest)
                yield document, {MEANING: vector, MEANING_OF: digest} if vector else {}

    def _vectors(
        self, lot: Sequence[SearchDocument], digests: Mapping[str, str]
    ) -> dict[str, list[float]]:
        """The vector of each digest."""
        kept = self._kept(list(digests))
        texts = {
            digests[document.key]: text_of(document)
            for document in lot
            if digests[document.key] not in kept
        }
        try:
            made = self._embedder.vectors(list(texts.values())) if texts else []
        except MeaningUnavailable as error:
            log.error("meaning_unavailable", reason=str(error), documents=len(texts))
            return kept
        return kept | dict(zip(texts, made, strict=True))

    def _kept(self, keys: list[str]) -> dict[str, list[float]]:
        """What the index that answers holds of these documents, by digest; nothing before it."""
        with translated():
            found = self._client.search(
                index=self._index, query={"ids": {"values": keys}}, size=len(keys), source=False,
                docvalue_fields=[{"field": MEANING}, {"field": MEANING_OF}],
                ignore_unavailable=True,
            )  # fmt: skip
        held = [hit.get("fields", {}) for hit in found["hits"]["hits"]]
        return {one[MEANING_OF][0]: one[MEANING][0] for one in held if MEANING in one}
