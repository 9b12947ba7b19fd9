"""Autocomplete: at most eight filters, objects by their names, and words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.search.fields import BY_NAME, FIELDS, FieldType
from catalog.search.port import SearchUnavailable
from catalog.search.query import MAX_QUERY_LENGTH
from catalog.search.result_types.terms import TermRow
from catalog.search.services.search import Completions, suggest

# Text and detail, with the `query` that it completes to or the `href` of its page.
Item = dict[str, str]

MOST = 8
# Of terms and of domains; products have what is left.
MOST_OTHERS = 2
SHORTEST = 2


class Group(TypedDict):
    """Suggestions of one type."""

    label: str
    items: list[Item]


@require_safe
def search_suggestions(request: HttpRequest) -> HttpResponse:
    """Complete `q`; returns nothing below two characters, or while the engine is down."""
    typed = request.GET.get("q", "")[:MAX_QUERY_LENGTH]
    groups: list[Group] = []
    if len(typed.strip()) >= SHORTEST:
        try:
            groups = _groups(typed, suggest(visitor=request.user, typed=typed, limit=MOST))
        except SearchUnavailable:
            groups = []
    response = JsonResponse({"groups": groups})
    response["Vary"] = "Cookie"
    return response


def _groups(typed: str, completions: Completions) -> list[Group]:
    start, _space, last = typed.rpartition(" ")
    before = f"{start} " if start else ""
    sign = "-" if last.startswith("-") else ""
    filters = [
        {
            "text": f"{sign}{completions.field}:{quoted(value.value)}",
            "detail": str(value.count),
            "query": f"{before}{sign}{completions.field}:{quoted(value.value)} ",
        }
        for value in completions.values
    ]
    filters += _field_names(before, last)
    terms, domains = _terms(completions)[:MOST_OTHERS], _domains(completions)[:MOST_OTHERS]
    room = MOST - len(terms) - len(domains)
    products = [
        {"text": row.name, "detail": row.domain_name, "href": row.path}
        for row in completions.products[:room]
    ]
    words = [{"text": w.text, "detail": "", "query": w.text} for w in completions.words]
    labelled = (
        (_("Filters"), filters),
        (_("Products"), products),
        (_("Terms"), terms),
        (_("Domains"), domains),
        (_("Words"), words),
    )
    return _at_most(MOST, labelled)


def _terms(completions: Completions) -> list[Item]:
    """Return one term for each slug, whose page shows all of its meanings."""
    pages: dict[str, TermRow] = {}
    for row in completions.terms:
        pages.setdefault(row.slug, row)
    return [
        {
            "text": row.name,
            "detail": row.domain_name or "",
            "href": reverse("term_page", args=[row.slug]),
        }
        for row in pages.values()
    ]


def _domains(completions: Completions) -> list[Item]:
    return [
        {
            "text": row.name,
            "detail": row.parent_name or "",
            "href": reverse("domain_page", args=[row.slug]),
        }
        for row in completions.domains
    ]


def _field_names(before: str, last: str) -> list[Item]:
    """Return the filters whose name begins with the last word."""
    if len(last) < SHORTEST or ":" in last or last in BY_NAME:
        return []
    named = [f.name for f in FIELDS if f.type is not FieldType.KEYED and f.name.startswith(last)]
    return [
        {"text": f"{name}:", "detail": _("filter"), "query": f"{before}{name}:"}
        for name in named[:2]
    ]


def quoted(value: str) -> str:
    """Return a value in quotes if the query grammar needs them."""
    return f'"{value}"' if " " in value or "," in value else value


def _at_most(most: int, labelled: Iterable[tuple[str, list[Item]]]) -> list[Group]:
    groups: list[Group] = []
    for label, items in labelled:
        if items[:most]:
            groups.append({"label": label, "items": items[:most]})
            most -= len(items[:most])
    return groups
