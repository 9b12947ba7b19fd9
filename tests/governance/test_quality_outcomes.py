"""What is observed is compared with what a rule asks for; numbers and sentences agree."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.products import models as products
from governance.quality.outcomes import (
    CheckState,
    QualityState,
    evaluate,
    expected_text,
    meets,
    passing_share,
    worst_state,
)
from governance.quality.product_state import PortChecks, decide_state
from governance.quality.rules import Operator, QualityRule, Severity, Threshold, Unit
from governance.sandbox.checks import CheckResult

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)


def rule(**fields):
    defaults = {"key": "k", "location": "/schema/0", "kind": "missing", "title": "t", "table": "t"}
    return QualityRule(**defaults | fields)


def result(observed=None, **fields):
    return CheckResult(key="k", observed=observed, **{"tested": 100, "failing": 3} | fields)


@pytest.mark.parametrize(
    ("operator", "value", "met", "missed"),
    [
        (Operator.EQUAL, 3, [3], [2, 4]),
        (Operator.NOT_EQUAL, 3, [2, 4], [3]),
        (Operator.GREATER, 3, [4], [3, 2]),
        (Operator.GREATER_OR_EQUAL, 3, [3, 4], [2]),
        (Operator.LESS, 3, [2], [3, 4]),
        (Operator.LESS_OR_EQUAL, 3, [3, 2], [4]),
    ],
)
def test_each_operator_of_odcs_compares_as_its_name_says(operator, value, met, missed):
    assert all(meets(number, Threshold(operator, value)) for number in met)
    assert not any(meets(number, Threshold(operator, value)) for number in missed)


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-9, 9))
def test_both_bounds_belong_to_a_between_and_not_between_is_its_opposite(low, high, observed):
    low, high = sorted((low, high))
    between = meets(observed, Threshold(Operator.BETWEEN, low, high))

    assert between == (low <= observed <= high)
    assert meets(observed, Threshold(Operator.NOT_BETWEEN, low, high)) != between


def test_percent_is_of_all_rows_read():
    percent = rule(unit=Unit.PERCENT, threshold=Threshold(Operator.LESS, 5))

    evaluation = evaluate(percent, result(3, tested=60), rows=100)

    assert (evaluation.state, evaluation.observed) == (CheckState.PASSED, 3.0)
    failed = evaluate(percent, result(5, failing=5), rows=100)
    assert failed.message == "5 % (5 of 100 rows); expected less than 5 % of rows."


def test_an_empty_table_has_no_percentage_that_fails():
    percent = rule(unit=Unit.PERCENT, threshold=Threshold(Operator.EQUAL, 0))

    evaluation = evaluate(percent, result(0, tested=0, failing=0), rows=0)

    assert (evaluation.state, evaluation.share) == (CheckState.PASSED, 1.0)


def test_a_rule_of_low_severity_that_is_not_met_warns():
    warning = rule(severity=Severity.WARNING)

    assert evaluate(warning, result(3), rows=100).state is CheckState.WARNING
    assert evaluate(rule(), result(3), rows=100).state is CheckState.FAILED


def test_a_check_that_could_not_run_is_an_error_whatever_its_severity():
    failed = result(code="no-column", error="The table has no such column.")

    evaluation = evaluate(rule(severity=Severity.WARNING), failed, rows=100)

    assert (evaluation.state, evaluation.message) == (
        CheckState.ERROR,
        "The table has no such column.",
    )
    assert evaluation.share is None


def test_no_value_at_all_is_not_fresh():
    fresh = rule(kind="freshness", unit=Unit.SECONDS, threshold=Threshold(Operator.LESS, 7200))

    assert evaluate(fresh, result(None), rows=0).message == (
        "There is no value; expected less than 2 hours."
    )
    old = evaluate(fresh, result(86_400 * 3, value="2026-11-27"), rows=5)
    assert old.message == "3 days old (newest value 2026-11-27); expected less than 2 hours."


def test_the_first_run_of_a_distribution_is_its_baseline_and_no_result():
    evaluation = evaluate(rule(kind="distribution", unit=Unit.NONE), result(None), rows=5)

    assert evaluation.state is CheckState.NOT_RUN


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "no rows without a value"),
        ({"threshold": Threshold(Operator.LESS_OR_EQUAL, 1)}, "at most 1 row without a value"),
        (
            {"kind": "row_count", "threshold": Threshold(Operator.BETWEEN, 1000, 2000)},
            "1,000 to 2,000 rows",
        ),
        (
            {"kind": "sql", "unit": Unit.NONE, "threshold": Threshold(Operator.EQUAL, 0)},
            "exactly 0",
        ),
        (
            {"unit": Unit.PERCENT, "threshold": Threshold(Operator.LESS, 0.5)},
            "less than 0.5 % of rows",
        ),
    ],
)
def test_what_is_expected_is_a_phrase(fields, text):
    assert expected_text(rule(**fields)) == text


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_share_is_of_the_rows_that_pass(tested, failing):
    share = passing_share(CheckState.FAILED, max(tested, failing), failing)

    assert share is not None
    assert 0 <= share <= 1


def test_a_failed_check_is_worse_than_one_that_could_not_run():
    assert worst_state(["passed", "error", "failed"]) is CheckState.FAILED
    assert worst_state([]) is CheckState.NOT_RUN


def checks(*, hours=1, runnable=2, **counts):
    moment = None if hours is None else NOW - timedelta(hours=hours)
    return PortChecks(
        port="p", runnable=runnable, interval=timedelta(hours=1), checked_at=moment, counts=counts
    )


@pytest.mark.parametrize(
    ("ports", "state", "reason"),
    [
        ([], "none", "No check can be run."),
        ([checks(runnable=0, hours=None)], "none", "No check can be run."),
        ([checks(hours=None)], "collecting", "1 of 1 ports were not checked yet."),
        ([checks(passed=2)], "passed", "All 2 checks passed."),
        (
            [checks(passed=2), checks(hours=None)],
            "collecting",
            "1 of 2 ports were not checked yet.",
        ),
        ([checks(passed=1, error=1)], "unknown", "1 of 2 checks could not be run."),
        ([checks(passed=1, error=1), checks(failed=1)], "failed", "1 of 3 checks failed."),
        ([checks(passed=2, hours=25)], "unknown", "The checks of p did not run for long."),
        ([checks(failed=2, hours=25)], "failed", "2 of 2 checks failed."),
        ([checks(passed=1, warning=1)], "passed", "1 of 2 checks passed, 1 with a warning."),
    ],
)
def test_a_product_is_as_good_as_its_worst_port_and_unknown_is_never_good(ports, state, reason):
    decision = decide_state(ports, now=NOW)

    assert (decision.state, decision.reason) == (state, reason)


def test_the_catalog_knows_the_same_states():
    assert list(QualityState) == products.QualityState.values
