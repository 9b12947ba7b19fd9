"""The labels and sentences by which pages and answers explain a search."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from django.db.models import QuerySet, Value
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.domains.models import Domain
from catalog.people.models import Team
from catalog.products.links import column_href
from catalog.search.fields import BIAS, MEANING, OWNERS
from catalog.search.filters import QueryWarning
from catalog.search.port import Facet, Hit, Reason
from catalog.search.result_types import RESULT_TYPES
from catalog.web.components.translation import cached_per_language

FACETS = {
    "domain": gettext_lazy("Domain"),
    "is": gettext_lazy("State"),
    "sensitivity": gettext_lazy("Sensitivity"),
    "slo": gettext_lazy("SLO"),
    "contract": gettext_lazy("Contract"),
    "checks": gettext_lazy("Quality checks"),
    "bias": gettext_lazy("Representation of groups"),
    "imbalance": gettext_lazy("Assessed attribute"),
    "format": gettext_lazy("Format"),
    "license": gettext_lazy("Licence"),
    "owner": gettext_lazy("Owner"),
    "tag": gettext_lazy("Tag"),
}
CHECK_VALUES = {
    "failed": gettext_lazy("Failed"),
    "unknown": gettext_lazy("Unknown"),
    "collecting": gettext_lazy("Not run yet"),
    "passed": gettext_lazy("Passed"),
    "none": gettext_lazy("No checks"),
}
VALUES = {
    "draft": gettext_lazy("Draft"),
    "published": gettext_lazy("Published"),
    "deprecated": gettext_lazy("Deprecated"),
    "retired": gettext_lazy("Retired"),
    "external": gettext_lazy("External"),
    "certified": gettext_lazy("Certified"),
    "new": gettext_lazy("New"),
    "public": gettext_lazy("Public"),
    "internal": gettext_lazy("Internal"),
    "confidential": gettext_lazy("Confidential"),
    "restricted": gettext_lazy("Restricted"),
    "met": gettext_lazy("Met"),
    "at_risk": gettext_lazy("At risk"),
    "breached": gettext_lazy("Breached"),
    "no_data": gettext_lazy("No data"),
    "collecting": gettext_lazy("Collecting evidence"),
    "broken": gettext_lazy("Broken"),
    "unknown": gettext_lazy("Not compared"),
    "measured": gettext_lazy("Measured"),
    "declared": gettext_lazy("Declared"),
    "not-assessed": gettext_lazy("Not assessed"),
    "contradicted": gettext_lazy("Contradicted by measurement"),
}
REASONS = {
    "name": gettext_lazy("Name"),
    "summary": gettext_lazy("Purpose"),
    "columns": gettext_lazy("Columns"),
    "tables": gettext_lazy("Tables"),
    "tags": gettext_lazy("Tags"),
    "aliases": gettext_lazy("Also known as"),
    "answers": gettext_lazy("Provenance"),
    "used_in": gettext_lazy("Used by"),
    "notes": gettext_lazy("Limitations and use"),
    OWNERS: gettext_lazy("Owner"),
    BIAS: gettext_lazy("Representation of groups"),
    MEANING: gettext_lazy("Meaning"),
}
_BOOSTED = gettext_lazy("Ranked higher because its meaning is similar")
SORTS = {
    "relevance": gettext_lazy("Relevance"),
    "name": gettext_lazy("Name"),
    "updated": gettext_lazy("Recently updated"),
    "quality": gettext_lazy("Quality"),
    "certified": gettext_lazy("Certification expiry"),
}
# Facets whose values are slugs of something that has a name.
_MODELS: Mapping[str, type[Domain | Team]] = {"domain": Domain, "owner": Team}
WARNINGS = {
    "too-long": gettext_lazy("Only the first 500 characters were searched."),
    "too-many-words": gettext_lazy("Only the first 60 words were searched."),
    "too-many-beginnings": gettext_lazy("Only the first 8 words with * are expanded."),
    "unknown-field": gettext_lazy("Unknown filter."),
    "unknown-value": gettext_lazy("Unknown value."),
    "unknown-attribute": gettext_lazy("No product that you can see has this attribute."),
    "no-value": gettext_lazy("Empty filter."),
    "unknown-sort": gettext_lazy("Unknown sort order."),
    "one-type": gettext_lazy("Only one result type at a time; showing the first."),
    "past-end": gettext_lazy("There is no such page."),
    "unknown-cursor": gettext_lazy("This page link has expired; showing the first page."),
}

FacetLabels = Mapping[tuple[str, str], str]


def labels_of(facets: Sequence[Facet]) -> FacetLabels:
    """Return the names of domains and teams among the facet values, in one statement."""
    slugs = {
        facet.name: [value.value for value in facet.values]
        for facet in facets
        if facet.values and facet.name in _MODELS
    }
    if not slugs:
        return {}
    names: list[QuerySet[Any, Any]] = [
        _MODELS[name]
        .objects.filter(slug__in=values)
        .order_by()
        .values_list(Value(name), "slug", "name")
        for name, values in slugs.items()
    ]
    rows = names[0].union(*names[1:], all=True)
    return {(name, slug): label for name, slug, label in rows}


def label_of(labels: FacetLabels, name: str, value: str) -> str:
    if name == "checks":
        return str(CHECK_VALUES.get(value, value))
    if name in ("is", "sensitivity", "slo", "contract", "bias"):
        return str(VALUES.get(value, value))
    return labels.get((name, value), value)


def warning_text(warning: QueryWarning) -> str:
    return str(WARNINGS.get(warning.code, warning.code))


@cached_per_language
def labels_of_reasons(object_type: str) -> Mapping[str, str]:
    """Return the labels of the fields in which an object of a type can match."""
    labels = REASONS | dict(RESULT_TYPES[object_type].field_labels)
    return {field: str(label) for field, label in labels.items()}


def reason_text(object_type: str, reason: Reason) -> str:
    """Return why an object of a type was found, in one line."""
    label = labels_of_reasons(object_type).get(reason.field, reason.field)
    if reason.field == MEANING:
        return f"{label}: {_BOOSTED}"
    if not reason.texts:
        return _("Matched in %(field)s") % {"field": label}
    more = reason.total - len(reason.texts)
    text = f"{label}: {', '.join(reason.texts)}"
    return text + (_(" · +%(n)d more") % {"n": more} if more > 0 else "")


@dataclass(frozen=True)
class ReasonItem:
    """A text that matched, with the matches marked; a column links to its row.

    `note` is where else a column matched than in its name.
    """

    html: SafeString | str
    url: str = ""
    note: SafeString | str = ""


@dataclass(frozen=True)
class ReasonPart:
    """The matches in one field, and how many more there are."""

    field: str
    label: str
    items: list[ReasonItem]
    more: int


def reason_parts(hit: Hit, row: Any, reasons: Iterable[Reason]) -> list[ReasonPart]:
    labels = labels_of_reasons(hit.type)
    return [_reason_part(hit, row, reason, labels) for reason in reasons]


def _reason_part(hit: Hit, row: Any, reason: Reason, labels: Mapping[str, str]) -> ReasonPart:
    label = labels.get(reason.field, reason.field)
    if reason.field == MEANING:
        return ReasonPart(reason.field, label, [ReasonItem(str(_BOOSTED))], 0)
    if reason.field in (OWNERS, BIAS):
        return ReasonPart(reason.field, label, [ReasonItem(text) for text in reason.texts], 0)
    marked = hit.highlights.get(reason.field, "").split("\n")[: len(reason.texts) or 1]
    items = [ReasonItem(trusted(html)) for html in marked]
    if reason.field == "columns":
        columns = reason.texts or [strip_tags(html) for html in marked]
        items = [
            _column_item(html, column_href(row.path, column))
            for html, column in zip(marked, columns, strict=False)
        ]
    return ReasonPart(reason.field, label, items, max(0, reason.total - len(items)))


def _column_item(html: str, url: str) -> ReasonItem:
    name, _dash, note = html.partition(" – ")
    return ReasonItem(trusted(name), url, trusted(note))


def trusted(html: str) -> SafeString:
    """Mark an engine's highlight as safe if it is escaped but for `<mark>`; else escape it."""
    plain = html.replace("<mark>", "").replace("</mark>", "")
    is_clean = "<" not in plain and ">" not in plain
    return mark_safe(html if is_clean else escape(html))  # noqa: S308 - checked in the line above
