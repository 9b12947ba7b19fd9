"""Pages of a tantivy result: by offset, or from a cursor, as deep as the result goes."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import neg

from tantivy import DocAddress, Order, Query, Searcher

from catalog.search.backends.embedded.boolean import narrowed
from catalog.search.backends.embedded.queries import QueryBuilder
from catalog.search.fields import SORT_BY_NAME, Sort
from catalog.search.port import Cursor, SearchRequest

# So many results are read beyond a page. Most groups of equals end there, and a cursor's position
# is a hint only: so many results may have come before it since.
AHEAD = 128
_HIGHEST = "g"

Placed = tuple[float | str, int, DocAddress]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: how many there are in all, and what stands on it, first to last."""

    count: int
    placed: tuple[Placed, ...]
    position: int

    def cursors(self) -> dict[str, Cursor]:
        """The ways on from this page."""
        ways = {}
        if self.placed and self.position + len(self.placed) < self.count:
            value, tie, _ = self.placed[-1]
            ways["next"] = Cursor(value, tie, self.position + len(self.placed))
            ways["last"] = Cursor(None, 0, self.count, backwards=True)
        if self.placed and self.position > 0:
            value, tie, _ = self.placed[0]
            ways["previous"] = Cursor(value, tie, self.position, backwards=True)
        return ways


def page_of(
    searcher: Searcher, questions: QueryBuilder, query: Query, request: SearchRequest, sort: str
) -> Page:
    """The page that a request asks for."""
    if sort in SORT_BY_NAME:
        return _by_field(searcher, questions, query, request, SORT_BY_NAME[sort])
    return _by_rank(searcher, query, request)


def _by_rank(searcher: Searcher, query: Query, request: SearchRequest) -> Page:
    """A page by rank, equal ranks settled by tie.

    The engine breaks equal ranks by where a document happens to lie, so whatever ranks like an
    end of the page is read with it and put in order; what lies before is only passed over.
    """
    depth = _depth(request)
    while True:
        found = searcher.search(query, depth, weight_by_field="weight")
        # The binding's annotations leave the attribute out.
        count = int(found.count or 0)  # type: ignore[attr-defined]
        scores = [float(score) for score, _ in found.hits]
        low, high = _around(scores, request)
        if high < len(scores) or len(scores) >= count:
            break
        depth = max(depth * 4, 1000)
    placed = _settled(searcher, found.hits[low:high])
    start, end = _ends(placed, request, low)
    return Page(count, tuple(placed[start:end]), low + start)


def _depth(request: SearchRequest) -> int:
    """How many results hold the page, most likely with all that ranks like its last one."""
    if request.cursor is None:
        return request.offset + request.limit + AHEAD
    return request.cursor.position + request.limit + AHEAD


def _around(scores: Sequence[float], request: SearchRequest) -> tuple[int, int]:
    """Between which places the page lies, whole groups of equals at both ends."""
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


def _settled(searcher: Searcher, hits: Sequence[tuple[float, DocAddress]]) -> list[Placed]:
    ties = searcher.fast_field_values("tie", [address for _, address in hits])
    placed = [
        (score, int(tie or 0), address) for (score, address), tie in zip(hits, ties, strict=True)
    ]
    return sorted(placed, key=_rank)


def _ends(placed: Sequence[Placed], request: SearchRequest, low: int) -> tuple[int, int]:
    """Where the page begins and ends among what was put in order, which itself begins at `low`."""
    cursor, limit = request.cursor, request.limit
    if cursor is None:
        return max(0, request.offset - low), max(0, request.offset - low) + limit
    if cursor.value is None:
        return max(0, len(placed) - limit), len(placed)
    place = -float(cursor.value), cursor.tie
    if cursor.backwards:
        end = sum(_rank(each) < place for each in placed)
        return max(0, end - limit), end
    start = sum(_rank(each) <= place for each in placed)
    return start, start + limit


def count_of(searcher: Searcher, query: Query) -> int:
    """How many documents meet a query."""
    # The binding's annotations leave the attribute out.
    return int(searcher.search(query, 1).count or 0)  # type: ignore[attr-defined]


def _rank(placed: Placed) -> tuple[float, int]:
    return -float(placed[0]), placed[1]


def _by_field(
    searcher: Searcher, questions: QueryBuilder, query: Query, request: SearchRequest, sort: Sort
) -> Page:
    """Sort keys are unique, so a page after a key is the query narrowed to the keys beyond it."""
    field, cursor, limit = f"sort_{sort.name}", request.cursor, request.limit
    is_turned = cursor is not None and cursor.backwards
    order = Order.Desc if sort.descending != is_turned else Order.Asc
    count = count_of(searcher, query)
    if cursor is not None and (key := str(cursor.value or "")).isalnum():
        beyond = ("0", key, "[}") if order is Order.Desc else (key, _HIGHEST, "{]")
        query = narrowed(query, [questions.between(field, *beyond)])
    offset = 0 if cursor else request.offset
    found = searcher.search(
        query, limit, count=False, order_by_field=field, offset=offset, order=order
    )
    placed = tuple((str(key), 0, address) for key, address in found.hits)
    if cursor is None or not is_turned:
        return Page(count, placed, cursor.position if cursor else offset)
    start = (count if cursor.value is None else cursor.position) - len(placed)
    return Page(count, placed[::-1], max(0, start))
