"""Results for programs: one shape for the JSON twin and the API, and the whole list as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from catalog.authorization.access import access_for
from catalog.search.filters import QueryWarning
from catalog.search.port import Facet, Hit, SearchUnavailable
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services import SearchResults, search_catalog
from catalog.search.url_state import MAX_PAGE_SIZE, SearchState, parse_search_url, write_cursor
from catalog.web.csv_lines import csv_response
from catalog.web.search import result_labels
from catalog.web.search.result_page import caller_of


def away_problem(away: SearchUnavailable) -> JsonResponse:
    """Say that the engine is away, as a problem."""
    body = {
        "type": "about:blank",
        "title": "Search is away for the moment.",
        "status": 503,
        "detail": f"The engine {away.engine} does not answer; the catalog itself works.",
    }
    content_type = "application/problem+json"
    return JsonResponse(body, status=503, content_type=content_type, headers={"Retry-After": "5"})


def answer_of(request: HttpRequest) -> dict[str, Any]:
    """Return a search's answer for a program. Raises SearchUnavailable."""
    asked = parse_search_url(request.GET, caller=caller_of(request))
    reader = access_for(request.user)
    found = search_catalog(visitor=reader, request=asked.request)
    answer, object_type = found.answer, asked.type
    annotations = RESULT_TYPES[object_type].annotate(reader, [row for _, row in found.hits])
    labels, phrases = result_labels.labels_of(answer.facets), result_labels.phrases(object_type)
    return {
        "type": object_type,
        "count": answer.count,
        "results": [_result(hit, row, annotations.get(row.pk), phrases) for hit, row in found.hits],
        "facets": {facet.name: _values(facet, labels) for facet in answer.facets},
        "corrections": [
            {"typed": c.original, "searched": c.replacement} for c in answer.corrections
        ],
        "also_searched": [{"typed": e.typed, "others": list(e.others)} for e in found.expansions],
        "warnings": [_warning(doubt) for doubt in asked.warnings],
        "sort": asked.sort,
        **_ways(request, asked, found),
    }


def _result(hit: Hit, row: Any, annotation: Any, phrases: result_labels.Phrases) -> dict[str, Any]:
    """Return one result, and why it was found."""
    return {
        **RESULT_TYPES[hit.type].to_json(row, annotation),
        "type": hit.type,
        "reasons": [phrases.reason(reason) for reason in hit.reasons],
        "lacks": list(hit.missing_terms),
        "highlights": dict(hit.highlights),
    }


def _values(facet: Facet, labels: Any) -> list[dict[str, Any]]:
    return [
        {
            "value": value.value,
            "label": result_labels.label_of(labels, facet.name, value.value),
            "count": value.count,
            "is_chosen": value.is_chosen,
        }
        for value in facet.values
    ]


def _warning(doubt: QueryWarning) -> dict[str, str]:
    message = result_labels.doubt_sentence(doubt)
    return {"code": doubt.code, "typed": doubt.typed, "offer": doubt.offer, "message": message}


def _ways(request: HttpRequest, asked: SearchState, found: SearchResults) -> dict[str, str | None]:
    """Return the addresses of the pages beside this one, by cursor."""
    limit = request.GET.get("limit", "")
    answer, caller = found.answer, caller_of(request)
    ways = {"next": answer.next, "previous": answer.previous, "last": answer.last}
    addresses: dict[str, str | None] = dict.fromkeys(ways)
    for name, way in ways.items():
        if way is not None:
            cursor = write_cursor(way, asked, caller=caller)
            addresses[name] = f"{request.path}?{asked.address(cursor=cursor, limit=limit)}"
    return addresses


@require_safe
def search_results_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Give the whole result as CSV, however long it is, by the same rules."""
    asked = parse_search_url(request.GET, caller=caller_of(request))
    try:
        first = search_catalog(visitor=request.user, request=_plain(asked))
    except SearchUnavailable as away:
        return away_problem(away)
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
