"""What the other slices find opens alerts: breaches, silence, contracts, checks, moved shares."""

from datetime import timedelta

import pytest

from catalog.products.models import DataProduct
from governance.alerts.models import Alert
from governance.alerts.services import RuleFields, create_rule
from governance.slo.models import Objective, ProbeSchedule
from governance.slo.outcomes import Outcome
from governance.slo.services import schedule_missing_ports
from governance.slo.services.alerting import (
    alert_of_breach,
    watch_breaches,
    watch_poller,
    watch_ports,
)
from governance.slo.services.breaches import close_breach, open_breach
from tests.factories import make_lead, make_published_product
from tests.governance.measuring import (
    MINUTE,
    START,
    declare_objectives,
    make_objective,
    make_port,
    record_measurement,
)

pytestmark = pytest.mark.django_db


def of_kind(kind: str) -> Alert:
    return Alert.objects.get(kind=kind)


def make_missed_objective() -> Objective:
    objective = make_objective(make_port(make_published_product()), target=0.9)
    open_breach(objective=objective, opened_at=START)
    return objective


def test_a_breach_opens_an_alert_that_is_resolved_when_the_objective_is_met() -> None:
    objective = make_missed_objective()
    alert = of_kind("breach")
    assert (alert.product, alert.severity, alert.opened_at) == (
        objective.subject_product,
        "critical",
        START,
    )
    assert "is missed" in alert.summary
    close_breach(objective=objective, closed_at=START + MINUTE)
    assert of_kind("breach").state == "resolved"


def test_the_alert_of_an_objective_that_was_removed_is_resolved() -> None:
    objective = make_missed_objective()
    declare_objectives(objective.subject_product)
    watch_breaches(START + MINUTE)
    assert of_kind("breach").resolution == "The objective was removed."


def test_a_breach_whose_rule_was_off_gets_its_alert_when_the_rule_applies_again() -> None:
    lead = make_lead()
    fields = RuleFields(severity="critical", parameters={}, is_enabled=False)
    rule = create_rule(kind="breach", fields=fields, actor=lead)
    make_missed_objective()
    watch_breaches(START + MINUTE)
    assert not Alert.objects.exists()
    rule.delete()
    watch_breaches(START + 2 * MINUTE)
    watch_breaches(START + 3 * MINUTE)
    assert of_kind("breach").count == 1


def test_a_rule_may_be_for_one_indicator_alone() -> None:
    fields = RuleFields(severity="info", parameters={"indicator": "latency"})
    create_rule(kind="breach", fields=fields, actor=make_lead())
    objective = make_missed_objective()
    alert_of_breach(objective.breaches.get(), now=START)
    assert not Alert.objects.exists()


def test_a_budget_that_burns_fast_is_an_alert_until_it_burns_slowly() -> None:
    """The second failure of an hour of checks burns 99.9 % at 32 times the even rate."""
    port = make_port(make_published_product())
    objective = make_objective(port, target=0.999)
    Objective.objects.filter(pk=objective.pk).update(effective_since=START)
    for minute in range(90):
        record_measurement(port=port, slot=START + minute * MINUTE)
    assert not Alert.objects.exists()
    failing = [START + minute * MINUTE for minute in (90, 91)]
    for slot in failing:
        record_measurement(port=port, slot=slot, outcome=Outcome.UNREACHABLE)
    alert = of_kind("burn_rate")
    assert (alert.severity, alert.opened_at) == ("critical", failing[1])
    assert alert.evidence["window"] == "1h"
    assert "2 of 62 checks failed" in alert.summary
    for minute in range(92, 170):
        record_measurement(port=port, slot=START + minute * MINUTE)
    assert of_kind("burn_rate").resolution == "The error budget burns more slowly."


def test_an_alert_of_a_budget_that_is_used_up_says_so_and_names_no_time() -> None:
    """Of 360 checks in 6 hours 3.6 may fail; 9 failures in an hour burn at 15 times."""
    port = make_port(make_published_product())
    objective = make_objective(port, target=0.99, window="6h")
    Objective.objects.filter(pk=objective.pk).update(effective_since=START)
    for minute in range(100):
        outcome = Outcome.UNREACHABLE if minute >= 90 else Outcome.GOOD
        record_measurement(port=port, slot=START + minute * MINUTE, outcome=outcome)
    assert of_kind("burn_rate").summary.endswith("checks failed. The budget is used up.")


def silent_ports(count: int) -> list[ProbeSchedule]:
    """Return the schedules of ports that were measured at START and are due since."""
    ports = [make_port(make_published_product()) for _ in range(count)]
    schedule_missing_ports()
    for port in ports:
        record_measurement(port=port, slot=START)
    ProbeSchedule.objects.exclude(port__in=ports).delete()
    ProbeSchedule.objects.update(next_due_at=START + MINUTE, claimed_until=None)
    return list(ProbeSchedule.objects.all())


def test_a_silent_poller_is_one_alert_and_its_ports_have_none() -> None:
    silent_ports(2)
    later = START + 20 * MINUTE
    watch_poller(later)
    watch_ports(later)
    alert = Alert.objects.get()
    assert (alert.kind, alert.product, alert.severity) == ("poller_silent", None, "critical")
    assert "2 ports are due" in alert.summary
    ProbeSchedule.objects.update(next_due_at=later + MINUTE)
    watch_poller(later)
    assert Alert.objects.get().resolution == "Ports are measured again."


def test_a_port_that_alone_is_not_measured_is_an_alert_until_it_is() -> None:
    silent, measured = silent_ports(2)
    later = START + 20 * MINUTE
    record_measurement(port=measured.port, slot=later)
    ProbeSchedule.objects.filter(pk=measured.pk).update(next_due_at=later + MINUTE)
    watch_ports(later)
    alert = of_kind("port_silent")
    assert alert.product == silent.port.product
    assert "was last measured at 2026-03-02 10:00 UTC" in alert.summary
    record_measurement(port=silent.port, slot=later + timedelta(seconds=1))
    ProbeSchedule.objects.update(next_due_at=later + MINUTE)
    watch_ports(later + timedelta(seconds=2))
    assert of_kind("port_silent").state == "resolved"


def test_a_draft_alarms_nobody() -> None:
    port = make_port()
    objective = make_objective(port, target=0.9)
    for minute in range(30):
        record_measurement(port=port, slot=START + minute * MINUTE, outcome=Outcome.UNREACHABLE)
    assert DataProduct.objects.get(pk=objective.subject_product.pk).status == "draft"
    assert not Alert.objects.exists()
