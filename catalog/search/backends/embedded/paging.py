"""Pages of a tantivy result: by offset, or from a cursor, as deep as the result goes."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import neg
from typing import NamedTuple

from tantivy import DocAddress, Order, Query, Searcher

from catalog.search.backends.embedded.queries import TantivyQueries, count_of
from catalog.search.fields import Sort
from catalog.search.port import SearchRequest

# This number of results is read beyond a page. Most groups of equal ranks end there, and a cursor's
# position is a hint only: as many results may have been added before it since.
READ_AHEAD = 128
_HIGHEST_KEY = "g"


class HitPosition(NamedTuple):
    """Where a hit is in the order, and where in the index."""

    value: float | str
    tie: int
    address: DocAddress

    @property
    def rank(self) -> tuple[float, int]:
        return -float(self.value), self.tie


class HitRange(NamedTuple):
    """The hits of a page, first to last; how many there are in all, and before them."""

    total: int
    hits: Sequence[HitPosition]
    position: int


def page_by_rank(searcher: Searcher, query: Query, request: SearchRequest) -> HitRange:
    """Return a page by rank, equal ranks ordered by tie.

    The engine orders equal ranks by where a document happens to be, so whatever ranks like an end
    of the page is read with it and sorted; what comes before is only skipped.
    """
    cursor, limit = request.cursor, request.limit
    depth = (cursor.position if cursor else request.offset) + limit + READ_AHEAD
    while True:
        result = searcher.search(query, depth, weight_by_field="weight")
        # The binding's annotations leave the attribute out.
        count = int(result.count or 0)  # type: ignore[attr-defined]
        scores = [float(score) for score, _ in result.hits]
        low, high = _whole_groups(scores, request)
        if high < len(scores) or len(scores) >= count:
            break
        depth = max(depth * 4, 1000)
    selected = result.hits[low:high]
    ties = searcher.fast_field_values("tie", [address for _, address in selected])
    hits = sorted(
        (
            HitPosition(score, int(tie or 0), address)
            for (score, address), tie in zip(selected, ties, strict=True)
        ),
        key=lambda hit: hit.rank,
    )
    start = max(0, _start(hits, request, low))
    end = _end(hits, request, start)
    return HitRange(count, hits[start:end], low + start)


def _whole_groups(scores: Sequence[float], request: SearchRequest) -> tuple[int, int]:
    """Return between which positions the page is, with all equal ranks at both ends."""
    cursor, limit, n = request.cursor, request.limit, len(scores)
    if cursor is None:
        low, high = request.offset, request.offset + limit
    elif cursor.value is None:
        low, high = n - limit, n
    else:
        first = bisect_left(scores, -float(cursor.value), key=neg)
        last = bisect_right(scores, -float(cursor.value), key=neg)
        low, high = (first - limit, last) if cursor.backwards else (first, last + limit)
    low, high = min(max(low, 0), n), min(high, n)
    while 0 < low < n and scores[low - 1] == scores[low]:
        low -= 1
    while 0 < high < n and scores[high - 1] == scores[high]:
        high += 1
    return low, high


def _start(hits: Sequence[HitPosition], request: SearchRequest, low: int) -> int:
    """Return where the page begins among sorted hits, of which the first is at `low`."""
    cursor, limit = request.cursor, request.limit
    if cursor is None:
        return request.offset - low
    if cursor.value is None:
        return len(hits) - limit
    place = -float(cursor.value), cursor.tie
    if cursor.backwards:
        return sum(hit.rank < place for hit in hits) - limit
    return sum(hit.rank <= place for hit in hits)


def _end(hits: Sequence[HitPosition], request: SearchRequest, start: int) -> int:
    """Return where the page ends; backwards before the cursor's own hit, however few are left."""
    cursor = request.cursor
    if cursor is not None and cursor.backwards and cursor.value is not None:
        place = -float(cursor.value), cursor.tie
        return sum(hit.rank < place for hit in hits)
    return start + request.limit


def page_by_field(
    searcher: Searcher, builder: TantivyQueries, query: Query, request: SearchRequest, sort: Sort
) -> HitRange:
    """Sort keys are unique, so a page after a key is the query narrowed to the keys beyond it."""
    attribute, cursor, limit = f"sort_{sort.name}", request.cursor, request.limit
    is_reversed = cursor is not None and cursor.backwards
    order = Order.Desc if sort.descending != is_reversed else Order.Asc
    count = count_of(searcher, query)
    if cursor is not None and (key := str(cursor.value or "")).isalnum():
        beyond = ("0", key, "[}") if order is Order.Desc else (key, _HIGHEST_KEY, "{]")
        query = builder.filtered(query, [builder.between(attribute, *beyond)])
    offset = 0 if cursor else request.offset
    result = searcher.search(
        query, limit, count=False, order_by_field=attribute, offset=offset, order=order
    )
    hits = [HitPosition(str(key), 0, address) for key, address in result.hits]
    if cursor is None or not is_reversed:
        return HitRange(count, hits, cursor.position if cursor else offset)
    end = count if cursor.value is None else cursor.position
    return HitRange(count, hits[::-1], max(0, end - len(hits)))
