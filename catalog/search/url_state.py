"""The address of a search, read and written: one state, one sorted list of parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from catalog.search.cursors import decode_cursor, encode_cursor
from catalog.search.fields import (
    DEFAULT_TYPE,
    MAX_OFFSET,
    PAGE_SIZE,
    RELEVANCE,
    SORT_BY_NAME,
)
from catalog.search.filters import Filter, QueryWarning, parse_filters, resolve_field
from catalog.search.port import Cursor, SearchRequest
from catalog.search.query import parse_query

LARGEST_PAGE = 100
MOST_FILTERS = 40
RESERVED_PARAMS = ("q", "sort", "page", "cursor", "limit", "verbatim")
# The filter that names the type of things looked for.
TYPE_PARAM = "type"

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SearchState:
    """One state of a search: what its address says, and the request that follows from it."""

    text: str
    filters: Pairs
    request: SearchRequest
    doubts: tuple[QueryWarning, ...]
    page: int = 1
    is_exact: bool = False
    has_inline_filters: bool = False

    @property
    def sort(self) -> str:
        """Return the order asked for."""
        return self.request.sort

    @property
    def type(self) -> str:
        """Return the type of things asked for."""
        return self.request.type

    def address(self, filters: Iterable[tuple[str, str]] | None = None, **changes: str) -> str:
        """Return the sorted parameters of this state with some changed; '' for none."""
        own = {"q": self.text, "sort": "" if self.sort == RELEVANCE else self.sort}
        own |= {"verbatim": "1" if self.is_exact else ""}
        own |= {TYPE_PARAM: "" if self.type == DEFAULT_TYPE else self.type} | changes
        pairs = list(self.filters if filters is None else filters)
        pairs += [(name, value) for name, value in own.items() if value]
        return urlencode(sorted(pairs))


def parse_search_url(params: QueryDict, *, caller: str) -> SearchState:
    """Understand an address; whatever cannot be used becomes a doubt, nothing an error."""
    now = timezone.now()
    read = parse_query(params.get("q", ""), now=now)
    typed = [(name, value) for name, value in read.filters]
    given = [
        # A parameter is one value: a comma in it is part of it.
        (name, f'"{value}"' if "," in value and '"' not in value else value)
        for name, values in params.lists()
        if name not in RESERVED_PARAMS and resolve_field(name.removeprefix("-"))
        for value in values
        if value.strip()
    ]
    conditions, doubts = parse_filters([*given, *typed][:MOST_FILTERS], now=now)
    object_type, conditions, strange = _type(conditions)
    sort, doubts = _sort(params, (*read.warnings, *doubts, *strange))
    limit = min(max(_whole(params.get("limit"), PAGE_SIZE), 1), LARGEST_PAGE)
    page = min(max(_whole(params.get("page"), 1), 1), MAX_OFFSET // limit)
    is_exact = params.get("verbatim") == "1"
    request = SearchRequest(
        readers=(),
        type=object_type,
        query=read.expression,
        text=read.text,
        filters=conditions,
        sort=sort,
        offset=(page - 1) * limit,
        limit=limit,
        is_corrected=not is_exact,
    )
    asked = SearchState(
        text=read.text,
        filters=tuple(sorted(pair for c in conditions for pair in pairs_of(c))),
        request=request,
        doubts=doubts,
        page=page,
        is_exact=is_exact,
        has_inline_filters=bool(typed),
    )
    return _placed(asked, params.get("cursor", ""), caller)


def _type(
    conditions: tuple[Filter, ...],
) -> tuple[str, tuple[Filter, ...], tuple[QueryWarning, ...]]:
    """Take the type out of the filters: a search is of one; where several are named, the first."""
    named = [condition for condition in conditions if condition.field == TYPE_PARAM]
    wanted = [value for each in named if not each.is_negated for value in each.values]
    doubts = tuple(
        QueryWarning("one-type", f"{each.parameter}:{each.raw}")
        for each in named
        if each.is_negated or len(each.values) > 1
    )
    rest = tuple(condition for condition in conditions if condition.field != TYPE_PARAM)
    return (wanted or [DEFAULT_TYPE])[0], rest, doubts


def pairs_of(condition: Filter) -> Pairs:
    """Return the parameters that say a condition, one for each value."""
    values = condition.values or (condition.raw,)
    return tuple((condition.parameter, value) for value in values)


def _sort(
    params: QueryDict, doubts: tuple[QueryWarning, ...]
) -> tuple[str, tuple[QueryWarning, ...]]:
    sort = params.get("sort") or RELEVANCE
    if sort == RELEVANCE or sort in SORT_BY_NAME:
        return sort, doubts
    return RELEVANCE, (*doubts, QueryWarning("unknown-sort", sort[:40]))


def _whole(text: str | None, default: int) -> int:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < 7
    return int(text) if text is not None and is_number else default


def _placed(asked: SearchState, written: str, caller: str) -> SearchState:
    """Return the state with the place that a cursor names, if it belongs to this search."""
    if not written:
        return asked
    cursor = decode_cursor(written, bound_to=_bound_to(asked, caller))
    if cursor is None:
        return replace(asked, doubts=(*asked.doubts, QueryWarning("unknown-cursor", "")))
    return replace(asked, request=replace(asked.request, cursor=cursor, offset=0))


def write_cursor(cursor: Cursor, asked: SearchState, *, caller: str) -> str:
    """Return a cursor as one parameter; it holds for this caller and this search alone."""
    return encode_cursor(cursor, bound_to=_bound_to(asked, caller))


def _bound_to(asked: SearchState, caller: str) -> str:
    """Return the caller and the search, however its address was written."""
    return f"{caller}:{asked.address()}"
