"""The whole result of a search as CSV, and its newest products as an Atom feed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.authorization.access import Principal, access_for
from catalog.problems import RETRY_SECONDS, problem_response
from catalog.products.models import PRODUCT
from catalog.search.port import SearchRequest, SearchUnavailable
from catalog.search.result_types import RESULT_TYPES
from catalog.search.result_types.products import products_of
from catalog.search.services.search import SearchResults, search_catalog
from catalog.search.url_state import MAX_PAGE_SIZE, parse_search_url
from catalog.web.csv_lines import csv_response
from catalog.web.feeds import MOST_ENTRIES, atom_answer, feed_iri, product_entry
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
    pages = _pages(request.user, first, results)
    rows = (cells for page in pages for cells in result_type.to_csv(page))
    return csv_response(f"{state.type}s.csv", result_type.csv_columns, rows)


def _pages(
    visitor: Principal, request: SearchRequest, results: SearchResults
) -> Iterator[list[Any]]:
    """Yield the rows of a page of results, and of each page after it."""
    while True:
        yield [row for _hit, row in results.hits]
        if results.answer.next is None:
            return
        following = replace(request, cursor=results.answer.next)
        results = search_catalog(visitor=visitor, request=following)


@require_safe
def search_feed(request: HttpRequest) -> HttpResponseBase:
    """Return the newest products that a search finds, whatever its type, order and page."""
    state = parse_search_url(request.GET, caller=caller_of(request))
    first = state.request.first_page()
    newest = replace(first, type=PRODUCT, sort="updated", limit=MOST_ENTRIES)
    try:
        results = search_catalog(visitor=request.user, request=newest)
    except SearchUnavailable as error:
        return search_unavailable(request, error)
    hits = [hit for hit, _ in results.hits]
    products = products_of(access_for(request.user), [hit.id for hit in hits])
    address = state.address(sort="", type="")
    words = [state.text, *(f"{name}:{value}" for name, value in state.filters)]
    title = " ".join(words).strip() or _("all products")
    return atom_answer(
        request,
        title=_("Search: %(words)s") % {"words": title},
        page=f"{reverse('search_results')}?{address}",
        identity=feed_iri(f"{reverse('search_feed')}?{address}"),
        entries=[product_entry(products[hit.id]) for hit in hits if hit.id in products],
    )
