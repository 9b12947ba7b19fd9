"""Rules of alerts: the nearest place counts, and one that is of no use is refused."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.audit.models import AuditEvent
from catalog.domains.models import Domain
from catalog.exceptions import EditConflict, PermissionDenied, ValidationFailed
from catalog.products.models import DataProduct
from catalog.types import JSONObject
from governance.alerts.arithmetic import WINDOWS, Budget, BurnRule, unusable_because
from governance.alerts.kinds import RuleScope
from governance.alerts.models import AlertRule
from governance.alerts.services import (
    RuleFields,
    change_rule,
    create_rule,
    delete_rule,
    rule_issues,
    rules_for,
)
from governance.slo.alert_kinds import BURN_RATE
from tests.factories import make_domain, make_lead, make_published_product, make_users
from tests.governance.measuring import make_objective, make_port

MINUTE = timedelta(minutes=1)
MONTH = timedelta(days=30)


def budget(target: float, interval: timedelta = MINUTE) -> Budget:
    return Budget(name="availability", target=target, window=MONTH, interval=interval)


def fast(**options: Any) -> BurnRule:
    return BurnRule(**{"window": "1h", "burn_rate": 14.4} | options)


def test_a_rule_above_the_greatest_burn_rate_can_never_fire() -> None:
    reason = unusable_because(fast(), budget(0.9))
    assert "can never fire" in reason
    assert "1 / (1 - 0.9) = 10" in reason


def test_a_rule_that_one_failure_meets_fires_at_every_single_failure() -> None:
    """Of 60 checks an hour, one is a burn rate of 16.7 at 99.9 %."""
    reason = unusable_because(fast(min_failures=1), budget(0.999))
    assert "fires at every single failure" in reason
    assert "1 / 60 / (1 - 0.999) = 16.7" in reason
    assert unusable_because(fast(min_failures=2), budget(0.999)) == ""
    assert unusable_because(fast(min_failures=1), budget(0.99)) == ""


def test_a_rule_needs_as_many_checks_as_failures() -> None:
    assert "there are 1 checks" in unusable_because(fast(), budget(0.99, timedelta(hours=1)))


def test_a_window_longer_than_that_of_the_objective_is_refused() -> None:
    day = Budget(name="a", target=0.99, window=timedelta(days=1), interval=MINUTE)
    assert "longer than that of the objective, 1 d" in unusable_because(
        fast(window="3d", burn_rate=1), day
    )


@pytest.mark.parametrize(
    ("rule", "target", "interval", "reason"),
    [
        (BurnRule(window="3d", burn_rate=1), 0.999, MINUTE, ""),
        (BurnRule(window="3d", burn_rate=1, min_failures=1), 0.99, MINUTE, ""),
        (BurnRule(window="3d", burn_rate=3), 0.5, MINUTE, "1 / (1 - 0.5) = 2, less than 3."),
        (BurnRule(window="3d", burn_rate=1), 0.9, timedelta(days=2), "in 3d there are 2 checks"),
        (
            BurnRule(window="3d", burn_rate=1, min_failures=1),
            0.99,
            timedelta(hours=1),
            "1 / 72 / (1 - 0.99) = 1.39, at least 1.",
        ),
        (BurnRule(window="1d", burn_rate=3, min_failures=2000), 0.99, MINUTE, "are 1440 checks"),
    ],
)
def test_pairs_of_long_windows_are_accepted_or_refused_with_the_arithmetic(
    rule: BurnRule, target: float, interval: timedelta, reason: str
) -> None:
    """Of 3 days and 6 hours, and of a day and 2 hours."""
    answer = unusable_because(rule, budget(target, interval))
    assert (reason in answer) if reason else answer == ""


def test_a_target_of_all_checks_has_no_greatest_burn_rate() -> None:
    assert unusable_because(fast(), budget(1.0)) == ""


def series(rule: BurnRule, failing: list[bool], target: float) -> int | None:
    """Return the minute of the first alert over checks a minute apart; None without one."""
    long = int(rule.long / MINUTE)
    short = long // 12
    for minute in range(1, len(failing) + 1):
        spans = [failing[max(0, minute - length) : minute] for length in (long, short)]
        failures = [sum(span) for span in spans]
        rates = [
            count / len(span) / (1 - target) for count, span in zip(failures, spans, strict=True)
        ]
        if rule.fires(
            long_rate=rates[0],
            short_rate=rates[1],
            long_failures=failures[0],
            short_failures=failures[1],
        ):
            return minute
    return None


def test_when_all_checks_fail_the_fast_rule_fires_within_two_minutes() -> None:
    failing = [False] * 600 + [True] * 10
    assert series(fast(), failing, 0.999) == 602


@pytest.mark.parametrize("rule", BURN_RATE.standard_rules[:3])
def test_at_an_even_pace_no_standard_rule_fires_for_a_month(rule: Any) -> None:
    """One failure in 1,000 checks is just what 99.9 % allows."""
    failing = [minute % 1000 == 500 for minute in range(10_000)]
    assert series(BurnRule(**rule.parameters), failing, 0.999) is None


def test_every_standard_rule_is_of_use_for_a_usual_objective() -> None:
    rules = [BurnRule(**rule.parameters) for rule in BURN_RATE.standard_rules]
    assert {rule.window for rule in rules} == set(WINDOWS)
    assert [unusable_because(rule, budget(0.999)) for rule in rules] == [""] * 4


@pytest.mark.django_db
class TestSavedRules:
    """Rules in the database."""

    def save(
        self, place: Domain | DataProduct | None, parameters: JSONObject, actor: Any, **fields: Any
    ) -> AlertRule:
        kind = fields.pop("kind", "burn_rate")
        return create_rule(
            kind=kind,
            product=place if isinstance(place, DataProduct) else None,
            domain=place if isinstance(place, Domain) else None,
            fields=RuleFields(parameters=parameters, **{"severity": "warning"} | fields),
            actor=actor,
        )

    def test_the_rules_of_the_nearest_place_apply(self) -> None:
        users = make_users()
        below = make_domain(parent=users.domain)
        product, other = make_published_product(domain=below), make_published_product()
        self.save(None, {"window": "1h", "burn_rate": 10}, make_lead())
        self.save(users.domain, {"window": "6h", "burn_rate": 5}, users.owner)
        self.save(product, {"window": "1d", "burn_rate": 2}, users.owner)

        def windows(subject: Any) -> list[str]:
            return [rule.parameters["window"] for rule in rules_for("burn_rate", subject)]

        assert windows(product) == ["1d"]
        assert windows(below) == ["6h"]
        assert windows(other) == ["1h"]
        assert [rule.severity for rule in rules_for("breach", product)] == ["critical"]

    def test_a_rule_that_is_off_keeps_wider_rules_from_applying(self) -> None:
        users = make_users()
        product = make_published_product(domain=users.domain)
        self.save(product, {}, users.owner, kind="breach", is_enabled=False)
        assert rules_for("breach", product) == []

    def test_a_rule_of_no_use_for_a_product_is_refused_with_the_arithmetic(self) -> None:
        users = make_users()
        objective = {"indicator": "availability", "target": 0.9, "window": "30d"}
        product = make_published_product(domain=users.domain, assayObjectives=[objective])
        with pytest.raises(ValidationFailed, match="can never fire"):
            self.save(product, {"window": "1h", "burn_rate": 14.4}, users.owner)
        self.save(product, {"window": "1h", "burn_rate": 5}, users.owner)
        with pytest.raises(ValidationFailed, match="can never fire"):
            self.save(users.domain, {"window": "1h", "burn_rate": 14.4}, users.owner)
        make_published_product(domain=users.domain, assayObjectives=[objective | {"target": 0.99}])
        fields = RuleFields(severity="warning", parameters={"window": "1h", "burn_rate": 14.4})
        rule = create_rule(kind="burn_rate", domain=users.domain, fields=fields, actor=users.owner)
        [warning] = rule_issues("burn_rate", fields, rule.scope)
        assert not warning.is_error

    def test_a_rule_of_no_use_for_many_objectives_names_three_and_counts_the_others(self) -> None:
        domain = make_domain()
        for _ in range(5):
            make_objective(make_port(make_published_product(domain=domain)), target=0.9)
        fields = RuleFields(severity="critical", parameters={"window": "1h", "burn_rate": 2000})

        issues = rule_issues("burn_rate", fields, RuleScope(domain_id=domain.pk))

        assert len(issues) == 3
        assert issues[-1].message.endswith("It is of no use for 2 more of 5 objectives.")
        assert [bool(issue.hint) for issue in issues] == [False, False, True]

    def test_a_silence_shorter_than_two_checks_is_refused(self) -> None:
        users = make_users()
        product = make_published_product(domain=users.domain)
        with pytest.raises(ValidationFailed, match="every single late check"):
            self.save(product, {"after_minutes": 1}, users.owner, kind="port_silent")
        self.save(product, {"after_minutes": 2}, users.owner, kind="port_silent")

    @pytest.mark.parametrize(
        ("kind", "parameters", "location"),
        [
            ("burn_rate", {}, "parameters"),
            ("burn_rate", {"window": "2h", "burn_rate": 2}, "parameters.window"),
            ("burn_rate", {"window": "1h", "burn_rate": "fast"}, "parameters.burn_rate"),
            ("breach", {"threshold": 1}, "parameters"),
            ("bras", {}, "kind"),
            ("poller_silent", {}, "kind"),
        ],
    )
    def test_a_rule_that_is_not_understood_is_refused(
        self, kind: str, parameters: JSONObject, location: str
    ) -> None:
        users = make_users()
        with pytest.raises(ValidationFailed) as refused:
            self.save(users.domain, parameters, users.owner, kind=kind)
        assert location in {issue.location for issue in refused.value.issues}

    def test_only_those_who_edit_there_manage_rules_and_each_change_is_audited(self) -> None:
        users = make_users()
        parameters = {"window": "1h", "burn_rate": 10}
        for person in (users.consumer, users.outsider):
            with pytest.raises(PermissionDenied):
                self.save(users.domain, parameters, person)
        with pytest.raises(PermissionDenied):
            self.save(None, parameters, users.owner)
        rule = self.save(users.domain, parameters, users.steward)
        fields = RuleFields(severity="critical", parameters=parameters)
        changed = change_rule(rule=rule, fields=fields, edition=1, actor=users.owner)
        with pytest.raises(EditConflict):
            delete_rule(rule=rule, edition=1, actor=users.owner)
        delete_rule(rule=changed, edition=2, actor=users.owner)
        verbs = AuditEvent.objects.filter(object_kind="alert rule").order_by("pk")
        assert list(verbs.values_list("verb", flat=True)) == ["created", "edited", "deleted"]
