"""What objectives would say over the recorded history, as a page shows it before they are saved."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.web.components.humanize import percent
from governance.slo.assessment import Assessment
from governance.slo.evaluation import Verdict
from governance.slo.preview import PreviewResult
from governance.slo.wording import (
    format_assessment,
    format_duration,
    format_number,
    format_objective,
)

OUTCOMES = {
    Verdict.BREACHED: gettext_lazy("It would be breached."),
    Verdict.AT_RISK: gettext_lazy("It would be at risk."),
    Verdict.COLLECTING: gettext_lazy("It would still collect evidence."),
    Verdict.MET: gettext_lazy("It would be met."),
    Verdict.NO_DATA: gettext_lazy("Its current state would be unknown."),
}


@dataclass(frozen=True, kw_only=True)
class PreviewRow:
    """One objective, its verdict, and what it is based on; `port` may be empty."""

    description: str
    port: str
    verdict: str
    finding: str


def preview_rows(results: Iterable[PreviewResult]) -> list[PreviewRow]:
    """Return a row for each objective of one product."""
    return [
        PreviewRow(
            description=format_objective(result.declared.spec),
            port=result.declared.port,
            verdict=result.assessment.verdict if result.assessment else Verdict.NO_DATA,
            finding=format_finding(result.assessment),
        )
        for result in results
    ]


def format_finding(assessment: Assessment | None) -> str:
    """Return "Over the recorded 12 days 99.2 % of 17,280 checks were good. It would be met."."""
    if assessment is None:
        return _("Its port is new: nothing is recorded of it yet.")
    if not assessment.ratio.total:
        return _("Nothing that it would count is recorded yet.")
    text = _("Over the recorded {time} {share} of {total} checks were good.").format(
        time=format_duration(assessment.elapsed),
        share=percent(assessment.ratio.share, 3),
        total=format_number(assessment.ratio.total),
    )
    verdict = str(OUTCOMES[Verdict(assessment.verdict)])
    return " ".join([text, verdict, format_assessment(assessment)])


def standard_preview_rows(results: Sequence[PreviewResult]) -> list[PreviewRow]:
    """Return a row for each standard: how many products would miss it, and which."""
    rows = []
    for declared in dict.fromkeys(result.declared for result in results):
        own = [result for result in results if result.declared == declared]
        verdicts = Counter(
            result.assessment.verdict if result.assessment else Verdict.NO_DATA.value
            for result in own
        )
        missing = [
            result.product.name
            for result in own
            if result.assessment and result.assessment.verdict == Verdict.BREACHED
        ]
        worst = next(verdict for verdict in Verdict if verdicts[verdict])
        finding = ngettext(
            "{missing} of {n} product would miss it.",
            "{missing} of {n} products would miss it.",
            len(own),
        ).format(missing=format_number(len(missing)), n=format_number(len(own)))
        names = ", ".join(missing[:5]) + ("…" if len(missing) > 5 else "")
        rows.append(
            PreviewRow(
                description=format_objective(declared.spec),
                port="",
                verdict=worst,
                finding=" ".join(filter(None, [finding, names])),
            )
        )
    return rows
