"""The trust summary: six metrics of a product, each with its state, never blank."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from catalog.products.models import DataProduct, QualityState, Verdict
from catalog.provenance.models import Imbalance, ProvenanceAnswer, contradictions_of
from catalog.provenance.representation import max_gaps, min_shares
from catalog.types import JSONObject
from catalog.web.components.badges import Label, verdict_style
from catalog.web.components.humanize import distance, duration, percent
from catalog.web.components.layout import url

QUALITY = ("completeness", "uniqueness", "validity", "accuracy")


@dataclass(frozen=True, kw_only=True)
class TrustMetric:
    """One metric: its value, its target, its verdict, and what it is based on.

    `state` replaces the label of the verdict.
    """

    label: Label
    value: Label
    verdict: str = "no_data"
    target: Label = ""
    state: Label = ""
    note: Label = ""
    detail: Label = ""
    url: str = ""

    @property
    def tone(self) -> str:
        return verdict_style(self.verdict).tone

    @property
    def state_label(self) -> Label:
        return self.state or verdict_style(self.verdict).label


def trust_summary(product: DataProduct, readers: str, reason: str) -> list[TrustMetric]:
    """Return the metrics; `readers` says who may see the entry, `reason` why this reader may."""
    record = getattr(product, "provenance", None)
    rows: list[Imbalance] = list(record.imbalances.all()) if record else []
    slo_url = url("product_slo", product.domain.slug, product.slug)
    figures = product.slo_figures
    return [
        _measured(_("Availability"), figures.get("availability"), percent, slo_url),
        _measured(_("Latency"), figures.get("latency"), duration, slo_url),
        _quality(product),
        _measured(_("Freshness"), figures.get("freshness"), duration, slo_url),
        _contradicted(product, rows) or _imbalances(product, rows),
        TrustMetric(
            label=_("Your access"),
            value=readers,
            verdict="open",
            note=reason,
            detail=_("Data: decided at each port"),
            url=f"{product.path}#use",
        ),
    ]


def _quality(product: DataProduct) -> TrustMetric:
    """Return the worst quality indicator that has an objective, else what the checks say."""
    label, page = _("Quality"), url("product_quality", product.domain.slug, product.slug)
    figures = [product.slo_figures[name] for name in QUALITY if name in product.slo_figures]
    if figures:
        return _measured(label, min(figures, key=_verdict_rank), percent, page)
    observed_at, state = product.quality_observed_at, QualityState(product.quality_state)
    values = {
        QualityState.FAILED: ("breached", _("Checks failed"), _("failed")),
        QualityState.PASSED: ("met", _("All checks passed"), _("passed")),
        QualityState.COLLECTING: ("collecting", _("not run yet"), ""),
        QualityState.UNKNOWN: ("no_data", _("not known"), ""),
        QualityState.NONE: ("no_data", _("not measured yet"), ""),
    }
    verdict, value, label_of_state = values[state]
    note = _("no checks") if state == QualityState.NONE else ""
    if observed_at:
        note = _("as of {time}").format(time=_format_time(observed_at))
    return TrustMetric(
        label=label, value=value, verdict=verdict, state=label_of_state, note=note, url=page
    )


def _verdict_rank(figure: JSONObject) -> int:
    verdict = figure.get("verdict") or Verdict.NO_DATA
    return list(Verdict).index(Verdict(verdict))


def _measured(
    label: str, figure: JSONObject | None, format_value: Callable[[float], str], url: str
) -> TrustMetric:
    if figure is None or figure.get("value") is None:
        note = _("no measurement yet") if figure else _("no objective")
        return TrustMetric(label=label, value=_("not measured yet"), note=note, url=url)
    target = figure.get("threshold") or figure.get("target")
    days = str(figure.get("window") or "").removesuffix("d")
    measured_at = parse_datetime(str(figure.get("as_of") or ""))
    notes = [_("{n} days").format(n=days)] if days.isdigit() else []
    notes += [_("as of {time}").format(time=_format_time(measured_at))] if measured_at else []
    return TrustMetric(
        label=label,
        value=format_value(figure["value"]),
        target=_("target {value}").format(value=format_value(target)) if target else "",
        verdict=figure.get("verdict") or "",
        note=", ".join(notes),
        url=url,
    )


def _format_time(moment: datetime) -> str:
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return formats.date_format(local, "H:i" if is_today else "j M, H:i")


def _contradicted(product: DataProduct, rows: Collection[Imbalance]) -> TrustMetric | None:
    """Return the first declared share that a measurement contradicts and nobody explained."""
    contradictions = (row for row in contradictions_of(product, rows) if not row.is_explained)
    if (first := next(contradictions, None)) is None:
        return None
    group = f"{first.attribute.replace('_', ' ')} {first.group}"
    return TrustMetric(
        label=_("Known imbalances"),
        value=_("{group}: {share} declared").format(group=group, share=first.declared_text),
        verdict="at_risk",
        state=_("contradicted"),
        note=_("{share} measured").format(share=first.measured.text),
        url=url("product_bias", product.domain.slug, product.slug),
    )


def _imbalances(product: DataProduct, rows: Collection[Imbalance]) -> TrustMetric:
    record = getattr(product, "provenance", None)
    page_url = url(
        "product_bias" if rows else "product_provenance", product.domain.slug, product.slug
    )
    is_measured = any(row.origin == Imbalance.Origin.MEASURED for row in rows)
    verdict = "measured" if is_measured else "stated"
    metric = partial(TrustMetric, label=_("Known imbalances"), verdict=verdict, url=page_url)
    if gaps := max_gaps(rows):
        attribute = max(gaps, key=lambda name: gaps[name])
        points = _("{n} points").format(n=distance(gaps[attribute]))
        note = _("largest gap, by {x}").format(x=attribute.replace("_", " "))
        return metric(value=points, note=note, state=_origin(rows, [attribute]))
    if shares := min_shares(rows):
        attributes = ", ".join(sorted(shares)).replace("_", " ")
        note = _("no reference to compare with")
        return metric(
            value=_("by {x}").format(x=attributes), note=note, state=_origin(rows, shares)
        )
    answers: Iterable[ProvenanceAnswer] = record.answers.all() if record else ()
    answer = next((row for row in answers if row.question == "known_imbalances"), None)
    if answer is None:
        note, state = _("unanswered"), _("open")
        return metric(value=_("not assessed"), note=note, verdict="no_data", state=state)
    if answer.state == ProvenanceAnswer.State.ANSWERED:
        return metric(value=_("described"), note=_("described, not measured"))
    if answer.state == ProvenanceAnswer.State.NOT_APPLICABLE:
        return metric(value=_("not applicable"), note=_("with a reason"))
    note, state = _("stated by owner"), _("unknown")
    return metric(value=_("not assessed"), note=note, verdict="no_data", state=state)


def _origin(rows: Iterable[Imbalance], attributes: Collection[str]) -> Label:
    """Return "measured" if all attributes are; empty for what the owner states."""
    measured = {row.attribute for row in rows if row.origin == Imbalance.Origin.MEASURED}
    return _("measured") if measured.issuperset(attributes) else ""
