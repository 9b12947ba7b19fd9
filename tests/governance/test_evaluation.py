"""Verdicts from scores, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.slo.budget import Ratio
from governance.slo.evaluation import (
    ObjectiveSpec,
    Verdict,
    is_unmeasured,
    ratio_of,
    ratio_of_slices,
    value_of,
    worst,
)
from governance.slo.histogram import Histogram
from governance.slo.outcomes import Outcome
from governance.slo.stats import Stats, merge

MONTH = timedelta(days=30)
AVAILABLE = ObjectiveSpec(indicator="availability", target=0.99, window=MONTH)
QUICK = ObjectiveSpec(indicator="latency", target=0.95, window=MONTH, threshold=0.5)

TALLIES = st.builds(
    lambda outcomes, latencies: Stats(
        outcomes | ({Outcome.GOOD: len(latencies)} if latencies else {}), Histogram.of(latencies)
    ),
    st.dictionaries(
        st.sampled_from([outcome for outcome in Outcome if outcome != Outcome.GOOD]),
        st.integers(1, 50),
    ),
    st.lists(st.floats(0.0001, 30), max_size=30),
)


@given(TALLIES, TALLIES)
def test_scores_of_stretches_add_up_to_the_score_of_both_together(first, second):
    for objective in (AVAILABLE, QUICK):
        assert ratio_of(objective, first) + ratio_of(objective, second) == ratio_of(
            objective, merge([first, second])
        )


@given(st.lists(TALLIES, max_size=5))
def test_merged_tallies_count_every_measurement_once(tallies):
    both = merge(tallies)

    assert both.total == sum(outcome.total for outcome in tallies)
    assert Stats.from_json(both.as_json()) == both


@given(TALLIES)
def test_more_good_than_all_is_impossible(stats):
    for objective in (AVAILABLE, QUICK):
        score = ratio_of(objective, stats)
        assert 0 <= score.good <= score.total <= stats.total


def test_a_quick_error_is_no_latency_sample_but_a_timeout_is():
    stats = Stats(
        {Outcome.GOOD: 2, Outcome.HTTP_ERROR: 5, Outcome.TIMEOUT: 1}, Histogram.of([0.1, 0.9])
    )

    assert ratio_of(QUICK, stats) == Ratio(1, 3)


@given(TALLIES)
def test_the_shown_seconds_are_within_the_threshold_exactly_where_latency_is_kept(stats):
    score = ratio_of(QUICK, stats)
    value = value_of(QUICK, stats, score)

    if score.total:
        assert value is not None
        assert (value <= 0.5) == (score.good >= 0.95 * score.total - 1e-9)


def test_slices_without_a_measurement_do_not_count():
    good = Stats({Outcome.GOOD: 5}, Histogram.of([0.1] * 5))
    mixed = Stats({Outcome.GOOD: 4, Outcome.TIMEOUT: 1}, Histogram.of([0.1] * 4))
    sliced = ObjectiveSpec(
        indicator="availability", target=0.9, window=MONTH, budgeting="timeslices"
    )

    assert ratio_of_slices(sliced, [good, mixed, Stats()]) == Ratio(1, 2)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], Verdict.NO_DATA),
        (["met"], Verdict.MET),
        (["met", "no_data"], Verdict.NO_DATA),
        (["met", "no_data", "at_risk"], Verdict.AT_RISK),
        (["breached", "met"], Verdict.BREACHED),
    ],
)
def test_the_worst_verdict_is_the_verdict_of_all(verdicts, expected):
    assert worst(verdicts) == expected


@pytest.mark.parametrize(
    ("minutes", "interval", "silent"),
    [(9, 1, False), (11, 1, True), (50, 20, False), (61, 20, True)],
)
def test_a_port_is_silent_after_three_intervals_and_ten_minutes(minutes, interval, silent):
    now = datetime(2026, 3, 1, tzinfo=UTC)

    measured_at = now - timedelta(minutes=minutes)
    assert is_unmeasured(measured_at, interval=timedelta(minutes=interval), now=now) == silent
    assert is_unmeasured(None, interval=timedelta(minutes=interval), now=now)
