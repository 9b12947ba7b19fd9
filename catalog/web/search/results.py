"""The page of results: the same for a browser and for htmx, which takes its parts out of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.domains.models import Domain
from catalog.glossary.models import TERM
from catalog.products.models import PRODUCT, DataProduct
from catalog.search.fields import DEFAULT_TYPE, MAX_OFFSET, RELEVANCE, SORT_BY_NAME, TYPES
from catalog.search.filters import Filter
from catalog.search.port import Facet, FacetValue, SearchUnavailable
from catalog.search.services import (
    Found,
    counts_by_kind,
    find_by_address,
    relaxed_searches,
    search_catalog,
)
from catalog.search.url_state import (
    TYPE_PARAM,
    SearchState,
    pairs_of,
    parse_search_url,
    write_cursor,
)
from catalog.web.search import result_labels
from catalog.web.search.presenters import PRESENTERS

TOP_VALUES = 8
MOST_NEAR = 3


@require_safe
def search_results(request: HttpRequest) -> HttpResponse:
    """Show what was found; filters typed into the box first become parameters of the address."""
    if product := find_by_address(visitor=request.user, typed=request.GET.get("q", "")):
        return HttpResponseRedirect(product.path)
    asked = parse_search_url(request.GET, caller=caller_of(request))
    if asked.has_inline_filters:
        return HttpResponseRedirect(f"{reverse('search_results')}?{asked.address()}")
    reader = access_for(request.user)
    try:
        found = search_catalog(visitor=reader, request=asked.request)
        context = page_of(request, reader, asked, found)
        response = render(request, "catalog/search/results.html", context)
    except SearchUnavailable:
        response = unavailable(request, asked)
    response["Vary"] = "HX-Request, Cookie"
    return response


def caller_of(request: HttpRequest) -> str:
    """Return whom a cursor is bound to."""
    return str(request.user.pk or "anybody")


def unavailable(request: HttpRequest, asked: SearchState) -> HttpResponse:
    """Say that search is away, and offer the domains from the database instead."""
    counts = (
        DataProduct.objects.visible_to(request.user)
        .live()
        .order_by()
        .values("domain")
        .annotate(n=Count("pk"))
        .values_list("domain", "n")
    )
    found = Domain.objects.in_bulk(dict(counts))
    domains = [
        {"name": found[pk].name, "href": reverse("domain_page", args=[found[pk].slug]), "count": n}
        for pk, n in sorted(counts, key=lambda pair: found[pair[0]].name)
    ]
    context = {"query": asked.text, "unavailable": True, "domains": domains, "count": 0}
    context["json_url"] = f"{reverse('search_results_json')}?{asked.address()}"
    response = render(request, "catalog/search/results.html", context, status=503)
    response["Retry-After"] = "5"
    return response


def page_of(
    request: HttpRequest, reader: AccessContext, asked: SearchState, found: Found
) -> dict[str, Any]:
    """Return all that the page shows."""
    answer = found.answer
    labels = result_labels.labels_of(answer.facets)
    reachable = min(answer.count, MAX_OFFSET)
    pages = Paginator(range(reachable), asked.request.limit)
    is_filtered = bool(asked.request.filters)
    face = PRESENTERS[asked.type]
    told = face.told(reader, [row for _, row in found.hits])
    return {
        "query": asked.text,
        "count": answer.count,
        "counted": result_labels.counted(asked.type, answer.count),
        "tabs": _tabs(reader, asked, found),
        "card": face.card,
        "hits": [_card(hit, row, told.get(row.pk, 0)) for hit, row in found.hits],
        "facets": [_facet(facet, labels) for facet in answer.facets],
        "chips": [*_chips(asked, labels), *_warnings(asked)],
        "sorts": _sorts(asked),
        "page": None if asked.request.cursor else pages.get_page(asked.page),
        "beyond": _beyond(request, asked, found),
        "corrections": answer.corrections,
        "uncorrected_href": f"?{asked.address(verbatim='1')}",
        "expansions": found.expansions,
        "offers": _offers(request, asked, labels) if is_filtered and not answer.count else [],
        "near": [] if answer.count else _near(reader, asked),
        "carried": _carried(asked),
        "json_url": f"{reverse('search_results_json')}?{asked.address()}",
        "feed_url": _feed_url(asked),
        "csv_url": f"{reverse('search_results_csv')}?{asked.address()}",
        "unavailable": False,
    }


def _tabs(reader: AccessContext, asked: SearchState, found: Found) -> list[dict[str, Any]]:
    """Return a tab for each type: the same words and filters, another type of things."""
    counts = counts_by_kind(visitor=reader, found=found)
    return [
        {
            "label": result_labels.KINDS[object_type],
            "count": counts[object_type],
            "href": f"?{asked.address(type='' if object_type == DEFAULT_TYPE else object_type)}",
            "is_open": object_type == asked.type,
        }
        for object_type in TYPES
    ]


def _feed_url(asked: SearchState) -> str:
    """Return where the search can be followed; only products are."""
    if asked.type != PRODUCT:
        return ""
    return f"{reverse('search_feed')}?{asked.address(sort='')}"


def _near(reader: AccessContext, asked: SearchState) -> list[Any]:
    """Return the terms nearest to words for which nothing was found."""
    if not asked.text or asked.type == TERM:
        return []
    wider = replace(
        asked.request, type=TERM, filters=(), offset=0, cursor=None, limit=MOST_NEAR,
        has_facets=False, has_highlights=False,
    )  # fmt: skip
    return [row for _, row in search_catalog(visitor=reader, request=wider).hits]


def _card(hit: Any, row: Any, told: Any) -> dict[str, Any]:
    return {
        "row": row,
        "told": told,
        "name_html": result_labels.trusted(hit.highlights.get("name", "")),
        "snippet_html": result_labels.trusted(hit.highlights.get("summary", "")),
        "lacks": hit.missing_terms,
        "reasons": result_labels.reason_parts(hit, row),
    }


def _facet(facet: Facet, labels: Any) -> dict[str, Any]:
    values = sorted(facet.values, key=lambda value: not value.is_chosen)
    options = [_option(facet.name, at, value, labels) for at, value in enumerate(values, start=1)]
    return {
        "label": result_labels.FACETS.get(facet.name, facet.name),
        "options": options[:TOP_VALUES],
        "rest": options[TOP_VALUES:],
    }


def _option(name: str, at: int, value: FacetValue, labels: Any) -> SafeString:
    """Write one box to tick. A page may have hundreds; a template takes ten times as long."""
    return format_html(
        '<label for="{0}"><input type="checkbox" id="{0}" name="{1}" value="{2}"{3}>'
        '<span class="name">{4}</span><span class="count">{5}</span></label>',
        f"f-{name}-{at}",
        name,
        value.value,
        SafeString(" checked" if value.is_chosen else ""),
        result_labels.label_of(labels, name, value.value),
        number_format(value.count, decimal_pos=0, force_grouping=True),
    )


def _chips(asked: SearchState, labels: Any) -> list[dict[str, Any]]:
    return [
        {
            "key": f"{name}:",
            "value": result_labels.label_of(labels, name.removeprefix("-"), value),
            "remove_href": f"?{asked.address([p for p in asked.filters if p != (name, value)])}",
        }
        for name, value in asked.filters
    ]


def _warnings(asked: SearchState) -> list[dict[str, Any]]:
    return [
        {
            "key": doubt.typed,
            "value": "",
            "tone": "warn",
            "problem": result_labels.doubt_sentence(doubt),
            "offer": _offer(asked, doubt.typed, doubt.offer) if doubt.offer else None,
        }
        for doubt in asked.doubts
    ]


def _offer(asked: SearchState, typed: str, offer: str) -> dict[str, str]:
    """Replace what was not understood by what was probably meant."""
    name, colon, _value = typed.partition(":")
    meant = f"{name}:{offer}" if colon else offer
    return {"text": meant, "href": f"?{asked.address(q=asked.text.replace(typed, meant, 1))}"}


def _sorts(asked: SearchState) -> list[dict[str, Any]]:
    return [
        {
            "value": name,
            "label": result_labels.SORTS[name],
            "href": f"?{asked.address(sort='' if name == RELEVANCE else name)}",
            "is_chosen": asked.sort == name,
        }
        for name in ((RELEVANCE, *SORT_BY_NAME) if asked.type == PRODUCT else (RELEVANCE, "name"))
    ]


def _beyond(request: HttpRequest, asked: SearchState, found: Found) -> dict[str, str] | None:
    """Return the ways on from the deepest numbered page, and among pages below it."""
    answer = found.answer
    end = asked.request.offset + asked.request.limit
    if asked.request.cursor is None and (answer.count <= MAX_OFFSET or end < MAX_OFFSET):
        return None
    ways = {"previous": answer.previous, "next": answer.next, "last": answer.last}
    return {
        name: f"?{asked.address(cursor=write_cursor(way, asked, caller=caller_of(request)))}"
        for name, way in ways.items()
        if way is not None
    }


def _offers(request: HttpRequest, asked: SearchState, labels: Any) -> list[dict[str, Any]]:
    def offer(condition: Filter, count: int) -> dict[str, Any]:
        dropped = set(pairs_of(condition))
        left = [pair for pair in asked.filters if pair not in dropped]
        said = ", ".join(f"{name}:{value}" for name, value in pairs_of(condition))
        label = _("without %(filter)s") % {"filter": said}
        return {"label": label, "count": count, "href": f"?{asked.address(left)}"}

    offers = relaxed_searches(visitor=request.user, request=asked.request)
    return [offer(condition, count) for condition, count in offers]


def _carried(asked: SearchState) -> list[tuple[str, str]]:
    """Return what the form of facets keeps: every parameter that is neither words nor a facet."""
    kept = [pair for pair in asked.filters if pair[0] not in result_labels.FACETS]
    kept += [("sort", asked.sort)] if asked.sort != RELEVANCE else []
    kept += [(TYPE_PARAM, asked.type)] if asked.type != DEFAULT_TYPE else []
    return kept + ([("verbatim", "1")] if asked.is_exact else [])
