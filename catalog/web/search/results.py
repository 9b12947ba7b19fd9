"""The results page: the same for a browser and for htmx, which selects parts of it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.authorization.access import access_for
from catalog.domains.models import Domain
from catalog.products.domain_stats import product_counts
from catalog.search.port import SearchUnavailable
from catalog.search.services.search import find_by_address, search_catalog
from catalog.search.url_state import SearchState, parse_search_url
from catalog.web.pages import render_page
from catalog.web.search.result_page import build_results_page, caller_of, is_past_end, last_page


@dataclass(frozen=True)
class DomainCount:
    name: str
    url: str
    count: int


@dataclass(frozen=True)
class SearchUnavailablePage:
    query: str
    domains: list[DomainCount]


@require_safe
def search_results(request: HttpRequest) -> HttpResponse:
    """Show the results; filters typed into the search box are first moved into the URL."""
    if product := find_by_address(visitor=request.user, text=request.GET.get("q", "")):
        return HttpResponseRedirect(product.path)
    state = parse_search_url(request.GET, caller=caller_of(request))
    if state.has_inline_filters:
        return HttpResponseRedirect(f"{reverse('search_results')}?{state.address()}")
    access = access_for(request.user)
    response: HttpResponse
    try:
        results = search_catalog(visitor=access, request=state.request)
        if is_past_end(state, results):
            state = last_page(state, results)
            results = search_catalog(visitor=access, request=state.request)
        page = build_results_page(request, access, state, results)
        response = render_page(request, "catalog/search/results.html", page)
    except SearchUnavailable:
        response = unavailable(request, state)
    response["Vary"] = "HX-Request, Cookie"
    return response


def unavailable(request: HttpRequest, state: SearchState) -> HttpResponse:
    """Return the page that offers the domains from the database while search is unavailable."""
    counts = product_counts(access_for(request.user))
    domains = [
        DomainCount(row.name, reverse("domain_page", args=[row.slug]), counts[row.pk])
        for row in Domain.objects.filter(pk__in=counts).order_by("name")
    ]
    page = SearchUnavailablePage(query=state.text, domains=domains)
    response = render_page(request, "catalog/search/unavailable.html", page, status=503)
    response["Retry-After"] = "5"
    return response
