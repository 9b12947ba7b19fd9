"""The Atom feed of a search: what it finds, the last changed first."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.authorization.access import access_for
from catalog.products.models import PRODUCT
from catalog.search.port import SearchUnavailable
from catalog.search.result_types.products import products_of
from catalog.search.services.search import search_catalog
from catalog.search.url_state import parse_search_url
from catalog.web.feeds import MOST_ENTRIES, atom_answer, feed_iri, product_entry
from catalog.web.search.exports import search_unavailable
from catalog.web.search.result_page import caller_of


@require_safe
def search_feed(request: HttpRequest) -> HttpResponseBase:
    """Return the newest products that a search finds, whatever its type, order and page."""
    asked = parse_search_url(request.GET, caller=caller_of(request))
    first = asked.request.first_page()
    newest = replace(first, type=PRODUCT, sort="updated", limit=MOST_ENTRIES)
    try:
        found = search_catalog(visitor=request.user, request=newest)
    except SearchUnavailable as error:
        return search_unavailable(request, error)
    hits = [hit for hit, _ in found.hits]
    products = products_of(access_for(request.user), [hit.id for hit in hits])
    question = asked.address(sort="", type="")
    return atom_answer(
        request,
        title=_("Search: %(words)s") % {"words": question_in_words(asked.text, asked.filters)},
        page=f"{reverse('search_results')}?{question}",
        identity=feed_iri(f"{reverse('search_feed')}?{question}"),
        entries=[product_entry(products[hit.id]) for hit in hits if hit.id in products],
    )


def question_in_words(text: str, filters: tuple[tuple[str, str], ...]) -> str:
    """Return a search as text; all products if nothing was typed."""
    typed = " ".join([text, *(f"{name}:{value}" for name, value in filters)]).strip()
    return typed or _("all products")
