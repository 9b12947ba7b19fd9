"""The trust strip: six readings of a product, each with its state, and never blank."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from catalog.products.models import DataProduct, Status, Visibility
from catalog.provenance.models import Imbalance, ProvenanceAnswer
from catalog.provenance.representation import max_gaps, min_shares
from catalog.web.components.humanize import distance, duration, percent

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One reading: what, how much of what target, in which state, since when."""

    label: Text
    value: Text
    verdict: str = "no_data"
    of: Text = ""
    word: Text = ""
    note: Text = ""
    href: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the reading for a program."""
        return {name: str(text) for name, text in asdict(self).items() if text}


def trust_summary(product: DataProduct, access: Text) -> list[Cell]:
    """Return the six readings of a product; its provenance is loaded already."""
    figures, slo = product.slo_figures, _href("product_slo", product)
    return [
        _reading(_("Availability"), figures.get("availability"), percent, slo),
        _reading(_("Latency"), figures.get("latency"), duration, slo),
        _reading(_("Quality"), figures.get("quality"), percent, slo),
        _reading(_("Freshness"), figures.get("freshness"), duration, slo),
        _imbalances(product),
        _access(product, access),
    ]


def _reading(
    label: Text, figure: Mapping[str, Any] | None, shown: Callable[[float], str], href: str
) -> Cell:
    if figure is None or figure.get("value") is None:
        note = _("no measurement yet") if figure else _("nothing is promised")
        return Cell(label=label, value=_("not measured yet"), note=note, href=href)
    limit = figure.get("threshold") or figure.get("target")
    return Cell(
        label=label,
        value=shown(figure["value"]),
        of=_("of {target}").format(target=shown(limit)) if limit else "",
        verdict=figure.get("verdict") or "",
        note=_since(figure),
        href=href,
    )


def _since(figure: Mapping[str, Any]) -> str:
    window = str(figure.get("window") or "")
    moment = parse_datetime(str(figure.get("as_of") or ""))
    days = window.removesuffix("d")
    parts = [_("{n} days").format(n=days)] if days.isdigit() else []
    return ", ".join(parts + ([_("as of {time}").format(time=_clock(moment))] if moment else []))


def _clock(moment: datetime) -> str:
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return formats.date_format(local, "H:i" if is_today else "j M, H:i")


def _imbalances(product: DataProduct) -> Cell:
    label, href = _("Known imbalances"), _href("product_provenance", product)
    record = getattr(product, "provenance", None)
    rows: list[Imbalance] = list(record.imbalances.all()) if record else []
    gaps = max_gaps(rows)
    if gaps:
        attribute = max(gaps, key=lambda name: gaps[name])
        value = _("{points} points").format(points=distance(gaps[attribute]))
        note = _("greatest gap, by {attribute}").format(attribute=attribute.replace("_", " "))
        return Cell(label=label, value=value, verdict="stated", note=note, href=href)
    if shares := min_shares(rows):
        note = _("no reference to compare with")
        value = _("by {attribute}").format(attribute=", ".join(sorted(shares)).replace("_", " "))
        return Cell(label=label, value=value, verdict="stated", note=note, href=href)
    return _answered_imbalances(label, href, _answer(record, "known_imbalances"))


def _answered_imbalances(label: Text, href: str, answer: ProvenanceAnswer | None) -> Cell:
    state = answer.state if answer else ""
    if state == ProvenanceAnswer.State.ANSWERED:
        note = _("in words, without figures")
        return Cell(label=label, value=_("described"), verdict="stated", note=note, href=href)
    if state == ProvenanceAnswer.State.NOT_APPLICABLE:
        note = _("with a reason")
        return Cell(label=label, value=_("does not apply"), verdict="stated", note=note, href=href)
    note = _("the owner says so") if state else _("nobody has answered")
    word = _("unknown") if state else _("open")
    return Cell(label=label, value=_("not assessed"), word=word, note=note, href=href)


def _answer(record: Any, question: str) -> ProvenanceAnswer | None:
    answers = record.answers.all() if record else ()
    return next((answer for answer in answers if answer.question == question), None)


def _access(product: DataProduct, access: Text) -> Cell:
    values = {
        Visibility.PUBLIC: _("Open"),
        Visibility.MEMBERS: _("Members"),
        Visibility.RESTRICTED: _("Restricted"),
    }
    is_draft = product.status == Status.DRAFT
    value = _("Draft") if is_draft else values[Visibility(product.visibility)]
    return Cell(label=_("Your access"), value=value, verdict="open", note=access, href="#use")


def _href(name: str, product: DataProduct) -> str:
    try:
        return reverse(name, args=[product.domain.slug, product.slug])
    except NoReverseMatch:
        return ""
