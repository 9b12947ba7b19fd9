"""Pages of an Elasticsearch result: by offset, or from a cursor by search_after."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from catalog.search.fields import SORT_BY_NAME
from catalog.search.port import Cursor, SearchRequest

# The key of a hit that semantic ranking has moved up.
BOOSTED = "is_boosted"


@dataclass(frozen=True, slots=True)
class Page:
    """One page: how many there are in all, and what stands on it, first to last.

    Whether it belongs to a walk by meaning, its cursors say too.
    """

    count: int
    hits: tuple[Mapping[str, Any], ...]
    position: int
    by_meaning: bool = False

    def cursors(self) -> dict[str, Cursor]:
        """The ways on from this page."""
        ways = {}
        end = self.position + len(self.hits)
        if self.hits and end < self.count:
            ways["next"] = Cursor(*_place(self.hits[-1]), end)
            ways["last"] = Cursor(None, 0, self.count, backwards=True)
        if self.hits and self.position > 0:
            ways["previous"] = Cursor(*_place(self.hits[0]), self.position, backwards=True)
        return {way: replace(at, by_meaning=self.by_meaning) for way, at in ways.items()}


def _place(hit: Mapping[str, Any]) -> tuple[str | float, int]:
    value, *tie = hit["sort"]
    return value, int(tie[0]) if tie else 0


def paged(request: SearchRequest, sort: str) -> dict[str, Any]:
    """What asks for the page; backwards is the same order turned round."""
    cursor = request.cursor
    page = {"track_total_hits": True, "sort": _order(sort, cursor), "size": request.limit}
    if cursor is None:
        return {**page, "from": request.offset}
    if cursor.value is None:
        return page
    place = [cursor.value] if sort in SORT_BY_NAME else [cursor.value, cursor.tie]
    return {**page, "search_after": place}


def _order(sort: str, cursor: Cursor | None) -> list[Any]:
    is_turned = cursor is not None and cursor.backwards
    if sort in SORT_BY_NAME:
        is_descending = SORT_BY_NAME[sort].descending != is_turned
        return [{f"sort_{sort}": "desc" if is_descending else "asc"}]
    first, second = ("asc", "desc") if is_turned else ("desc", "asc")
    return [{"_score": first}, {"tie": second}]


def count_of(response: Mapping[str, Any]) -> int:
    """How many documents were found in all."""
    return int(response["hits"]["total"]["value"])


def turned(response: Mapping[str, Any], request: SearchRequest) -> Page:
    """The page in its right order, with its place in the whole."""
    hits, cursor, count = tuple(response["hits"]["hits"]), request.cursor, count_of(response)
    if cursor is None:
        return Page(count, hits, request.offset)
    if not cursor.backwards:
        return Page(count, hits, cursor.position)
    start = (count if cursor.value is None else cursor.position) - len(hits)
    return Page(count, hits[::-1], max(0, start))
