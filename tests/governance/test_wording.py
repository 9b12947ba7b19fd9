"""How promises and their standing read in plain words."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.slo.budget import Ratio
from governance.slo.evaluation import Indicator, ObjectiveSpec, Verdict
from governance.slo.outcomes import Outcome
from governance.slo.wording import (
    INDICATORS,
    OUTCOMES,
    format_objective,
    format_status,
    measured_so_far,
    span,
)

MONTH = timedelta(days=30)
AVAILABLE = ObjectiveSpec(indicator="availability", target=0.999, window=MONTH)


def plain(text):
    return text.replace("\u202f", " ")


@pytest.mark.parametrize(
    ("promise", "words"),
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
            "95 % of answers within 2.0 s in 90 % of five minutes, over 1 day",
        ),
        (
            ObjectiveSpec(
                indicator="availability", target=0.99, window=MONTH, budgeting="timeslices"
            ),
            "available in 99 % of five minutes, over 30 days",
        ),
    ],
)
def test_a_promise_is_said_in_words(promise, words):
    assert plain(format_objective(promise)) == words


@pytest.mark.parametrize(
    ("time", "words"),
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
def test_a_stretch_of_time_is_said_in_two_units_at_most(time, words):
    assert span(time) == words


@pytest.mark.parametrize(
    ("score", "recent", "verdict", "words"),
    [
        (
            Ratio(),
            Ratio(),
            Verdict.NO_DATA,
            "Nothing has been measured in this window, which is not good news.",
        ),
        (
            Ratio(2, 2),
            Ratio(2, 2),
            Verdict.NO_DATA,
            "Too few measurements to judge: 2 so far, 3 are needed.",
        ),
        (
            Ratio(200, 200),
            Ratio(),
            Verdict.NO_DATA,
            "Nothing has been measured lately, so nothing is known of it now.",
        ),
        (
            Ratio(1000, 1000),
            Ratio(60, 60),
            Verdict.MET,
            "Nothing fell short; the whole allowance of 30 days is left.",
        ),
        (
            Ratio(43190, 43200),
            Ratio(60, 60),
            Verdict.MET,
            (
                "10 of 43,200 fell short: 23 % of the allowance of 30 days. "
                "The last hours keep the promise."
            ),
        ),
        (
            Ratio(43200 - 17, 43200),
            Ratio(856, 1000),
            Verdict.AT_RISK,
            (
                "17 of 43,200 fell short: 39 % of the allowance of 30 days. "
                "At the rate of the last hours the allowance is gone in 3 h 1 min."
            ),
        ),
        (
            Ratio(43000, 43200),
            Ratio(0, 60),
            Verdict.BREACHED,
            "200 of 43,200 fell short, where 43 may. The last hours go on failing.",
        ),
        (
            Ratio(43000, 43200),
            Ratio(60, 60),
            Verdict.BREACHED,
            "200 of 43,200 fell short, where 43 may. The last hours keep the promise.",
        ),
    ],
)
def test_a_standing_is_said_with_what_is_left_and_for_how_long(score, recent, verdict, words):
    assert plain(format_status(AVAILABLE, score, recent, verdict)) == words


def test_the_allowance_of_a_month_at_a_hundred_and_forty_four_times_the_even_rate():
    untouched, burning = Ratio(43200, 43200), Ratio(856, 1000)

    words = format_status(AVAILABLE, untouched, burning, Verdict.AT_RISK)

    assert words.endswith("At the rate of the last hours the allowance is gone in 5 h.")


@pytest.mark.parametrize(("days", "is_said"), [(0, True), (6, True), (7, False), (40, False)])
def test_a_window_that_has_only_begun_says_so(days, is_said):
    now = datetime(2026, 3, 1, tzinfo=UTC)

    said = measured_so_far(now - timedelta(days=days, minutes=5), MONTH, now)

    assert bool(said) == is_said
    assert bool(measured_so_far(None, MONTH, now))


def test_every_outcome_and_indicator_has_its_word():
    assert set(OUTCOMES) == set(Outcome)
    assert set(INDICATORS) == set(Indicator)
