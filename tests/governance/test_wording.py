"""Objectives and their status as text."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.slo.assessment import BURN_WINDOWS, Assessment, BurnRate, CheckRun, Reason
from governance.slo.budget import Ratio
from governance.slo.evaluation import Indicator, ObjectiveSpec, Verdict
from governance.slo.outcomes import Outcome
from governance.slo.wording import (
    INDICATORS,
    OUTCOMES,
    format_assessment,
    format_duration,
    format_objective,
)

MONTH = timedelta(days=30)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
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
        (
            ObjectiveSpec(indicator="availability", target=0.99, window=MONTH, window_kind="month"),
            "99 % available over a calendar month",
        ),
        (
            ObjectiveSpec(indicator="freshness", target=0.95, window=MONTH, threshold=21_600),
            "data at most 6 h old in 95 % of checks, over 30 days",
        ),
        (
            ObjectiveSpec(indicator="completeness", target=0.9, window=MONTH, threshold=0.98),
            "completeness of at least 98 % in 90 % of checks, over 30 days",
        ),
        (
            ObjectiveSpec(indicator="volume", target=1, window=MONTH, threshold=1000),
            "at least 1,000 rows in 100 % of checks, over 30 days",
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


def assessment(failed, total, **known):
    """Return the assessment of 99.9 % over 30 days: 43 of 43,200 checks may fail."""
    recent = known.pop("recent", Ratio())
    values = {
        "verdict": Verdict.MET,
        "reason": Reason.ON_PACE,
        "target": 0.999,
        "window": MONTH,
        "ratio": Ratio(total - failed, total),
        "expected": 43_200,
        "starts_at": NOW - MONTH,
        "ends_at": NOW,
        "as_of": NOW,
        "burn_rates": [BurnRate(*BURN_WINDOWS[0], Ratio(), recent, 0.999)],
    }
    return Assessment(**values | known)


def failing_since(minutes, count):
    since = NOW - timedelta(minutes=minutes)
    return [CheckRun(port_id=1, is_good=False, since=since, at=NOW, count=count)]


RECOVERED = [
    CheckRun(
        port_id=1, is_good=True, since=NOW, at=NOW, count=1, failed_since=NOW - timedelta(hours=1)
    )
]


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (
            assessment(0, 0, reason=Reason.NOT_MEASURED),
            "No check has been made in this window.",
        ),
        (
            assessment(0, 200, reason=Reason.SILENT),
            "Not checked recently, so the current state is unknown.",
        ),
        (
            assessment(
                0,
                6,
                reason=Reason.LITTLE_EVIDENCE,
                starts_at=NOW - timedelta(minutes=1),
                required_checks=20,
                required_time=timedelta(days=7),
            ),
            "6 of 6 checks in 1 min were good. A verdict needs 7 days and 20 checks.",
        ),
        (
            assessment(
                9,
                25,
                reason=Reason.LITTLE_EVIDENCE,
                starts_at=NOW - timedelta(minutes=25),
                required_checks=20,
                required_time=timedelta(days=7),
                recent=Ratio(16, 25),
                runs=failing_since(8, 9),
            ),
            (
                "16 of 25 checks in 25 min were good. A verdict needs 7 days and 20 checks."
                " Failing since 11:52, 9 checks in a row."
                " At this rate the budget is gone in 1 h 35 min."
            ),
        ),
        (
            assessment(0, 43_200, recent=Ratio(60, 60)),
            "No check failed; the error budget is untouched.",
        ),
        (
            assessment(10, 43_200, recent=Ratio(60, 60), runs=RECOVERED),
            "10 of 43,200 checks failed: 23 % of the error budget of 30 days. Recovered at 12:00.",
        ),
        (
            assessment(17, 43_200, recent=Ratio(856, 1000)),
            (
                "17 of 43,200 checks failed: 39 % of the error budget of 30 days. "
                "At this rate the budget is gone in 3 h 1 min."
            ),
        ),
        (
            assessment(200, 43_200, recent=Ratio(0, 60), runs=failing_since(0, 1)),
            (
                "200 of 43,200 checks failed; of the 43,200 checks in 30 days only 43 may. "
                "The latest check failed, at 12:00."
            ),
        ),
        (
            assessment(60, 60, recent=Ratio(0, 60), starts_at=NOW - timedelta(hours=1)),
            (
                "60 of 60 checks failed; of the 43,200 checks in 30 days only 43 may. "
                "The target cannot be met any more in this window."
            ),
        ),
    ],
)
def test_an_assessment_as_text_says_what_is_known_and_how_long_the_budget_lasts(known, text):
    assert plain(format_assessment(known)) == text


def test_an_untouched_budget_of_a_month_at_a_burn_rate_of_144_lasts_five_hours():
    text = format_assessment(assessment(0, 43_200, recent=Ratio(856, 1000)))

    assert text.endswith("At this rate the budget is gone in 5 h.")


def test_a_budget_that_outlasts_its_window_is_not_said_to_run_out():
    started = NOW - timedelta(days=29)

    text = format_assessment(assessment(5, 41_760, recent=Ratio(998, 1000), starts_at=started))

    assert "At this rate" not in text


def test_every_outcome_and_indicator_has_a_label():
    assert set(OUTCOMES) == set(Outcome)
    assert set(INDICATORS) == set(Indicator)
