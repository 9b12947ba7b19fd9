"""The URL of a search, read and written: one state, one sorted list of parameters."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from catalog.cursors import decode_cursor, encode_cursor
from catalog.search.fields import (
    DEFAULT_TYPE,
    MAX_OFFSET,
    PAGE_SIZE,
    RELEVANCE,
    SORT_BY_NAME,
    FieldType,
)
from catalog.search.filters import Filter, QueryWarning, parse_filters, quote_value, resolve_field
from catalog.search.port import Cursor, SearchRequest
from catalog.search.query import parse_query

MAX_PAGE_SIZE = 100
MAX_FILTERS = 40
RESERVED_PARAMS = ("q", "sort", "page", "cursor", "limit", "verbatim")
# The filter that names the type of objects searched for.
TYPE_PARAM = "type"

_NEEDS_QUOTES = re.compile(r'[,"\\]')
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SearchState:
    """One state of a search: the request that its URL says, and what of it could not be used."""

    request: SearchRequest
    warnings: tuple[QueryWarning, ...]
    has_inline_filters: bool

    @property
    def text(self) -> str:
        return self.request.text

    @cached_property
    def filters(self) -> Pairs:
        return tuple(sorted(pair for one in self.request.filters for pair in pairs_of(one)))

    @property
    def page(self) -> int:
        return self.request.offset // self.request.limit + 1

    @property
    def is_exact(self) -> bool:
        return not self.request.is_corrected

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
    pairs = [*_filter_params(params), *parsed.filters][:MAX_FILTERS]
    filters, unusable = parse_filters(pairs, now=now)
    object_type, filters, extra_types = _take_type(filters)
    warnings = [*parsed.warnings, *unusable, *extra_types]
    sort = params.get("sort") or RELEVANCE
    if sort != RELEVANCE and sort not in SORT_BY_NAME:
        warnings.append(QueryWarning("unknown-sort", sort[:40]))
        sort = RELEVANCE
    limit = min(max(_number(params.get("limit"), PAGE_SIZE), 1), MAX_PAGE_SIZE)
    page = min(max(_number(params.get("page"), 1), 1), MAX_OFFSET // limit)
    request = SearchRequest(
        readers=(),
        type=object_type,
        query=parsed.expression,
        text=parsed.text,
        filters=filters,
        sort=sort,
        offset=(page - 1) * limit,
        limit=limit,
        is_corrected=params.get("verbatim") != "1",
    )
    state = SearchState(request, tuple(warnings), bool(parsed.filters))
    return _at_cursor(state, params.get("cursor", ""), caller)


def _filter_params(params: QueryDict) -> Iterator[tuple[str, str]]:
    for name, values in params.lists():
        resolved = resolve_field(name.removeprefix("-"))
        if name not in RESERVED_PARAMS and resolved:
            is_text = resolved[0].type is FieldType.TERMS
            for value in filter(str.strip, values):
                # A parameter is one value: commas and quotes in it are part of it.
                yield name, quote_value(value) if is_text and _NEEDS_QUOTES.search(value) else value


def _at_cursor(state: SearchState, cursor: str, caller: str) -> SearchState:
    if not cursor:
        return state
    position = decode_cursor(cursor, scope=_cursor_scope(state, caller))
    if position is None:
        return replace(state, warnings=(*state.warnings, QueryWarning("unknown-cursor", "")))
    return replace(state, request=replace(state.request, cursor=Cursor(*position), offset=0))


def _take_type(
    filters: tuple[Filter, ...],
) -> tuple[str, tuple[Filter, ...], list[QueryWarning]]:
    """Take the type out of the filters; where there are several, the first."""
    of_type = [one for one in filters if one.field == TYPE_PARAM]
    types = [value for one in of_type if not one.is_negated for value in one.values]
    warnings = [
        QueryWarning("one-type", f"{one.parameter}:{one.raw}")
        for one in of_type
        if one.is_negated or len(one.values) > 1
    ]
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
