"""The URL of a search, read and written: one state, one sorted list of parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from catalog.cursors import decode_cursor, encode_cursor
from catalog.search.fields import DEFAULT_TYPE, MAX_OFFSET, PAGE_SIZE, RELEVANCE, SORT_BY_NAME
from catalog.search.filters import Filter, QueryWarning, parse_filters, resolve_field
from catalog.search.port import Cursor, SearchRequest
from catalog.search.query import parse_query

MAX_PAGE_SIZE = 100
MAX_FILTERS = 40
RESERVED_PARAMS = ("q", "sort", "page", "cursor", "limit", "verbatim")
# The filter that names the type of objects searched for.
TYPE_PARAM = "type"

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SearchState:
    """One state of a search: what its URL says, and the request that follows from it."""

    text: str
    filters: Pairs
    request: SearchRequest
    warnings: tuple[QueryWarning, ...]
    page: int = 1
    is_exact: bool = False
    has_inline_filters: bool = False

    @property
    def sort(self) -> str:
        return self.request.sort

    @property
    def type(self) -> str:
        return self.request.type

    def address(self, filters: Iterable[tuple[str, str]] | None = None, **changes: str) -> str:
        """Return the sorted parameters of this state with some changed; '' for none."""
        params = {
            "q": self.text,
            "sort": "" if self.sort == RELEVANCE else self.sort,
            "verbatim": "1" if self.is_exact else "",
            TYPE_PARAM: "" if self.type == DEFAULT_TYPE else self.type,
            **changes,
        }
        pairs = list(self.filters if filters is None else filters)
        return urlencode(sorted([*pairs, *((name, v) for name, v in params.items() if v)]))


def parse_search_url(params: QueryDict, *, caller: str) -> SearchState:
    """Parse a URL; whatever cannot be used becomes a warning, nothing an error."""
    now = timezone.now()
    parsed = parse_query(params.get("q", ""), now=now)
    pairs = [
        # A parameter is one value: a comma in it is part of it.
        (name, f'"{value}"' if "," in value and '"' not in value else value)
        for name, values in params.lists()
        if name not in RESERVED_PARAMS and resolve_field(name.removeprefix("-"))
        for value in values
        if value.strip()
    ]
    filters, unusable = parse_filters([*pairs, *parsed.filters][:MAX_FILTERS], now=now)
    object_type, filters, extra_types = _take_type(filters)
    warnings = (*parsed.warnings, *unusable, *extra_types)
    sort = params.get("sort") or RELEVANCE
    if sort != RELEVANCE and sort not in SORT_BY_NAME:
        warnings, sort = (*warnings, QueryWarning("unknown-sort", sort[:40])), RELEVANCE
    limit = min(max(_number(params.get("limit"), PAGE_SIZE), 1), MAX_PAGE_SIZE)
    page = min(max(_number(params.get("page"), 1), 1), MAX_OFFSET // limit)
    is_exact = params.get("verbatim") == "1"
    request = SearchRequest(
        readers=(),
        type=object_type,
        query=parsed.expression,
        text=parsed.text,
        filters=filters,
        sort=sort,
        offset=(page - 1) * limit,
        limit=limit,
        is_corrected=not is_exact,
    )
    state = SearchState(
        text=parsed.text,
        filters=tuple(sorted(pair for one in filters for pair in pairs_of(one))),
        request=request,
        warnings=warnings,
        page=page,
        is_exact=is_exact,
        has_inline_filters=bool(parsed.filters),
    )
    written = params.get("cursor", "")
    if not written:
        return state
    place = decode_cursor(written, scope=_cursor_scope(state, caller))
    if place is None:
        return replace(state, warnings=(*warnings, QueryWarning("unknown-cursor", "")))
    return replace(state, request=replace(request, cursor=Cursor(*place), offset=0))


def _take_type(
    filters: tuple[Filter, ...],
) -> tuple[str, tuple[Filter, ...], tuple[QueryWarning, ...]]:
    """Take the type out of the filters; where several are named, the first."""
    named = [one for one in filters if one.field == TYPE_PARAM]
    types = [value for one in named if not one.is_negated for value in one.values]
    warnings = tuple(
        QueryWarning("one-type", f"{one.parameter}:{one.raw}")
        for one in named
        if one.is_negated or len(one.values) > 1
    )
    rest = tuple(one for one in filters if one.field != TYPE_PARAM)
    return (types or [DEFAULT_TYPE])[0], rest, warnings


def pairs_of(one: Filter) -> Pairs:
    """Return the parameters of a filter, one for each value."""
    return tuple((one.parameter, value) for value in one.values or (one.raw,))


def _number(text: str | None, default: int) -> int:
    is_number = text is not None and text.isascii() and text.isdigit() and len(text) < 7
    return int(text) if text is not None and is_number else default


def write_cursor(cursor: Cursor, state: SearchState, *, caller: str) -> str:
    """Return a cursor as one parameter; it is valid for this caller and this search alone."""
    return encode_cursor(astuple(cursor), scope=_cursor_scope(state, caller))


def _cursor_scope(state: SearchState, caller: str) -> str:
    """Name the caller and the search, however its URL was written."""
    return f"{caller}:{state.address()}"
