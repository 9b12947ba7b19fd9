"""The JSON of a search: results, facets, corrections, warnings and links to other pages."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from django.http import HttpRequest

from catalog.authorization.access import AccessContext, access_for
from catalog.products.models import PRODUCT
from catalog.search.filters import QueryWarning
from catalog.search.port import Facet
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services.search import SearchResults, search_catalog
from catalog.search.url_state import SearchState, parse_search_url, write_cursor
from catalog.types import JSONObject
from catalog.web.search import result_labels
from catalog.web.search.bias_reasons import bias_reasons
from catalog.web.search.result_page import caller_of, is_past_end, last_page


def search_answer(request: HttpRequest) -> JSONObject:
    """Run the search of a URL as its caller. Raises SearchUnavailable."""
    state = parse_search_url(request.GET, caller=caller_of(request))
    access = access_for(request.user)
    results = search_catalog(visitor=access, request=state.request)
    answer = results.answer
    return {
        "type": state.type,
        "count": answer.count,
        "results": list(_results(state.type, access, results)),
        "facets": _facets(answer.facets),
        "corrections": [
            {"typed": c.original, "searched": c.replacement} for c in answer.corrections
        ],
        "also_searched": [asdict(expansion) for expansion in results.expansions],
        "warnings": [
            {**asdict(warning), "message": result_labels.warning_text(warning)}
            for warning in _warnings(state, results)
        ],
        "sort": state.sort,
        **_page_urls(request, state, results),
    }


def _warnings(state: SearchState, results: SearchResults) -> Iterator[QueryWarning]:
    yield from (*state.warnings, *results.warnings)
    if is_past_end(state, results):
        last = last_page(state, results).page
        yield QueryWarning("past-end", f"page={state.page}", f"page={last}")


def _results(name: str, access: AccessContext, results: SearchResults) -> Iterator[JSONObject]:
    """Yield what each result shows, and the reasons for it."""
    result_type = RESULT_TYPES[name]
    annotations = result_type.annotate(access, [row for _, row in results.hits])
    for hit, row in results.hits:
        annotation, reasons = annotations.get(row.pk), hit.reasons
        if name == PRODUCT:
            reasons += bias_reasons(annotation, results.request)
        yield {
            **result_type.to_json(row, annotation),
            "type": hit.type,
            "reasons": [result_labels.reason_text(hit.type, reason) for reason in reasons],
            "lacks": list(hit.missing_terms),
            "highlights": dict(hit.highlights),
        }


def _facets(facets: Sequence[Facet]) -> dict[str, list[JSONObject]]:
    labels = result_labels.labels_of(facets)
    return {
        facet.name: [
            {
                "value": value.value,
                "label": result_labels.label_of(labels, facet.name, value.value),
                "count": value.count,
                "is_chosen": value.is_chosen,
            }
            for value in facet.values
        ]
        for facet in facets
    }


def _page_urls(
    request: HttpRequest, state: SearchState, results: SearchResults
) -> dict[str, str | None]:
    """Return the URLs of the next, previous and last page, by cursor."""
    limit, caller = request.GET.get("limit", ""), caller_of(request)
    urls: dict[str, str | None] = dict.fromkeys(("next", "previous", "last"))
    for name in urls:
        if cursor := getattr(results.answer, name):
            text = write_cursor(cursor, state, caller=caller)
            urls[name] = f"{request.path}?{state.address(cursor=text, limit=limit)}"
    return urls
