"""The engine for scale: Elasticsearch 8, an alias of our own over generations of one index."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError, helpers
from elasticsearch.dsl import Search, connections

from catalog.search.backends.elasticsearch import layout
from catalog.search.backends.elasticsearch.answering import (
    Asking,
    answer,
    suggestions,
    values_of,
)
from catalog.search.backends.elasticsearch.questions import readable
from catalog.search.fields import BY_NAME
from catalog.search.port import (
    Entry,
    FacetValue,
    SearchAnswer,
    SearchDocument,
    SearchRequest,
    SearchUnavailable,
    SuggestAnswer,
    key_of,
)
from catalog.search.spelling import fold

ENGINE = "elasticsearch"
PATIENCE = 10.0
Readers = tuple[str, ...] | None


class ElasticsearchBackend:
    """Search on a server; the port says what each method promises."""

    name = ENGINE

    def __init__(self, url: str, prefix: str = "assay-search") -> None:
        self._client: Elasticsearch = connections.create_connection(
            alias=f"{prefix} {url}", hosts=[url], request_timeout=PATIENCE, max_retries=1
        )
        self._prefix = prefix
        # Each shape of the index answers under an alias of its own, so two versions of the
        # product can run beside each other, and a roll-back finds its index in place.
        self._alias = f"{prefix}-{layout.fingerprint()}"

    def fingerprint(self) -> str:
        return layout.fingerprint()

    def is_ready(self) -> bool:
        try:
            with _translated():
                return bool(self._client.indices.exists_alias(name=self._alias))
        except SearchUnavailable:
            return False

    def search(self, request: SearchRequest) -> SearchAnswer:
        with _translated():
            return answer(self._asking(request.readers), request)

    def suggest(self, typed: str, readers: Readers, limit: int) -> SuggestAnswer:
        with _translated():
            return suggestions(self._asking(readers), typed, limit)

    def values(
        self, field: str, prefix: str, readers: Readers, limit: int
    ) -> tuple[FacetValue, ...]:
        with _translated():
            return values_of(self._asking(readers), BY_NAME[field].attribute, fold(prefix), limit)

    def ledger(self) -> Iterator[Entry]:
        return self._ledger(self._alias)

    @contextmanager
    def writing(self) -> Iterator["Session"]:
        if not self.is_ready():
            raise SearchUnavailable(ENGINE, "there is no index yet")
        yield Session(self._client, self._alias)

    @contextmanager
    def rebuilding(self) -> Iterator["ElasticsearchRebuild"]:
        index = f"{self._alias}-{time.time_ns()}"
        with _translated():
            self._client.indices.create(
                index=index, mappings=layout.mapping(), settings=layout.SETTINGS
            )
        rebuild = ElasticsearchRebuild(self, Session(self._client, index), index)
        try:
            yield rebuild
        finally:
            if not rebuild.is_live:
                self._client.options(ignore_status=404).indices.delete(index=index)

    def drop(self) -> None:
        """Remove every index under this prefix."""
        for name in self._client.indices.get(index=f"{self._prefix}-*", features="aliases").body:
            self._client.options(ignore_status=404).indices.delete(index=name)

    def _asking(self, readers: Readers) -> Asking:
        return Asking(Search(using=self._client, index=self._alias), readable(readers))

    def _ledger(self, index: str) -> Iterator[Entry]:
        """Read by a point in time, so that writes meanwhile neither add nor hide a line."""
        search = Search(using=self._client, index=index).source(
            ["key", "revision", "readers", "digest"]
        )
        with _translated():
            for hit in search.extra(size=2000).iterate(keep_alive="2m"):
                kind, _, identity = hit.key.partition(":")
                readers = tuple(sorted(hit.readers)) if "readers" in hit else ()
                yield Entry(kind, identity, hit.revision, readers, hit.digest)

    def _swap(self, index: str) -> None:
        """Let a new index answer; the one before stays for a roll-back, older ones go."""
        client = self._client.options(ignore_status=404)
        before = set(client.indices.get_alias(name=self._alias).body) - {"error", "status"}
        actions = [{"remove": {"index": name, "alias": self._alias}} for name in before]
        actions.append({"add": {"index": index, "alias": self._alias}})
        self._client.indices.update_aliases(actions=actions)
        self._clear(kept={index, *before})

    def _clear(self, kept: set[str]) -> None:
        """Remove generations that nobody needs, half-built ones too.

        Of another shape the newest one stays, for the version of the product that reads it.
        """
        held = set(self._client.indices.get(index=f"{self._prefix}-*", features="aliases").body)
        others = sorted(name for name in held if not name.startswith(f"{self._alias}-"))
        for name in held - kept - set(sorted(others, key=_made_at)[-1:]):
            self._client.options(ignore_status=404).indices.delete(index=name)


def _made_at(index: str) -> str:
    return index.rpartition("-")[2]


class Session:
    """Bulk writes into one index, each with its document's revision as external version."""

    def __init__(self, client: Elasticsearch, index: str) -> None:
        self._client = client
        self._index = index

    def put(self, documents: Iterable[SearchDocument]) -> None:
        self._bulk(
            {
                "_op_type": "index",
                "_id": d.key,
                "version": d.revision,
                "_source": layout.source_of(d),
            }
            for d in documents
        )

    def delete(self, things: Iterable[tuple[str, str, int]]) -> None:
        self._bulk(
            {"_op_type": "delete", "_id": key_of(kind, identity), "version": revision}
            for kind, identity, revision in things
        )

    def commit(self) -> None:
        with _translated():
            self._client.indices.refresh(index=self._index)

    def _bulk(self, actions: Iterable[dict[str, object]]) -> None:
        """Send in chunks. 409 is a late write, which loses; 404 a thing that is gone already."""
        versioned = (
            {"_index": self._index, "version_type": "external_gte", **action} for action in actions
        )
        with _translated():
            for is_done, result in helpers.streaming_bulk(
                self._client, versioned, chunk_size=500, raise_on_error=False, max_retries=2
            ):
                outcome = next(iter(result.values()))
                if not is_done and outcome["status"] not in (404, 409):
                    raise SearchUnavailable(ENGINE, f"a document was refused: {outcome['error']}")


class ElasticsearchRebuild(Session):
    """An index being built beside the one that answers."""

    def __init__(self, backend: ElasticsearchBackend, session: Session, index: str) -> None:
        super().__init__(backend._client, index)
        self._backend = backend
        self.is_live = False

    def ledger(self) -> Iterator[Entry]:
        return self._backend._ledger(self._index)

    @contextmanager
    def swapping(self) -> Iterator[Session]:
        yield self
        self.commit()
        with _translated():
            self._backend._swap(self._index)
        self.is_live = True


@contextmanager
def _translated() -> Iterator[None]:
    """The engine's own errors in the port's words."""
    try:
        yield
    except NotFoundError as error:
        raise SearchUnavailable(ENGINE, "there is no index of this shape; rebuild it") from error
    except (ApiError, TransportError, helpers.BulkIndexError) as error:
        raise SearchUnavailable(
            ENGINE, f"the server does not answer as it should: {error}"
        ) from error
