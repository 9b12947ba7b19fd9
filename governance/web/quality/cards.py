"""What the quality tab shows of a port: its dimensions, their checks, and how they went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.web.components.charts import Reading
from catalog.web.components.humanize import number, percent, short_number
from governance.quality.dimensions import Dimension
from governance.quality.models import CheckOutcome, QualityRun
from governance.quality.outcomes import CheckState, duration_text
from governance.quality.proposals import RuleProposal
from governance.quality.reports import PortQuality, RuleResult, SampleRow
from governance.quality.rules import QualityRule, Unit
from governance.quality.scores import DimensionScore
from governance.quality.services.trends import PortTrend
from governance.slo.wording import format_seconds
from governance.web.quality.rule_forms import KINDS

LABELS: dict[str, Promise] = {
    Dimension.COMPLETENESS: gettext_lazy("Completeness"),
    Dimension.UNIQUENESS: gettext_lazy("Uniqueness"),
    Dimension.VALIDITY: gettext_lazy("Validity"),
    Dimension.CONSISTENCY: gettext_lazy("Consistency"),
    Dimension.ACCURACY: gettext_lazy("Accuracy"),
    Dimension.TIMELINESS: gettext_lazy("Timeliness"),
}

LEAST_SCALE = 0.02
NO_TARGETS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """One check of a run; the values are formatted. `shares` are those of the runs of the trend."""

    title: str
    place: str
    expected: str
    observed: str
    tested: str
    failing: str
    state: str
    message: str
    is_changed: bool = False
    shares: Sequence[float | None] = ()
    samples: Sequence[SampleRow] = ()

    @property
    def spark(self) -> list[float | None]:
        """Return the trend from the worst share (at most 98 %) to all rows, as 0 to 1."""
        lacking = max((1 - share for share in self.shares if share is not None), default=0)
        scale = max(lacking, LEAST_SCALE)
        return [None if share is None else 1 - (1 - share) / scale for share in self.shares]

    @property
    def sample_columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.samples for name in row))


@dataclass(frozen=True, kw_only=True)
class DimensionCard:
    """One dimension: its score in the last run, its trend and its checks.

    `target` is the threshold of the product's objective for it, in percent.
    """

    score: DimensionScore
    target: float | None
    anchor: str
    readings: Sequence[Reading]
    checks: Sequence[CheckRow]

    @property
    def label(self) -> str | Promise:
        return LABELS[self.score.dimension]

    @property
    def value(self) -> str:
        return percent(self.score.share, 2)

    @property
    def basis(self) -> str:
        """Return what the score is based on: "4 of 5 checks, up to 12,000 rows"."""
        text = ngettext(
            "{judged} of {n} check has a result", "{judged} of {n} checks have a result",
            self.score.checks,
        ).format(judged=self.score.evaluated, n=self.score.checks)  # fmt: skip
        if self.score.rows is None:
            return text
        return _("{checks}, {rows} rows tested").format(checks=text, rows=number(self.score.rows))

    @property
    def finding(self) -> str:
        """Return the finding of the trend: "98.2 %, 1.3 points lower than 12 days ago"."""
        values = [
            (row.label, value) for row in self.readings if (value := row.values[0]) is not None
        ]
        if len(values) < 2:
            return _("One run so far; a trend needs more.")
        (since, first), (_now, last) = values[0], values[-1]
        points = round(last - first, 2)
        texts = {"value": percent(last / 100, 2), "n": short_number(abs(points)), "since": since}
        if points == 0:
            lowest = min(value for _label, value in values)
            if lowest < last:
                return _("{value} as on {since}, with less in between").format(**texts)
            return _("{value}, unchanged since {since}").format(**texts)
        if points > 0:
            return _("{value}, {n} points higher than on {since}").format(**texts)
        return _("{value}, {n} points lower than on {since}").format(**texts)


@dataclass(frozen=True, kw_only=True)
class ReportedCard:
    """What a tool outside reported last, as it reported it."""

    run: QualityRun
    checks: Sequence[CheckRow]
    finding: str


@dataclass(frozen=True, kw_only=True)
class ProposalRow:
    """A proposed rule: `rule` is its kind with the details, as the form of rules shows them."""

    key: str
    table: str
    rule: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PortCard:
    """The quality of one port; `texts` are rules that no check is made of, with the reason.

    `proposals` are rules that the contract could have, for editors.
    """

    quality: PortQuality
    dimensions: Sequence[DimensionCard]
    texts: Sequence[QualityRule]
    reported: Sequence[ReportedCard]
    finding: str
    schedule: str
    proposals: Sequence[ProposalRow] = ()

    @property
    def has_rules(self) -> bool:
        return any(result.rule.is_runnable for result in self.quality.results)


def port_card(
    quality: PortQuality,
    trend: PortTrend,
    targets: Mapping[str, float] = NO_TARGETS,
    proposals: Sequence[RuleProposal] = (),
) -> PortCard:
    """Return the card of a port; `targets` are thresholds (0 to 1) of objectives by dimension."""
    scores = {score.dimension: score for score in quality.scores}
    dimensions = []
    for dimension in Dimension:
        results = [row for row in quality.of_dimension(dimension) if row.rule.is_runnable]
        if results:
            none = _no_score(dimension, len(results))
            dimensions.append(
                DimensionCard(
                    score=scores.get(dimension, none),
                    target=100 * targets[dimension] if dimension in targets else None,
                    anchor=f"port-{quality.port.pk}-{dimension}",
                    readings=_readings(trend, dimension),
                    checks=[check_row(row, trend) for row in _worst_first(results)],
                )
            )
    return PortCard(
        quality=quality,
        dimensions=dimensions,
        texts=quality.text_rules,
        reported=[_reported(run) for run in quality.reported],
        finding=_finding([row.state for row in quality.results if row.rule.is_runnable]),
        proposals=[proposal_row(proposal) for proposal in proposals],
        schedule=(
            _("every {time}").format(time=format_seconds(quality.interval))
            if quality.interval
            else ""
        ),
    )


def proposal_row(proposal: RuleProposal) -> ProposalRow:
    row = proposal.row
    label = next(str(kind.label) for kind in KINDS if kind.value == row.kind)
    return ProposalRow(
        key=proposal.key,
        table=proposal.table,
        rule=f"{label}: {row.details}" if row.details else label,
        reason=proposal.reason,
    )


def check_row(result: RuleResult, trend: PortTrend) -> CheckRow:
    rule, outcome = result.rule, result.outcome
    return CheckRow(
        title=rule.title,
        place=_place(rule.table, ", ".join(rule.columns)),
        expected=result.expected,
        observed=_observed(rule.unit, outcome.observed if outcome else None),
        tested=_count(outcome.tested if outcome else None),
        failing=_count(outcome.failing if outcome else None),
        state=result.state,
        # "Not run yet" is what the state says.
        message=result.message if outcome or rule.reason else "",
        is_changed=result.is_changed,
        shares=trend.shares.get(rule.key, ()),
        samples=result.samples,
    )


def outcome_row(outcome: CheckOutcome) -> CheckRow:
    """Return a check of a reported run, whose rule is not in the contract."""
    return CheckRow(
        title=outcome.title,
        place=_place(outcome.table, outcome.column),
        expected=outcome.expected,
        observed=_observed(outcome.unit, outcome.observed),
        tested=_count(outcome.tested),
        failing=_count(outcome.failing),
        state=outcome.state,
        message=outcome.message,
    )


def _reported(run: QualityRun) -> ReportedCard:
    outcomes = list(run.outcomes.all())
    rows = [outcome_row(outcome) for outcome in outcomes]
    return ReportedCard(run=run, checks=rows, finding=_finding([row.state for row in outcomes]))


def _finding(states: Sequence[str]) -> str:
    """Return what the checks say together: "2 of 12 checks failed, 1 could not run"."""
    total = len(states)
    counts = {state: states.count(state) for state in CheckState}
    if not total:
        return ""
    if counts[CheckState.NOT_RUN] == total:
        return ngettext("{n} check, not run yet", "{n} checks, not run yet", total).format(n=total)
    parts = [
        (CheckState.FAILED, _("{n} of {total} checks failed")),
        (CheckState.WARNING, _("{n} of {total} gave a warning")),
        (CheckState.ERROR, _("{n} of {total} could not be run")),
        (CheckState.NOT_RUN, _("{n} of {total} not run yet")),
    ]
    texts = [text.format(n=counts[state], total=total) for state, text in parts if counts[state]]
    if texts:
        return ", ".join(texts)
    return ngettext("The one check passed", "All {n} checks passed", total).format(n=total)


def _worst_first(results: Sequence[RuleResult]) -> list[RuleResult]:
    order = list(CheckState)
    return sorted(results, key=lambda row: order.index(row.state))


def _no_score(dimension: Dimension, checks: int) -> DimensionScore:
    return DimensionScore(
        dimension=dimension, share=None, state=CheckState.NOT_RUN, checks=checks, evaluated=0
    )


def _readings(trend: PortTrend, dimension: Dimension) -> list[Reading]:
    scores = trend.scores.get(dimension, ())
    days = {timezone.localtime(at).date() for at in trend.runs}
    form = "j M" if len(days) == len(trend.runs) else "j M, H:i"
    return [
        Reading(label=_label(at, form), values=[_points(score)])
        for at, score in zip(trend.runs, scores, strict=False)
    ]


def _label(at: datetime, form: str) -> str:
    return formats.date_format(timezone.localtime(at), form)


def _points(score: DimensionScore | None) -> float | None:
    return None if score is None or score.share is None else 100 * score.share


def _place(table: str, columns: str) -> str:
    return " · ".join(filter(None, (table, columns)))


def _count(rows: int | None) -> str:
    return "" if rows is None else number(rows)


def _observed(unit: str, value: float | None) -> str:
    if value is None:
        return ""
    if unit == Unit.SECONDS:
        return duration_text(value)
    if unit == Unit.PERCENT:
        return percent(value / 100, 2)
    return number(int(value)) if float(value).is_integer() else f"{value:.4g}"
