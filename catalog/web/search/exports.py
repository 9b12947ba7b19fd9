"""The whole result of a search as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from catalog.problems import RETRY_SECONDS, problem_response
from catalog.search.port import SearchUnavailable
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services import SearchResults, search_catalog
from catalog.search.url_state import MAX_PAGE_SIZE, SearchState, parse_search_url
from catalog.web.csv_lines import csv_response
from catalog.web.search.result_page import caller_of


def search_unavailable(request: HttpRequest, error: SearchUnavailable) -> JsonResponse:
    detail = f"Search is temporarily unavailable: {error.engine} does not answer."
    response = problem_response("unavailable", path=request.path, detail=detail)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


@require_safe
def search_results_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Stream every result, page by page, each as the reader may see it."""
    asked = parse_search_url(request.GET, caller=caller_of(request))
    try:
        first = search_catalog(visitor=request.user, request=_plain(asked))
    except SearchUnavailable as error:
        return search_unavailable(request, error)
    columns = RESULT_TYPES[asked.type].csv_columns
    return csv_response(f"{asked.type}s.csv", columns, _rows(request, asked, first))


def _plain(asked: SearchState) -> Any:
    return replace(
        asked.request, limit=MAX_PAGE_SIZE, offset=0, cursor=None, has_facets=False,
        has_highlights=False,
    )  # fmt: skip


def _rows(
    request: HttpRequest, asked: SearchState, found: SearchResults
) -> Iterator[Sequence[str]]:
    to_csv = RESULT_TYPES[asked.type].to_csv
    while True:
        yield from (to_csv(row) for _hit, row in found.hits)
        if found.answer.next is None:
            return
        following = replace(_plain(asked), cursor=found.answer.next)
        found = search_catalog(visitor=request.user, request=following)
