"""Objectives and their status as text."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.slo.budget import Ratio
from governance.slo.evaluation import Indicator, ObjectiveSpec, Verdict
from governance.slo.outcomes import Outcome
from governance.slo.wording import (
    INDICATORS,
    OUTCOMES,
    format_coverage,
    format_duration,
    format_objective,
    format_status,
)

MONTH = timedelta(days=30)
AVAILABLE = ObjectiveSpec(indicator="availability", target=0.999, window=MONTH)


def plain(text):
    return text.replace("\u202f", " ")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (AVAILABLE, "99.9 % available over 30 days"),
        (
            ObjectiveSpec(
                indicator="latency", target=0.95, window=timedelta(days=7), threshold=0.5
            ),
            "95 % of answers within 500 ms, over 7 days",
        ),
        (
            ObjectiveSpec(
                indicator="latency",
                target=0.9,
                window=timedelta(hours=24),
                threshold=2,
                percentile=0.95,
                budgeting="timeslices",
            ),
            "95 % of answers within 2.0 s in 90 % of five-minute slices, over 1 day",
        ),
        (
            ObjectiveSpec(
                indicator="availability", target=0.99, window=MONTH, budgeting="timeslices"
            ),
            "available in 99 % of five-minute slices, over 30 days",
        ),
    ],
)
def test_an_objective_as_text(spec, text):
    assert plain(format_objective(spec)) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (timedelta(seconds=30), "less than a minute"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(hours=5), "5 h"),
        (timedelta(hours=5, minutes=7), "5 h 7 min"),
        (timedelta(hours=15, minutes=7), "15 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=3), "2 days 3 h"),
        (timedelta(days=30, hours=3), "30 days"),
    ],
)
def test_a_duration_has_two_units_at_most(time, text):
    assert format_duration(time) == text


@pytest.mark.parametrize(
    ("ratio", "recent", "verdict", "text"),
    [
        (
            Ratio(),
            Ratio(),
            Verdict.NO_DATA,
            "No measurements in this window.",
        ),
        (
            Ratio(2, 2),
            Ratio(2, 2),
            Verdict.NO_DATA,
            "Too few measurements for a verdict: 2 so far, 3 are needed.",
        ),
        (
            Ratio(200, 200),
            Ratio(),
            Verdict.NO_DATA,
            "Not measured recently, so the current status is unknown.",
        ),
        (
            Ratio(1000, 1000),
            Ratio(60, 60),
            Verdict.MET,
            "Nothing failed; error budget untouched.",
        ),
        (
            Ratio(43190, 43200),
            Ratio(60, 60),
            Verdict.MET,
            ("10 of 43,200 failed: 23 % of the error budget of 30 days. Recovered."),
        ),
        (
            Ratio(43200 - 17, 43200),
            Ratio(856, 1000),
            Verdict.AT_RISK,
            (
                "17 of 43,200 failed: 39 % of the error budget of 30 days. "
                "At the current burn rate it is exhausted in 3 h 1 min."
            ),
        ),
        (
            Ratio(43000, 43200),
            Ratio(0, 60),
            Verdict.BREACHED,
            "200 of 43,200 failed; the error budget allows 43. Still failing.",
        ),
        (
            Ratio(43000, 43200),
            Ratio(60, 60),
            Verdict.BREACHED,
            "200 of 43,200 failed; the error budget allows 43. Recovered.",
        ),
    ],
)
def test_a_status_as_text_says_what_remains_and_for_how_long(ratio, recent, verdict, text):
    assert plain(format_status(AVAILABLE, ratio, recent, verdict)) == text


def test_an_untouched_budget_of_a_month_at_a_burn_rate_of_144_lasts_five_hours():
    untouched, burning = Ratio(43200, 43200), Ratio(856, 1000)

    text = format_status(AVAILABLE, untouched, burning, Verdict.AT_RISK)

    assert text.endswith("At the current burn rate it is exhausted in 5 h.")


@pytest.mark.parametrize(("days", "has_note"), [(0, True), (6, True), (7, False), (40, False)])
def test_a_window_without_full_data_says_so(days, has_note):
    now = datetime(2026, 3, 1, tzinfo=UTC)

    note = format_coverage(now - timedelta(days=days, minutes=5), MONTH, now)

    assert bool(note) == has_note
    assert bool(format_coverage(None, MONTH, now))


def test_every_outcome_and_indicator_has_a_label():
    assert set(OUTCOMES) == set(Outcome)
    assert set(INDICATORS) == set(Indicator)
