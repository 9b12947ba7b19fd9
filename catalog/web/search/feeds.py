"""The feed of a search: what it finds, the last changed first."""

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
from catalog.search.services import search_catalog
from catalog.search.url_state import parse_search_url
from catalog.web.feeds import MOST_ENTRIES, atom_answer, feed_iri, product_entry
from catalog.web.search.exports import search_unavailable
from catalog.web.search.result_page import caller_of


@require_safe
def search_feed(request: HttpRequest) -> HttpResponseBase:
    """Tell of the newest products that a search finds; its type, order and place do not matter."""
    asked = parse_search_url(request.GET, caller=caller_of(request))
    newest = replace(
        asked.request,
        type=PRODUCT,
        sort="updated",
        offset=0,
        cursor=None,
        limit=MOST_ENTRIES,
        has_facets=False,
        has_highlights=False,
    )
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
    """Return a search as somebody would type it; all products where nothing was asked."""
    typed = " ".join([text, *(f"{name}:{value}" for name, value in filters)]).strip()
    return typed or _("all products")
