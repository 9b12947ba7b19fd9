"""One caller's questions to the server, within one deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError, helpers
from elasticsearch.dsl import Search
from elasticsearch.dsl.query import Query
from elasticsearch.dsl.response import Response
from elasticsearch.dsl.serializer import AttrJSONSerializer

from catalog.search.port import SearchUnavailable

if TYPE_CHECKING:
    from catalog.search.semantic import SemanticRanking

ENGINE = "elasticsearch"


class Serializer(AttrJSONSerializer):
    """Reads answers quickly; a page of hits with their texts is a large one."""

    def json_loads(self, data: bytes) -> Any:
        return orjson.loads(data)


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Where to ask, what the caller may read, and until which monotonic moment."""

    client: Elasticsearch
    index: str
    readable: Query
    deadline: float
    semantic: SemanticRanking | None = None

    @property
    def search(self) -> Search[Any]:
        """A search of everything, to be narrowed."""
        return Search(using=self.client, index=self.index)

    def ask(self, body: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """Ask one thing within what is left of the deadline; half an answer is none."""
        tenths = self._tenths_left()
        answer: dict[str, Any] = (
            _patient(self.client, tenths)
            .search(
                index=self.index,
                allow_partial_search_results=False,
                body={**body, "timeout": f"{tenths * 100}ms"},
                **options,
            )
            .body
        )
        return answer

    def _tenths_left(self) -> int:
        tenths = int((self.deadline - time.monotonic()) * 10)
        if tenths <= 0:
            raise SearchUnavailable(ENGINE, "it did not answer within the deadline")
        return tenths

    def run(self, search: Search[Any]) -> Response[Any]:
        """Ask what a search says, and read the answer as objects."""
        return Response(search, self.ask(search.to_dict()))

    def counts(self, queries: Mapping[str, Query]) -> dict[str, int]:
        """How many readable documents meet each query, in one request."""
        if not queries:
            return {}
        filters = {name: {"filter": query.to_dict()} for name, query in queries.items()}
        found = self.ask({"size": 0, "query": self.readable.to_dict(), "aggs": filters})
        return {name: int(found["aggregations"][name]["doc_count"]) for name in queries}

    def met(self, queries: Mapping[str, Query]) -> frozenset[str]:
        """The names of the queries that some readable document meets, in one request.

        The server stops at the first document, so this is quicker than to count.
        """
        if not queries:
            return frozenset()
        tenths = self._tenths_left()
        header = {"index": self.index, "allow_partial_search_results": False}
        lines: list[dict[str, Any]] = []
        for query in queries.values():
            narrowed = {"bool": {"filter": [self.readable.to_dict(), query.to_dict()]}}
            one = {"query": narrowed, "size": 0, "terminate_after": 1, "track_total_hits": True}
            lines += [header, {**one, "timeout": f"{tenths * 100}ms"}]
        answers = _patient(self.client, tenths).msearch(searches=lines).body["responses"]
        if wrong := next((each["error"] for each in answers if "error" in each), None):
            raise SearchUnavailable(ENGINE, f"the server does not answer as it should: {wrong}")
        return frozenset(
            name
            for name, found in zip(queries, answers, strict=True)
            if found["hits"]["total"]["value"]
        )


@lru_cache(256)
def _patient(client: Elasticsearch, tenths: int) -> Elasticsearch:
    """The client with so much time, in tenths of a second: made anew it costs as much as asking."""
    return client.options(request_timeout=tenths / 10)


@contextmanager
def translated() -> Iterator[None]:
    """The engine's own errors in the port's words."""
    try:
        yield
    except NotFoundError as error:
        raise SearchUnavailable(ENGINE, "there is no index of this shape; rebuild it") from error
    except (ApiError, TransportError, helpers.BulkIndexError) as error:
        raise SearchUnavailable(
            ENGINE, f"the server does not answer as it should: {error}"
        ) from error
