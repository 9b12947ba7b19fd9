"""Pages of an Elasticsearch result: by offset, or from a cursor by search_after."""

from collections.abc import Sequence
from typing import NamedTuple

from catalog.search.fields import SORT_BY_NAME
from catalog.search.port import SearchRequest
from catalog.types import JSONObject

# The key of a hit that semantic ranking has moved up.
BOOSTED = "is_boosted"


class HitRange(NamedTuple):
    """The server's hits of a page, first to last, and how many come before them."""

    hits: Sequence[JSONObject]
    position: int


def paging(request: SearchRequest, sort: str) -> JSONObject:
    """Return what asks for the page; backwards is the same order reversed."""
    cursor = request.cursor
    is_reversed = cursor is not None and cursor.backwards
    by_field = SORT_BY_NAME.get(sort)
    if by_field:
        is_descending = by_field.descending != is_reversed
        order: list[JSONObject] = [{f"sort_{sort}": "desc" if is_descending else "asc"}]
    else:
        first, second = ("asc", "desc") if is_reversed else ("desc", "asc")
        order = [{"_score": first}, {"tie": second}]
    page = {"track_total_hits": True, "sort": order, "size": request.limit}
    if cursor is None:
        return {**page, "from": request.offset}
    if cursor.value is None:
        return page
    return {**page, "search_after": [cursor.value] if by_field else [cursor.value, cursor.tie]}


def page_of(response: JSONObject, request: SearchRequest) -> HitRange:
    hits, cursor = response["hits"]["hits"], request.cursor
    if cursor is None:
        return HitRange(hits, request.offset)
    if not cursor.backwards:
        return HitRange(hits, cursor.position)
    count = int(response["hits"]["total"]["value"])
    end = count if cursor.value is None else cursor.position
    return HitRange(hits[::-1], max(0, end - len(hits)))
