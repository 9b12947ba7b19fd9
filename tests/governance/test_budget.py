"""Error budgets by the numbers of the Site Reliability Workbook."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.slo.budget import (
    Ratio,
    allowed_failures,
    burn_rate,
    consumed,
    is_missed,
    max_burn_rate,
    time_to_exhaustion,
)

MONTH = timedelta(days=30)
TARGETS = st.floats(0.5, 0.9999)
SCORES = st.integers(0, 5000).flatmap(
    lambda total: st.builds(Ratio, st.integers(0, total), st.just(total))
)


@pytest.mark.parametrize(
    ("bad_share", "target", "rate"),
    [(0.0144, 0.999, 14.4), (0.006, 0.999, 6), (0.001, 0.999, 1), (1, 0.9, 10), (0.5, 0.99, 50)],
)
def test_the_burn_rate_is_the_bad_share_over_the_allowed_share(bad_share, target, rate):
    recent = Ratio(round(10000 * (1 - bad_share)), 10000)

    assert burn_rate(recent, target) == pytest.approx(rate)


@pytest.mark.parametrize(("rate", "hours"), [(144, 5), (14.4, 50), (720, 1), (2, 360)])
def test_an_untouched_allowance_lasts_its_window_over_the_burn_rate(rate, hours):
    target = 0.999
    recent = Ratio(round(1_000_000 * (1 - rate * (1 - target))), 1_000_000)

    left = time_to_exhaustion(Ratio(1000, 1000), recent, target=target, window=MONTH)

    assert left is not None
    assert left / timedelta(hours=1) == pytest.approx(hours, rel=1e-6)


def test_a_rate_of_one_or_less_lasts_for_ever_while_something_is_left():
    assert time_to_exhaustion(Ratio(995, 1000), Ratio(99, 100), target=0.99, window=MONTH) is None
    assert time_to_exhaustion(
        Ratio(900, 1000), Ratio(99, 100), target=0.99, window=MONTH
    ) == timedelta(0)


def test_a_total_failure_burns_no_faster_than_the_target_allows():
    assert max_burn_rate(0.9) == pytest.approx(10)
    assert burn_rate(Ratio(0, 100), 0.9) == pytest.approx(10)


def test_a_target_of_one_hundred_percent_has_no_error_budget():
    assert allowed_failures(1000, 1) == 0
    assert consumed(Ratio(999, 1000), 1) == math.inf
    assert burn_rate(Ratio(9, 10), 1) == math.inf
    assert time_to_exhaustion(Ratio(10, 10), Ratio(9, 10), target=1, window=MONTH) == timedelta(0)


@pytest.mark.parametrize("target", [0.9, 0.95, 0.99, 0.999])
def test_reaching_the_target_exactly_meets_the_objective(target):
    total = 1000

    assert not is_missed(Ratio(round(target * total), total), target)
    assert is_missed(Ratio(round(target * total) - 1, total), target)


def test_nothing_measured_misses_nothing_and_spends_nothing():
    assert not is_missed(Ratio(), 0.99)
    assert consumed(Ratio(), 0.99) == 0
    assert burn_rate(Ratio(), 0.99) == 0


@given(SCORES, TARGETS)
def test_the_budget_is_overspent_exactly_when_the_objective_is_missed(score, target):
    if abs(score.failed - allowed_failures(score.total, target)) > 1e-6 * max(score.total, 1):
        assert (consumed(score, target) > 1) == is_missed(score, target)


@given(SCORES, SCORES, TARGETS)
def test_scores_add_up(first, second, target):
    both = first + second

    assert (both.good, both.failed) == (first.good + second.good, first.failed + second.failed)
    assert is_missed(both, target) <= (is_missed(first, target) or is_missed(second, target))


@given(SCORES, TARGETS)
def test_a_further_bad_measurement_never_helps(score, target):
    worse = score + Ratio(0, 1)

    assert consumed(worse, target) >= consumed(score, target) - 1e-9
    assert is_missed(worse, target) >= is_missed(score, target)


@given(SCORES, SCORES, TARGETS)
def test_what_is_left_lasts_no_longer_than_the_window_and_never_less_than_nothing(
    score, recent, target
):
    left = time_to_exhaustion(score, recent, target=target, window=MONTH)

    assert left is None or timedelta(0) <= left <= MONTH
