"""Writing into one index of Elasticsearch, in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat, starmap
from typing import TYPE_CHECKING

from elasticsearch import Elasticsearch, helpers

from catalog.search.backends.elasticsearch import mapping
from catalog.search.backends.elasticsearch.client import ENGINE, translated
from catalog.search.document import SearchDocument, encode_json, key_of
from catalog.search.port import SearchUnavailable
from catalog.types import JSONObject

if TYPE_CHECKING:
    from catalog.search.semantic.document_vectors import DocumentVectors

# Documents of one request.
BATCH_SIZE = 500


def write_alias(index: str) -> str:
    """Return the alias for writing: a write after the index is deleted creates no new one."""
    return f"{index}-door"


class ElasticsearchWriter:
    """Bulk writes into one index, each with its document's revision as external version."""

    def __init__(
        self,
        client: Elasticsearch,
        index: str,
        generation: str,
        vectors: DocumentVectors | None = None,
    ) -> None:
        self._client = client
        self.index = index
        self.generation = generation
        self._vectors = vectors

    def put(self, documents: Iterable[SearchDocument]) -> None:
        self._bulk(self._writes(documents))

    def _writes(self, documents: Iterable[SearchDocument]) -> Iterator[dict[str, object]]:
        """Yield the bulk action of each document, with its vector if semantic ranking is on."""
        if self._vectors is None:
            return map(_write_of, documents, repeat({}))
        return starmap(_write_of, self._vectors.attach(documents))

    def delete(self, objects: Iterable[tuple[str, str, int]]) -> None:
        self._bulk(
            {"_op_type": "delete", "_id": key_of(object_type, identity), "version": revision}
            for object_type, identity, revision in objects
        )

    def commit(self) -> None:
        with translated():
            self._client.indices.refresh(index=self.index)

    def _bulk(self, actions: Iterable[dict[str, object]]) -> None:
        """Send in chunks; a late write (409) and a deletion of a missing document are no errors."""
        target = {"_index": write_alias(self.index), "version_type": "external_gte"}
        with translated():
            for is_done, result in helpers.streaming_bulk(
                self._client,
                ({**target, **action} for action in actions),
                chunk_size=BATCH_SIZE,
                raise_on_error=False,
                max_retries=2,
                require_alias=True,
            ):
                outcome = next(iter(result.values()))
                if not is_done and outcome["status"] != 409 and "error" in outcome:
                    raise SearchUnavailable(ENGINE, f"a document was refused: {outcome['error']}")


def _write_of(document: SearchDocument, vector: JSONObject) -> dict[str, object]:
    return {
        "_op_type": "index",
        "_id": document.key,
        "version": document.revision,
        "_source": encode_json(mapping.source_of(document) | vector),
    }
