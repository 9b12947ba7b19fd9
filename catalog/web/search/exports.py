"""The whole result of a search as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from catalog.authorization.access import Principal
from catalog.problems import RETRY_SECONDS, problem_response
from catalog.search.port import SearchRequest, SearchUnavailable
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services.search import SearchResults, search_catalog
from catalog.search.url_state import MAX_PAGE_SIZE, parse_search_url
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
    state = parse_search_url(request.GET, caller=caller_of(request))
    try:
        first = replace(state.request.first_page(), limit=MAX_PAGE_SIZE)
        results = search_catalog(visitor=request.user, request=first)
    except SearchUnavailable as error:
        return search_unavailable(request, error)
    result_type = RESULT_TYPES[state.type]
    rows = (result_type.to_csv(row) for row in _rows(request.user, first, results))
    return csv_response(f"{state.type}s.csv", result_type.csv_columns, rows)


def _rows(visitor: Principal, request: SearchRequest, results: SearchResults) -> Iterator[Any]:
    """Yield the rows of a page of results and of all pages after it."""
    while True:
        yield from (row for _hit, row in results.hits)
        if results.answer.next is None:
            return
        following = replace(request, cursor=results.answer.next)
        results = search_catalog(visitor=visitor, request=following)
