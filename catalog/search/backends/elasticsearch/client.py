"""The client's errors and its reading of answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from elasticsearch import ApiError, NotFoundError, TransportError, helpers
from elasticsearch.dsl.serializer import AttrJSONSerializer

from catalog.search.port import SearchUnavailable

ENGINE = "elasticsearch"


class Serializer(AttrJSONSerializer):
    """Parses answers with orjson: a page of hits with their texts is large."""

    def json_loads(self, data: bytes) -> Any:
        return orjson.loads(data)


@contextmanager
def translated() -> Iterator[None]:
    """Raise SearchUnavailable for the errors of the client."""
    try:
        yield
    except NotFoundError as error:
        raise SearchUnavailable(ENGINE, "there is no index of this shape; rebuild it") from error
    except (ApiError, TransportError, helpers.BulkIndexError) as error:
        raise SearchUnavailable(
            ENGINE, f"the server does not answer as it should: {error}"
        ) from error
