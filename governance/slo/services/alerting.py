"""Opens and resolves the alerts of objectives, of ports, and of the poller."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.products.models import Status
from governance.alerts.arithmetic import unusable_because
from governance.alerts.models import Alert
from governance.alerts.services import EffectiveRule, RuleBook, open_alert, resolve_alert
from governance.slo.alert_kinds import (
    BREACH,
    BURN_RATE,
    POLLER_SILENT,
    PORT_SILENT,
    budget_of,
    burn_rule,
)
from governance.slo.assessment import Assessment
from governance.slo.budget import Ratio, burn_rate
from governance.slo.models import Breach, Objective, ProbeSchedule
from governance.slo.services.poller import find_poller_silence
from governance.slo.wording import format_exhaustion, format_objective

POLLER_KEY = "poller"
MAX_SILENT = 200


def alert_of_breach(breach: Breach, *, now: datetime, book: RuleBook | None = None) -> None:
    """Open the alert of a breach that has begun, in its transaction."""
    objective = breach.objective
    assert objective is not None
    product = objective.subject_product
    if product.status == Status.DRAFT or product.is_working_copy:
        return
    rules = (book or RuleBook(BREACH.key)).rules_for(product)
    for rule in [rule for rule in rules if _is_for(rule, objective)][:1]:
        open_alert(
            key=_breach_key(objective),
            kind=BREACH.key,
            subject=product,
            rule=rule,
            summary=(
                f"The objective “{format_objective(objective.spec)}” of "
                f"{objective.port or product} is missed."
            ),
            path=f"{product.path}/slo",
            evidence={"objective": objective.pk, "since": breach.opened_at.isoformat()},
            now=now,
        )


def end_alert_of_breach(objective: Objective, *, now: datetime) -> None:
    resolve_alert(key=_breach_key(objective), reason="The objective is met again.", now=now)


def alert_of_burn_rates(assessed: Sequence[tuple[Objective, Assessment]], *, now: datetime) -> None:
    """Open the alerts of objectives whose budget burns fast, and resolve those that slowed."""
    burning = [
        (objective, assessment)
        for objective, assessment in assessed
        if any(rate.long_rate for rate in assessment.burn_rates)
        and objective.subject_product.status != Status.DRAFT
    ]
    keys = {_burn_key(objective): objective for objective, _ in assessed}
    firing = set(
        Alert.objects.filter(kind=BURN_RATE.key, is_firing=True, key__in=keys).values_list(
            "key", flat=True
        )
    )
    book = RuleBook(BURN_RATE.key) if burning else None
    for objective, assessment in burning:
        assert book is not None
        rules = book.rules_for(objective.subject_product)
        if (fired := _burning(objective, assessment, rules)) is None:
            continue
        firing.discard(_burn_key(objective))
        _open_burn_alert(objective, assessment, fired, now)
    for key in firing:
        resolve_alert(key=key, reason="The error budget burns more slowly.", now=now)


def watch_breaches(now: datetime) -> None:
    """Bring the alerts of breaches into line with the breaches, whatever has happened between.

    An objective may have been removed, or its rule have been off when it was missed first.
    """
    firing = Alert.objects.filter(
        kind__in=(BREACH.key, BURN_RATE.key), is_firing=True, evidence__has_key="objective"
    )
    keys = dict(firing.values_list("key", "evidence__objective"))
    existing = set(Objective.objects.filter(pk__in=keys.values()).values_list("pk", flat=True))
    for key, objective_id in keys.items():
        if objective_id not in existing:
            resolve_alert(key=key, reason="The objective was removed.", now=now)
    breaches = Breach.objects.open().filter(objective__isnull=False)
    related = breaches.select_related("objective__port__product__domain")
    related = related.select_related("objective__product__domain")
    missed = [breach for breach in related if _breach_key_of(breach) not in keys]
    book = RuleBook(BREACH.key) if missed else None
    for breach in missed:
        alert_of_breach(breach, now=now, book=book)


def watch_poller(now: datetime) -> None:
    """Open or resolve the alert of a silent poller; the watch calls it, which is no part of it."""
    silence = find_poller_silence(now)
    if silence is None:
        resolve_alert(key=POLLER_KEY, reason="Ports are measured again.", now=now)
        return
    open_alert(
        key=POLLER_KEY,
        kind=POLLER_SILENT.key,
        subject=None,
        summary=(
            f"{silence.due} ports are due and none is measured, "
            f"since {silence.since:%Y-%m-%d %H:%M} UTC."
        ),
        path="/status",
        evidence={"due": silence.due, "since": silence.since.isoformat()},
        now=now,
    )


def watch_ports(now: datetime) -> None:
    """Open the alerts of ports that alone are not measured, and resolve those of the others.

    While the poller is silent, that is the one alert: all ports would have their own.
    """
    if find_poller_silence(now) is not None:
        return
    open_keys = set(
        Alert.objects.filter(kind=PORT_SILENT.key, is_firing=True).values_list("key", flat=True)
    )
    book: RuleBook | None = None
    for schedule in _late_schedules(now):
        book = book or RuleBook(PORT_SILENT.key)
        product = schedule.port.product.published_row
        key = f"port_silent:{schedule.port_id}"
        last = schedule.port.last_probed_at
        assert last is not None
        for rule in book.rules_for(product)[:1]:
            minutes = int(rule.parameters.get("after_minutes", 10))
            if now - last < max(timedelta(minutes=minutes), 3 * schedule.period):
                continue
            open_keys.discard(key)
            open_alert(
                key=key,
                kind=PORT_SILENT.key,
                subject=product,
                rule=rule,
                summary=f"{schedule.port} was last measured at {last:%Y-%m-%d %H:%M} UTC.",
                path=f"{product.path}/slo",
                evidence={"last_measured_at": last.isoformat(), "interval": schedule.interval},
                now=now,
            )
    for key in open_keys:
        resolve_alert(key=key, reason="The port is measured again.", now=now)


def _late_schedules(now: datetime) -> Iterable[ProbeSchedule]:
    rows = ProbeSchedule.objects.probed().select_related("port__product__domain")
    rows = rows.exclude(port__product__status=Status.DRAFT)
    late = rows.filter(port__last_probed_at__lt=now - timedelta(minutes=1))
    return late.filter(next_due_at__lt=now).order_by("port__last_probed_at")[:MAX_SILENT]


@dataclass(frozen=True, kw_only=True)
class _Burning:
    """A rule that fires; the rate is of the checks that its long window has by the schedule.

    So two failures of a young objective are not a day that burned fast.
    """

    rule: EffectiveRule
    rate: float
    failed: int
    checks: int


def _burning(
    objective: Objective, assessment: Assessment, rules: Sequence[EffectiveRule]
) -> _Burning | None:
    """Return the first rule that fires for an objective, the most urgent first."""
    budget = budget_of(objective)
    for effective in rules:
        rule = burn_rule(effective.parameters)
        burn = next((burn for burn in assessment.burn_rates if burn.long == rule.long), None)
        if burn is None or not _is_for(effective, objective) or unusable_because(rule, budget):
            continue
        failed = burn.long_ratio.failed
        checks = max(burn.long_ratio.total, round(rule.long / budget.interval))
        rate = burn_rate(Ratio(checks - failed, checks), objective.target)
        short_failures = burn.short_ratio.failed
        if rule.fires(
            long_rate=rate,
            short_rate=burn.short_rate,
            long_failures=failed,
            short_failures=short_failures,
        ):
            return _Burning(rule=effective, rate=rate, failed=failed, checks=checks)
    return None


def _open_burn_alert(
    objective: Objective, assessment: Assessment, burning: _Burning, now: datetime
) -> None:
    product = objective.subject_product
    window = burning.rule.parameters["window"]
    end = "The budget is used up." if not assessment.remaining else format_exhaustion(assessment)
    open_alert(
        key=_burn_key(objective),
        kind=BURN_RATE.key,
        subject=product,
        rule=burning.rule,
        summary=(
            f"The error budget of “{format_objective(objective.spec)}” of "
            f"{objective.port or product} burns at {burning.rate:.3g}× over "
            f"{window}: {burning.failed} of {burning.checks} checks failed. {end}"
        ).strip(),
        path=f"{product.path}/slo",
        evidence={
            "objective": objective.pk,
            "window": window,
            "burn_rate": round(min(burning.rate, 1e9), 3),
            "threshold": burning.rule.parameters["burn_rate"],
            "failed": burning.failed,
            "checks": burning.checks,
        },
        now=now,
    )


def _is_for(rule: EffectiveRule, objective: Objective) -> bool:
    return rule.parameters.get("indicator") in (None, objective.indicator)


def _breach_key(objective: Objective) -> str:
    return f"breach:{objective.pk}"


def _breach_key_of(breach: Breach) -> str:
    return f"breach:{breach.objective_id}"


def _burn_key(objective: Objective) -> str:
    return f"burn_rate:{objective.pk}"
