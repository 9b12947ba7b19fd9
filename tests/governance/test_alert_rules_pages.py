"""The pages of rules: what applies, where it comes from, and what is refused with its reason."""

import pytest

from governance.alerts.models import AlertRule
from governance.alerts.services import create_rule
from governance.alerts.services.rules import RuleFields
from tests.factories import make_domain, make_lead, make_users

pytestmark = pytest.mark.django_db


@pytest.fixture
def users():
    return make_users()


@pytest.fixture
def owner(client, users):
    client.force_login(users.owner)
    return client


def rules_on(client, slug: str = "") -> dict[str, list[tuple[str, str, str]]]:
    """Return severity, condition and origin of the rules that a page lists, by kind."""
    page = client.get(f"/d/{slug}/alerting" if slug else "/alerting").context_data["page"]
    rows: dict[str, list[tuple[str, str, str]]] = {}
    for row in page.rules:
        rows.setdefault(row.kind.key, []).append((row.severity, row.condition, row.origin))
    return rows


def test_without_a_rule_the_standard_ones_apply(owner, users):
    rules = rules_on(owner, users.domain.slug)

    assert rules["breach"] == [("critical", "", "standard")]
    fast = "burn rate of 14.4 or more over 1 h and over the last 5 min"
    assert ("critical", fast, "standard") in rules["burn_rate"]
    assert rules["port_silent"] == [
        ("warning", "not measured for 10 min and three intervals", "standard")
    ]
    assert "poller_silent" not in rules


def test_a_rule_of_a_domain_replaces_the_standard_ones(owner, users):
    path = f"/d/{users.domain.slug}/alerting/rules/new/burn_rate"
    fields = {"edition": 0, "severity": "info", "is_enabled": "on"}

    owner.post(path, fields | {"parameter_window": "1d", "parameter_burn_rate": "3"})

    assert rules_on(owner, users.domain.slug)["burn_rate"] == [
        ("info", "burn rate of 3 or more over 1 day and over the last 2 h", users.domain.name)
    ]


def test_a_rule_applies_to_the_domains_below(owner, users):
    below = make_domain(parent=users.domain)
    fields = RuleFields(severity="info", parameters={})
    create_rule(kind="breach", fields=fields, actor=users.owner, domain=users.domain)

    assert rules_on(owner, below.slug)["breach"] == [("info", "", users.domain.name)]


def test_a_rule_that_is_off_keeps_the_standard_ones_from_applying(owner, users):
    fields = RuleFields(severity="info", parameters={}, is_enabled=False)
    create_rule(kind="breach", fields=fields, actor=users.owner, domain=users.domain)

    page = owner.get(f"/d/{users.domain.slug}/alerting").context_data["page"]

    assert [row.is_off for row in page.rules if row.kind.key == "breach"] == [True]


def test_what_is_missing_is_shown_at_its_field(owner, users):
    path = f"/d/{users.domain.slug}/alerting/rules/new/burn_rate"

    answer = owner.post(path, {"edition": 0, "severity": "info", "parameter_burn_rate": "0"})

    errors = answer.context_data["page"].form.errors
    assert answer.status_code == 422
    assert {"parameter_window", "parameter_burn_rate"} <= set(errors)
    assert not AlertRule.objects.exists()


def test_a_rule_is_removed_and_what_is_above_applies_again(owner, users):
    fields = RuleFields(severity="info", parameters={})
    rule = create_rule(kind="breach", fields=fields, actor=users.owner, domain=users.domain)

    answer = owner.post(f"/alerting/rules/{rule.uuid}/delete")

    assert answer["Location"] == f"/d/{users.domain.slug}/alerting"
    assert rules_on(owner, users.domain.slug)["breach"] == [("critical", "", "standard")]


def test_what_was_changed_meanwhile_is_not_overwritten(owner, users):
    fields = RuleFields(severity="info", parameters={})
    rule = create_rule(kind="breach", fields=fields, actor=users.owner, domain=users.domain)
    AlertRule.objects.update(edition=2, severity="critical")

    answer = owner.post(
        f"/alerting/rules/{rule.uuid}", {"edition": 1, "severity": "warning", "is_enabled": "on"}
    )

    assert answer.status_code == 409
    assert AlertRule.objects.get().severity == "critical"


def test_only_those_who_edit_here_set_rules(client, users):
    path = f"/d/{users.domain.slug}/alerting/rules/new/breach"
    for person in (users.outsider, users.consumer):
        client.force_login(person)
        assert client.get(path).status_code == 403
        assert client.post(path, {"edition": 0, "severity": "info"}).status_code == 403
    client.force_login(users.owner)
    assert client.get("/alerting/rules/new/breach").status_code == 403
    client.force_login(make_lead())
    assert client.get("/alerting/rules/new/breach").status_code == 200


def test_a_kind_that_does_not_exist_is_not_found(owner, users):
    assert owner.get(f"/d/{users.domain.slug}/alerting/rules/new/nonsense").status_code == 404
