"""Evaluates objectives: updates their status, opens and closes breaches.

After a batch of measurements all objectives that cover its ports get a cheap check; only those
whose status must be written are evaluated in full: the verdict changed, the figures are old, or
an hour is over. Every page, badge, feed and answer shows what was written then.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from catalog.products.models import Status
from governance.alerts.arithmetic import MIN_FAILURES
from governance.slo.alert_kinds import FAST_BURN
from governance.slo.assessment import BURN_WINDOWS, Assessment, BurnRate
from governance.slo.budget import Ratio, burn_rate
from governance.slo.coverage import covered_ports
from governance.slo.evaluation import (
    PROBED_INDICATORS,
    SPEC_FIELDS,
    ObjectiveSpec,
    Verdict,
    count,
)
from governance.slo.models import Objective, ObjectiveStatus, RollUp
from governance.slo.services.alerting import alert_of_burn_rates
from governance.slo.services.breaches import close_breach, open_breach
from governance.slo.stats import DAY, HOUR, SLICE, Stats, parse_slices
from governance.slo.verdicts import Counts, assess
from governance.slo.window_reader import WindowReader, base_end, minimum_evidence
from governance.slo.windows import Window, next_slice

# While the verdict stays, figures are written when a tenth of the time that they are about has
# passed since, and after five minutes: they inform, nothing acts on them.
FIGURES_INTERVAL = timedelta(minutes=5)
FIGURES_SHARE = 10
STATUS_FIELDS = (
    "verdict since good total value as_of evaluated_at unknown_from details"
    " base base_good base_total base_to edge_good edge_total"
).split()
CHECKED_FIELDS = (
    "verdict evaluated_at base_good base_total base_to edge_good edge_total"
    " details__expected details__starts_at details__window details__burn_rates"
).split()
COVERAGE_FIELDS = ("pk", "port_id", "product_id")

Slices = list[tuple[datetime, Stats]]


def evaluate_ports(*, port_ids: Collection[int], now: datetime) -> set[int]:
    """Evaluate every objective on probes of these ports; return the products to publish again.

    A verdict that changes to breached opens one breach, however long it lasts; a change away from
    it closes the breach. No data closes nothing.
    """
    objectives = list(
        Objective.objects.covering_ports(port_ids)
        .filter(indicator__in=PROBED_INDICATORS)
        .values_list(
            *COVERAGE_FIELDS,
            *SPEC_FIELDS,
            *(f"status__{name}" for name in CHECKED_FIELDS),
            named=True,
        )
    )
    covered = covered_ports(objectives)
    slices = _recent_slices({port.port_id for ports in covered.values() for port in ports}, now)
    minimum, outdated = minimum_evidence(), []
    for row in objectives:
        evaluated_at, starts_at = row.status__evaluated_at, row.status__details__starts_at
        if evaluated_at is None or not starts_at or row.status__base_to != base_end(now):
            outdated.append(row.pk)
            continue
        window = Window(
            datetime.fromisoformat(starts_at), now, timedelta(seconds=row.status__details__window)
        )
        if _is_due(window, evaluated_at, now) or _needs_full_count(window, evaluated_at, now):
            outdated.append(row.pk)
            continue
        first = next_slice(window.start)
        spec = ObjectiveSpec(**{name: getattr(row, name) for name in SPEC_FIELDS})
        recent = [
            (at, stats)
            for port in covered[row.pk]
            for at, stats in slices.get(port.port_id, ())
            if at >= first
        ]
        this_slice = next_slice(now) - SLICE
        last_hour = count(spec, [stats for at, stats in recent if at >= this_slice - HOUR])
        counts = Counts(
            ratio=Ratio(row.status__base_good, row.status__base_total)
            + Ratio(row.status__edge_good, row.status__edge_total)
            + count(spec, [stats for _, stats in recent]),
            expected=row.status__details__expected,
            as_of=now,
            burn_rates=[BurnRate(*BURN_WINDOWS[0], Ratio(), last_hour, spec.target)],
        )
        has_turned = assess(spec, window, counts, minimum).verdict != row.status__verdict
        if has_turned or _begins_to_burn(spec, last_hour, row.status__details__burn_rates):
            outdated.append(row.pk)
    return evaluate(objectives=list(Objective.objects.filter(pk__in=outdated)), now=now)


def _is_due(window: Window, evaluated_at: datetime, now: datetime) -> bool:
    """Return True if the figures of a status are too old to be shown."""
    age = abs(now - evaluated_at)
    return age >= min(FIGURES_INTERVAL, (now - window.start) / FIGURES_SHARE)


def _needs_full_count(window: Window, evaluated_at: datetime, now: datetime) -> bool:
    """Return True if only the full evaluation counts the start of a window right.

    The slice in which an objective came into force is cut; it belongs to the edge once it is over,
    and its last measurements are recorded. A window of up to two hours moves within the slices.
    """
    is_young = window.start > base_end(now)
    is_over = evaluated_at >= next_slice(window.start) + SLICE
    return is_young and (window.length <= 2 * HOUR or not is_over)


def _begins_to_burn(
    spec: ObjectiveSpec, last_hour: Ratio, stored: Sequence[Sequence[int]] | None
) -> bool:
    """Return True if the last hour burns so fast that somebody is called, and did not before.

    Alerts are opened by the full evaluation, which would otherwise wait for its interval.
    """
    before = Ratio(*stored[0][2:]) if stored else Ratio()
    return _burns_fast(spec, last_hour) and not _burns_fast(spec, before)


def _burns_fast(spec: ObjectiveSpec, hour: Ratio) -> bool:
    return hour.failed >= MIN_FAILURES and burn_rate(hour, spec.target) >= FAST_BURN


def _recent_slices(port_ids: Collection[int], now: datetime) -> Mapping[int, Slices]:
    """Return the slices of ports since the base, by port."""
    slices: dict[int, Slices] = defaultdict(list)
    end = base_end(now)
    rows = RollUp.objects.hours(port_ids, end, end + 3 * DAY)
    for port_id, start, stored in rows.values_list("port_id", "start", "slices"):
        for number, stats in parse_slices(stored).items():
            slices[port_id].append((start + number * SLICE, stats))
    return slices


@transaction.atomic
def evaluate(*, objectives: Sequence[Objective], now: datetime) -> set[int]:
    """Evaluate objectives in full; return the ids of the products to publish again: all of them."""
    _put_in_force(objectives, now)
    pks = {objective.pk for objective in objectives}
    rows = ObjectiveStatus.objects.filter(objective_id__in=pks)
    missing = pks - set(rows.values_list("objective_id", flat=True))
    ObjectiveStatus.objects.bulk_create(
        [ObjectiveStatus(objective_id=pk) for pk in missing], ignore_conflicts=True
    )
    locked = rows.select_for_update().order_by("pk")
    statuses = {status.objective_id: status for status in locked}
    reader = WindowReader(objectives, statuses, now)
    products: set[int] = set()
    assessed = []
    for objective in objectives:
        assessment, status = reader.assess(objective), statuses[objective.pk]
        covered = reader.covered.get(objective.pk, ())
        _turn(objective, status, assessment, [port.port_id for port in covered])
        products |= {port.product_id for port in covered}
        status.keep(assessment)
        status.evaluated_at = now
        assessed.append((objective, assessment))
    ObjectiveStatus.objects.bulk_create(
        statuses.values(),
        update_conflicts=True,
        unique_fields=["objective"],
        update_fields=STATUS_FIELDS,
    )
    alert_of_burn_rates(assessed, now=now)
    return products


def _put_in_force(objectives: Sequence[Objective], now: datetime) -> None:
    """Date the objectives of products that were published since they were declared."""
    undated = [objective for objective in objectives if objective.effective_since is None]
    if not undated:
        return
    pks = [objective.pk for objective in undated]
    is_published = ~Q(product__status=Status.DRAFT) & ~Q(port__product__status=Status.DRAFT)
    published = Objective.objects.filter(is_published, pk__in=pks)
    since = Coalesce("product__published_at", "port__product__published_at", Value(now))
    dates = dict(published.values_list("pk", since))
    for objective in undated:
        objective.effective_since = dates.get(objective.pk)
    Objective.objects.bulk_update(
        [objective for objective in undated if objective.effective_since], ["effective_since"]
    )


def _turn(
    objective: Objective, status: ObjectiveStatus, assessment: Assessment, port_ids: Sequence[int]
) -> None:
    """Change the verdict of a status, and its breach."""
    verdict = assessment.verdict
    if verdict == status.verdict:
        return
    had_verdict = status.verdict in (Verdict.MET, Verdict.AT_RISK) or (
        status.verdict == Verdict.NO_DATA and status.total > 0
    )
    status.verdict, status.since = verdict, assessment.as_of or status.since
    if verdict == Verdict.BREACHED:
        # Without an earlier verdict it has been missed since its first failure.
        first = None if had_verdict else assessment.starts_at
        open_breach(
            objective=objective, opened_at=status.since, port_ids=port_ids, first_check=first
        )
    elif verdict not in (Verdict.NO_DATA, Verdict.COLLECTING):
        close_breach(objective=objective, closed_at=status.since)
