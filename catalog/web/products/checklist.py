"""The steps by which a product becomes complete: what stands in each, what the gates find there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.issues import Issue
from catalog.products.models import DataProduct, Visibility
from catalog.products.projection import custom
from catalog.provenance.questions import CURRENT_SET
from catalog.web.products.forms import VISIBILITY_CHOICES

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class Step:
    """One page of the task list, with what a reader of the list wants to know of it."""

    code: str
    label: Text
    about: Text
    href: str
    summary: Text
    is_begun: bool
    is_needed: bool = True
    findings: Sequence[Issue] = field(default_factory=tuple)

    @property
    def standing(self) -> str:
        """Return `open` where a finding waits, `done`, or `free` for what nobody demands."""
        if any(finding.is_error for finding in self.findings):
            return "open"
        return "done" if self.is_begun or self.is_needed else "free"


@dataclass(frozen=True)
class _Kind:
    code: str
    url_name: str
    label: Text
    about: Text
    places: tuple[str, ...]
    is_needed: bool


KINDS = (
    _Kind(
        "describe",
        "product_describe",
        gettext_lazy("Describe it"),
        gettext_lazy("Name, purpose, limitations, tags, sensitivity, who may know of it"),
        ("description", "name", "version", "tags", "sensitivity", "visibility"),
        True,
    ),
    _Kind(
        "ports",
        "product_ports",
        gettext_lazy("Serve it"),
        gettext_lazy("Output ports: where consumers get the data"),
        ("outputPorts",),
        True,
    ),
    _Kind(
        "schema",
        "product_contracts",
        gettext_lazy("Define its columns"),
        gettext_lazy("Contracts: tables, columns, types, classification"),
        ("contracts", "schema"),
        False,
    ),
    _Kind(
        "inputs",
        "product_inputs",
        gettext_lazy("Say what it is made from"),
        gettext_lazy("Input ports: the products it uses"),
        ("inputPorts",),
        False,
    ),
    _Kind(
        "provenance",
        "product_answers",
        gettext_lazy("Answer for its origin"),
        gettext_lazy("Source, collection method, who is missing or over-represented"),
        ("provenance",),
        True,
    ),
    _Kind(
        "objectives",
        "product_objectives",
        gettext_lazy("Promise something"),
        gettext_lazy("Objectives for availability and latency, measured by polling"),
        ("objectives",),
        False,
    ),
    _Kind(
        "readers",
        "product_readers",
        gettext_lazy("Name its readers"),
        gettext_lazy("Domains and teams, where it is restricted"),
        ("readers",),
        False,
    ),
)
LABELS = {kind.code: kind.label for kind in KINDS}


def steps_of(product: DataProduct, findings: Sequence[Issue]) -> list[Step]:
    """Return the steps that this installation has, each with its findings."""
    shown = []
    for kind in KINDS:
        try:
            href = reverse(kind.url_name, args=[product.domain.slug, product.slug])
        except NoReverseMatch:
            continue
        summary, is_begun = _SUMMARIES[kind.code](product)
        step = Step(
            code=kind.code,
            label=kind.label,
            about=kind.about,
            href=href,
            summary=summary,
            is_begun=is_begun,
            is_needed=kind.is_needed,
            findings=[item for item in findings if _root(item.location) in kind.places],
        )
        shown.append(step)
    return shown


def elsewhere(findings: Sequence[Issue]) -> list[Issue]:
    """Return the findings that no step of the product can mend, such as those of its domain."""
    places = {place for kind in KINDS for place in kind.places}
    return [finding for finding in findings if _root(finding.location) not in places]


def hint_url(product: DataProduct, finding: Issue) -> str:
    """Return the address of the very field at which a finding is mended."""
    place = [product.domain.slug, product.slug]
    root, _dot, rest = finding.location.partition(".")
    if root == "domain":
        return reverse("domain_people", args=place[:1]) + "#give"
    if root == "outputPorts":
        return _port_href(product, rest)
    if root == "provenance":
        return reverse("product_answers", args=place) + f"#id_{rest}-state"
    kind = next((kind for kind in KINDS if root in kind.places), None)
    if kind is None:
        return reverse("product_edit", args=place)
    return reverse(kind.url_name, args=place) + f"#id_{rest or root}"


def _port_href(product: DataProduct, name: str) -> str:
    place = [product.domain.slug, product.slug]
    port = product.output_ports.filter(name=name).first() if name else None
    if port is None:
        return reverse("product_port_add", args=place)
    return reverse("product_port", args=[*place, port.pk])


def _root(location: str) -> str:
    return location.partition(".")[0]


def _described(product: DataProduct) -> tuple[Text, bool]:
    if not product.purpose:
        return _("The purpose is missing"), False
    tags = len(product.tags)
    return ngettext("Purpose, {n} tag", "Purpose, {n} tags", tags).format(n=tags), True


def _served(product: DataProduct) -> tuple[Text, bool]:
    n = product.output_ports.count()
    return ngettext("{n} output port", "{n} output ports", n).format(n=n), n > 0


def _defined(product: DataProduct) -> tuple[Text, bool]:
    held = product.contracts.aggregate(
        tables=Count("schema_objects", distinct=True), columns=Count("schema_objects__properties")
    )
    tables, columns = held["tables"], held["columns"]
    if not tables:
        return _("No table yet"), False
    width = ngettext("{n} column", "{n} columns", columns).format(n=columns)
    location = ngettext("{n} table", "{n} tables", tables).format(n=tables)
    return f"{width}, {location}", True


def _made_from(product: DataProduct) -> tuple[Text, bool]:
    n = product.input_ports.count()
    return ngettext("{n} input port", "{n} input ports", n).format(n=n), n > 0


def _answered(product: DataProduct) -> tuple[Text, bool]:
    record: Any = getattr(product, "provenance", None)
    answers = record.answers.count() if record else 0
    rows = record.imbalances.count() if record else 0
    text = _("{n} of {all} answered").format(n=answers, all=len(CURRENT_SET.codes))
    if rows:
        text += ngettext(", {n} imbalance row", ", {n} imbalance rows", rows).format(n=rows)
    return text, answers == len(CURRENT_SET.codes)


def _promised(product: DataProduct) -> tuple[Text, bool]:
    held = custom(product.tree, "assayObjectives")
    n = len(held) if isinstance(held, list) else 0
    return ngettext("{n} objective", "{n} objectives", n).format(n=n), n > 0


def _read_by(product: DataProduct) -> tuple[Text, bool]:
    if product.visibility != Visibility.RESTRICTED:
        return dict(VISIBILITY_CHOICES)[product.visibility], True
    n = product.readers.count()
    return ngettext("Its domain and {n} other", "Its domain and {n} others", n).format(n=n), True


_SUMMARIES = {
    "describe": _described,
    "ports": _served,
    "schema": _defined,
    "inputs": _made_from,
    "provenance": _answered,
    "objectives": _promised,
    "readers": _read_by,
}
