"""Pages of a tantivy result: by offset, or from a cursor, as deep as the result goes."""

from dataclasses import dataclass

from tantivy import DocAddress, Order, Query, Searcher

from catalog.search.backends.embedded.questions import Questions, narrowed
from catalog.search.fields import SORT_BY_NAME, Sort
from catalog.search.port import Cursor, SearchRequest

# A cursor's position is a hint; so many results may have come or gone before it since.
SLACK = 64
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
    searcher: Searcher, questions: Questions, query: Query, request: SearchRequest, sort: str
) -> Page:
    """The page that a request asks for."""
    if sort in SORT_BY_NAME:
        return _by_field(searcher, questions, query, request, SORT_BY_NAME[sort])
    return _by_rank(searcher, query, request)


def _by_rank(searcher: Searcher, query: Query, request: SearchRequest) -> Page:
    cursor, limit = request.cursor, request.limit
    if cursor is None:
        count, ranked = _ranked(searcher, query, request.offset + limit)
        placed = ranked[request.offset : request.offset + limit]
        return Page(count, tuple(placed), request.offset)
    depth = cursor.position + SLACK + (0 if cursor.backwards else limit)
    count, ranked = _ranked(searcher, query, depth)
    if cursor.value is None:
        start = max(0, len(ranked) - limit)
        return Page(count, tuple(ranked[start:]), start)
    place = -float(cursor.value), cursor.tie
    before = sum((-float(value), tie) < place for value, tie, _ in ranked)
    if cursor.backwards:
        start = max(0, before - limit)
        return Page(count, tuple(ranked[start:before]), start)
    after = sum((-float(value), tie) <= place for value, tie, _ in ranked)
    return Page(count, tuple(ranked[after : after + limit]), after)


def _ranked(searcher: Searcher, query: Query, depth: int) -> tuple[int, list[Placed]]:
    """At least the first `depth` results, equal ranks settled by tie; and the count of all.

    The engine breaks equal ranks by where a document happens to lie, so a group of equals is
    read to its end before it is put in order.
    """
    count = count_of(searcher, query)
    while True:
        found = searcher.search(query, depth + 1, count=False, weight_by_field="weight")
        scores = [score for score, _ in found.hits]
        is_whole = len(scores) <= depth or scores[depth] != scores[depth - 1]
        if is_whole or len(scores) >= count:
            break
        depth = max(depth * 4, 1000)
    addresses = [address for _, address in found.hits]
    ties = searcher.fast_field_values("tie", addresses)
    placed = [
        (score, int(tie or 0), address)
        for score, tie, address in zip(scores, ties, addresses, strict=True)
    ]
    return count, sorted(placed, key=_rank)


def count_of(searcher: Searcher, query: Query) -> int:
    """How many documents meet a query."""
    # The binding's annotations leave the attribute out.
    return int(searcher.search(query, 1).count or 0)  # type: ignore[attr-defined]


def _rank(placed: Placed) -> tuple[float, int]:
    return -float(placed[0]), placed[1]


def _by_field(
    searcher: Searcher, questions: Questions, query: Query, request: SearchRequest, sort: Sort
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
