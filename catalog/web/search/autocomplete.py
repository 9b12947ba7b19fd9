"""Autocomplete: at most eight filters, objects by their names, and words."""

import re
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.search.fields import BY_NAME, FIELDS, FieldType
from catalog.search.filters import quote_value
from catalog.search.port import SearchUnavailable
from catalog.search.query import MAX_QUERY_LENGTH
from catalog.search.services.search import Completions, suggest

MAX_ITEMS = 8
# Of terms, domains, owners and columns each; products have what is left.
MAX_OTHERS = 2
MIN_PRODUCTS = 3
MIN_LENGTH = 2


@dataclass(frozen=True)
class QueryItem:
    """A completion, with the query that it leads to."""

    text: str
    detail: str
    query: str


@dataclass(frozen=True)
class PageItem:
    """An object, with the address of its page."""

    text: str
    detail: str
    href: str


@dataclass(frozen=True)
class Group:
    label: str
    items: list[QueryItem] | list[PageItem]


@require_safe
def search_suggestions(request: HttpRequest) -> HttpResponse:
    """Complete `q`; returns nothing below two characters, or while the engine is down."""
    text = request.GET.get("q", "")[:MAX_QUERY_LENGTH]
    groups: list[Group] = []
    if len(text.strip()) >= MIN_LENGTH:
        with suppress(SearchUnavailable):
            groups = _groups(text, suggest(visitor=request.user, text=text, limit=MAX_ITEMS))
    response = JsonResponse({"groups": [asdict(group) for group in groups]})
    response["Vary"] = "Cookie"
    return response


def _groups(text: str, completions: Completions) -> list[Group]:
    """Return the groups that have items, together at most MAX_ITEMS."""
    # Of terms with one slug the first: its page shows all of their meanings.
    terms: dict[str, PageItem] = {}
    for row in completions.terms:
        page = reverse("term_page", args=[row.slug])
        terms.setdefault(row.slug, PageItem(row.name, row.domain_name or "", page))
    domains = [
        PageItem(row.name, row.parent_name or "", reverse("domain_page", args=[row.slug]))
        for row in completions.domains[:MAX_OTHERS]
    ]
    shown_terms = list(terms.values())[:MAX_OTHERS]
    owners = [
        QueryItem(owner.name, _("owner"), f"owner:{quoted(owner.value)} ")
        for owner in completions.owners[:MAX_OTHERS]
    ]
    before = _before_last(text)
    columns = [
        QueryItem(column.value, str(column.count), f"{before}column:{quoted(column.value)} ")
        for column in completions.columns
    ]
    products = [PageItem(row.name, row.domain_name, row.path) for row in completions.products]
    others = len(shown_terms) + len(domains) + len(owners) + len(columns)
    groups: list[Group] = []
    room = MAX_ITEMS
    for group in (
        Group(_("Filters"), _filters(text, completions)),
        Group(_("Products"), products[: max(MIN_PRODUCTS, MAX_ITEMS - others)]),
        Group(_("Terms"), shown_terms),
        Group(_("Domains"), domains),
        Group(_("Owners"), owners),
        Group(_("Columns"), columns),
        Group(_("Words"), [QueryItem(word.text, "", word.text) for word in completions.words]),
    ):
        if items := group.items[:room]:
            groups.append(replace(group, items=items))
            room -= len(items)
    return groups


def _filters(text: str, completions: Completions) -> list[QueryItem]:
    """Return values of the filter that is being typed, or filters whose name begins so."""
    before, last = _before_last(text), text.rpartition(" ")[2]
    name = f"{'-' if last.startswith('-') else ''}{completions.field}"
    if completions.field and BY_NAME[completions.field].type is FieldType.KEYED:
        sign = ">=" if completions.field == "min_share" else "<="
        keyed = [f"{name}({value.value}){sign}" for value in completions.values]
        return [QueryItem(value, _("filter"), before + value) for value in keyed]
    values = [(f"{name}:{quoted(value.value)}", value.count) for value in completions.values]
    items = [QueryItem(value, str(count), f"{before}{value} ") for value, count in values]
    if len(last) >= MIN_LENGTH and ":" not in last and last not in BY_NAME:
        fields = [f.name + ("(" if f.type is FieldType.KEYED else ":") for f in FIELDS]
        names = [field for field in fields if field.startswith(last)][:2]
        items += [QueryItem(field, _("filter"), before + field) for field in names]
    return items


def _before_last(text: str) -> str:
    """Return what comes before the word that is being typed, with its space."""
    start, space, _last = text.rpartition(" ")
    return f"{start}{space}" if start else ""


def quoted(value: str) -> str:
    """Return a value in quotes if the query grammar needs them."""
    return quote_value(value) if re.search(r'[\s,"\\()]', value) else value
