"""Runs of checks, what they say, their history, and what products show of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.authorization.access import access_for
from catalog.exceptions import InvalidTransition, NotFound, PermissionDenied, ValidationFailed
from catalog.products.models import DataProduct
from governance.alerts.models import Alert
from governance.quality.models import CheckOutcome, QualityRun, QualitySchedule
from governance.quality.outcomes import CheckState
from governance.quality.services import (
    check_batch,
    claim_checks,
    latest_run,
    plan_checks,
    prune_runs,
    results_of,
    run_port_checks,
    scores_in,
    set_interval,
)
from governance.quality.services.trends import trend_of
from governance.sandbox.types import SourceUnreadable
from governance.slo.models import IndicatorValue
from tests.factories import FACTORY, make_product, make_users, with_port, write_file
from tests.governance.checking import (
    HAS_ROWS,
    NOT_NULL,
    UNIQUE,
    check,
    check_here,
    make_checked_port,
    set_rules,
)

pytestmark = pytest.mark.django_db
GOOD = "order_id,customer,amount\nA,c1,10\nB,c2,20\n"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


def quality_of(port):
    return DataProduct.objects.get(pk=port.product_id).quality_state


def make_port(**options):
    return make_checked_port(
        HAS_ROWS,
        columns={"order_id": {"quality": [UNIQUE]}, "customer": {"quality": [NOT_NULL]}},
        **options,
    )


def test_a_run_says_of_each_check_what_was_expected_and_observed():
    port = make_port()

    run = check(port)

    assert (run.is_ok, run.rows, run.is_sample, run.is_reported) == (True, 3, False, False)
    assert [
        (item.key, item.state, item.expected, item.observed, item.failing, item.tested)
        for item in run.outcomes.all()
    ] == [
        ("orders.not-empty", "passed", "more than 0 rows", 3, None, None),
        ("orders.order_id.one-row", "failed", "no duplicated keys", 1, 2, 3),
        ("orders.customer.customer-known", "failed", "no rows without a value", 1, 1, 3),
    ]
    assert run.outcomes.get(column="customer").message == (
        "1 row without a value; expected no rows without a value."
    )


def test_the_score_of_a_dimension_is_the_average_share_of_rows_that_pass():
    run = check(make_port())

    scores = {score.dimension.value: score for score in scores_in(run)}

    assert scores["uniqueness"].share == pytest.approx(1 / 3)
    # The row count passed, and two of three rows have a customer.
    assert scores["completeness"].share == pytest.approx((1 + 2 / 3) / 2)
    assert (scores["completeness"].checks, scores["completeness"].evaluated) == (2, 2)
    assert scores["completeness"].definition


def test_the_state_of_a_product_follows_its_runs_and_is_audited():
    port = make_port()
    states = [quality_of(port)]
    check(port)
    states.append(quality_of(port))
    check(port, GOOD)
    states.append(quality_of(port))
    set_rules(port, columns={"order_id": {}})
    states.append(quality_of(port))

    assert states == ["collecting", "failed", "passed", "none"]
    events = AuditEvent.objects.filter(verb="quality state changed").order_by("id")
    assert [event.after["quality_state"] for event in events][:3] == states[:3]
    assert events[1].reason == "2 of 3 checks failed."


def test_a_check_that_cannot_run_is_unknown_and_never_good():
    port = make_checked_port(columns={"nothing": {"quality": [NOT_NULL]}})

    run = check(port)

    outcome = run.outcomes.get()
    assert (outcome.state, outcome.share) == ("error", None)
    assert quality_of(port) == "unknown"
    assert scores_in(run)[0].share is None


def test_a_source_that_cannot_be_read_leaves_what_was_measured_before():
    port = make_port()
    check(port)

    failed = check(port, "order_id,customer,amount\n")

    assert (failed.state, failed.code) == ("failed", "empty")
    assert latest_run(port) != failed
    assert [event.verb for event in AuditEvent.objects.filter(verb__contains="run checks")] == [
        "could not run checks"
    ]


def test_whatever_breaks_breaks_its_own_run_only():
    def broken(*_):
        raise RuntimeError("memory")

    run = run_port_checks(port=make_port(), actor=FACTORY, run=broken)

    assert (run.state, run.code) == ("failed", "failed")
    assert "memory" not in run.reason


def test_rows_that_fail_are_shown_only_to_those_who_may_see_the_data():
    users = make_users()
    port = make_port(domain=users.domain, assayVisibility="public")
    check(port)

    def samples(person):
        [quality] = results_of(port.product, access_for(person))
        return [list(result.samples) for result in quality.results if result.samples]

    assert samples(users.outsider) == samples(users.consumer) == []
    assert samples(users.owner)[1] == [{"order_id": "B", "customer": "", "amount": "20"}]


def test_values_of_classified_columns_are_neither_kept_nor_shown():
    users = make_users()
    port = make_checked_port(
        domain=users.domain,
        columns={"order_id": {"quality": [UNIQUE]}, "customer": {"classification": "pii"}},
    )
    run = check(port)

    assert run.samples["orders.order_id.one-row"][0].keys() == {"order_id", "amount"}
    set_rules(
        port, columns={"order_id": {"quality": [UNIQUE], "classification": "pii"}, "customer": {}}
    )
    [quality] = results_of(port.product, access_for(users.owner))
    assert [set(row) for row in quality.results[0].samples] == [{"amount"}] * 2


def test_only_the_latest_run_keeps_rows():
    port = make_port()
    first, second = check(port), check(port)

    first.refresh_from_db()
    assert first.samples == {}
    assert second.samples


def test_the_trend_of_a_check_survives_a_new_version_of_its_contract():
    port = make_port()
    check(port)
    set_rules(
        port,
        UNIQUE | {"id": "other", "arguments": {"properties": ["amount"]}},
        columns={"customer": {"quality": [NOT_NULL | {"mustBe": 1}]}},
    )
    check(port)

    key = "orders.customer.customer-known"
    outcomes = CheckOutcome.objects.filter(port=port, key=key).order_by("at", "pk")
    assert [outcome.state for outcome in outcomes] == ["failed", "passed"]
    shares = trend_of(port, since=timezone.now() - timedelta(hours=1)).shares
    assert shares[key] == [outcome.share for outcome in outcomes]


def test_a_rule_that_changed_since_the_last_run_says_so():
    port = make_port()
    check(port)
    set_rules(port, columns={"customer": {"quality": [NOT_NULL | {"mustBe": 1}]}})

    [quality] = results_of(port.product)

    assert [(item.is_changed, item.state) for item in quality.results] == [
        (True, CheckState.FAILED)
    ]


def test_rules_that_are_text_or_new_are_listed_as_not_run():
    text = {"type": "text", "description": "Only confirmed orders."}
    port = make_checked_port(text, NOT_NULL, is_draft=True)

    [quality] = results_of(port.product)

    assert [(item.state.value, item.message) for item in quality.results] == [
        ("not_run", "The rule is text; no check is derived from it."),
        ("not_run", "nullValues is a rule of a column."),
    ]
    assert [issue.location for issue in quality.issues] == ["/schema/0/quality/1/metric"]
    assert quality.next_at is not None


def test_objectives_get_a_value_of_each_indicator():
    port = make_port()
    run = check(port)

    values = {row.indicator: row for row in IndicatorValue.objects.filter(port=port)}
    assert values["uniqueness"].value == pytest.approx(1 / 3)
    assert (values["volume"].value, values["volume"].rows) == (3, 3)
    assert set(values) == {"uniqueness", "completeness", "volume"}
    assert {row.run_id for row in values.values()} == {run.run_id}
    assert {row.source for row in values.values()} == {"measured"}


def test_only_those_who_edit_may_run_checks():
    users = make_users()
    port = make_port(domain=users.domain)

    with pytest.raises(PermissionDenied):
        check(port, actor=users.consumer)

    assert check(port, actor=users.owner).requested_by == users.owner.username


def test_a_port_without_rules_has_nothing_to_run():
    port = make_checked_port(columns={"order_id": {}})

    with pytest.raises(InvalidTransition, match="No check can be run"):
        check(port)


def test_a_port_that_was_removed_meanwhile_saves_nothing():
    port = make_port(is_draft=True)

    def remove(*arguments):
        port.product.delete()
        return check_here(*arguments)

    with pytest.raises(NotFound):
        run_port_checks(port=port, actor=FACTORY, run=remove)
    assert not QualityRun.objects.exists()


def test_ports_with_rules_are_due_at_once_and_then_every_hour():
    port = make_port()
    other = make_checked_port(columns={"order_id": {}})
    now = timezone.now()

    batch = claim_checks(now=now)

    assert batch is not None
    assert batch.port_ids == [port.pk]
    assert claim_checks(now=now) is None, "while a batch is under way"
    schedule = QualitySchedule.objects.get(port=port)
    assert now < schedule.next_due_at <= now + timedelta(hours=1)
    assert QualitySchedule.objects.get(port=other).checks == 0


def test_a_batch_runs_each_port_once_although_its_message_comes_twice():
    port = make_checked_port(columns={"missing_column": {"required": True}})
    batch = claim_checks(now=timezone.now())

    assert batch is not None
    assert (check_batch(batch), check_batch(batch)) == (1, 0)
    assert QualityRun.objects.filter(port=port).count() == 1
    schedule = QualitySchedule.objects.get(port=port)
    assert (schedule.claim, schedule.claimed_until) == (None, None)


def test_changed_rules_are_checked_at_once():
    port = make_port()
    QualitySchedule.objects.update(next_due_at=timezone.now() + timedelta(hours=1))

    set_rules(port, HAS_ROWS)

    assert QualitySchedule.objects.get(port=port).next_due_at <= timezone.now()
    assert QualitySchedule.objects.get(port=port).checks == 3
    assert plan_checks() == 0


def test_the_interval_is_a_setting_within_limits():
    users = make_users()
    port = make_port(domain=users.domain)

    set_interval(port=port, interval=timedelta(minutes=10), actor=users.owner)

    assert QualitySchedule.objects.get(port=port).interval == 600
    with pytest.raises(ValidationFailed):
        set_interval(port=port, interval=timedelta(seconds=10), actor=users.owner)
    with pytest.raises(PermissionDenied):
        set_interval(port=port, interval=timedelta(hours=2), actor=users.consumer)


def test_old_runs_are_deleted_but_not_the_latest_of_a_port():
    port, silent = make_port(), make_port()
    for old in (check(silent), check(port), check(port)):
        moment = timezone.now() - timedelta(days=100)
        QualityRun.objects.filter(pk=old.pk).update(at=moment)
        CheckOutcome.objects.filter(run=old).update(at=moment)
    newest = check(port)

    assert prune_runs(now=timezone.now()) == 2
    assert set(QualityRun.objects.all()) == {newest, latest_run(silent)}


def test_a_working_copy_shows_the_runs_of_the_published_port():
    port = make_port()
    run = check(port)
    copy = with_port(port.product, "second")

    assert copy.is_working_copy
    assert next(quality.run for quality in results_of(copy)) == run
    assert claim_checks(now=timezone.now() + timedelta(hours=3)).port_ids == [port.pk]


def test_a_draft_is_checked_too():
    product = with_port(make_product())
    write_file(product.domain, GOOD)
    set_rules(product.output_ports.get(), HAS_ROWS)

    assert check(product.output_ports.get()).outcomes.get().state == "passed"


def test_a_broken_runner_says_why():
    def refused(*_):
        raise SourceUnreadable("denied")

    run = run_port_checks(port=make_port(), actor=FACTORY, run=refused)

    assert run.reason == "The storage refuses access."


def test_a_failing_check_opens_one_alert_until_it_passes_again():
    port = make_port()
    check(port)
    check(port)
    alerts = Alert.objects.filter(product=port.product).order_by("key")

    assert [(alert.state, alert.is_firing) for alert in alerts] == [("open", True)] * 2
    assert alerts[0].summary == (
        "Missing values in customer: 1 row without a value; expected no rows without a value"
        " (3 rows checked)."
    )
    assert alerts[0].path.endswith("/quality")
    check(port, GOOD)
    assert {(alert.state, alert.resolution) for alert in alerts.all()} == {
        ("resolved", "The check passes again.")
    }


def test_the_alert_of_a_removed_rule_is_resolved_and_an_error_resolves_none():
    port = make_port()
    check(port)
    set_rules(port, HAS_ROWS, columns={"customer": {"quality": [NOT_NULL]}})
    check(port, "order_id,amount\nA,1\n")

    resolutions = {alert.key.rpartition(".")[2]: alert.resolution for alert in Alert.objects.all()}
    assert resolutions == {"one-row": "The rule was removed.", "customer-known": ""}


def test_data_that_is_broken_as_a_whole_opens_one_alert_and_a_draft_none():
    columns = {f"c{number}": {"required": True} for number in range(12)}
    header = ",".join(columns)
    port = make_checked_port(columns=columns, data=f"{header}\n{',' * 11}\n")
    draft = make_checked_port(columns=columns, data=f"{header}\n{',' * 11}\n", is_draft=True)
    check(draft)
    check(port)

    assert [alert.summary for alert in Alert.objects.all()] == [
        f"Port {port}: 12 of 12 checks failed (1 row checked)."
    ]
