"""Verdicts, budgets and burn rates from what was counted, without a database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.slo.assessment import BURN_WINDOWS, Assessment, BurnRate, CheckRun, Reason
from governance.slo.budget import Ratio
from governance.slo.check_runs import Check, continue_runs
from governance.slo.evaluation import ObjectiveSpec, Verdict
from governance.slo.verdicts import Counts, assess
from governance.slo.windows import MinimumEvidence, Window

MONTH, DAY, MINUTE = timedelta(days=30), timedelta(days=1), timedelta(minutes=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
EXPECTED = 43_200
AVAILABLE = ObjectiveSpec(indicator="availability", target=0.99, window=MONTH)
ENOUGH = MinimumEvidence()
NOTHING = Ratio()


def bad(count, *, of):
    return Ratio(of - count, of)


def assessed(ratio, *, after, recent=NOTHING, spec=AVAILABLE, is_silent=False, runs=()):
    """Return the assessment of a month after some time, with what its last hour counted."""
    window = Window(START, START + MONTH, MONTH)
    counts = Counts(
        ratio=ratio,
        expected=EXPECTED,
        as_of=START + after,
        burn_rates=[BurnRate(*BURN_WINDOWS[0], NOTHING, recent, spec.target)],
        runs=runs,
    )
    return assess(spec, window, counts, ENOUGH, is_silent=is_silent)


@pytest.mark.parametrize(
    ("ratio", "after", "recent", "verdict", "reason"),
    [
        (bad(0, of=0), MINUTE, NOTHING, Verdict.NO_DATA, Reason.NOT_MEASURED),
        (bad(0, of=6), MINUTE, bad(0, of=6), Verdict.COLLECTING, Reason.LITTLE_EVIDENCE),
        (bad(0, of=5760), 4 * DAY, bad(0, of=60), Verdict.COLLECTING, Reason.LITTLE_EVIDENCE),
        (bad(9, of=25), 25 * MINUTE, bad(9, of=25), Verdict.COLLECTING, Reason.LITTLE_EVIDENCE),
        (bad(0, of=10_080), 7 * DAY, bad(0, of=60), Verdict.MET, Reason.ON_PACE),
        (bad(433, of=600), DAY, bad(60, of=60), Verdict.BREACHED, Reason.EXHAUSTED),
        (bad(432, of=43_200), MONTH, NOTHING, Verdict.AT_RISK, Reason.NEARLY_CONSUMED),
        (bad(433, of=43_200), MONTH, NOTHING, Verdict.BREACHED, Reason.EXHAUSTED),
        (bad(323, of=43_200), MONTH, NOTHING, Verdict.MET, Reason.ON_PACE),
        (bad(324, of=43_200), MONTH, NOTHING, Verdict.AT_RISK, Reason.NEARLY_CONSUMED),
        (bad(150, of=11_520), 8 * DAY, NOTHING, Verdict.AT_RISK, Reason.BELOW_TARGET),
        (bad(60, of=40_000), 28 * DAY, bad(60, of=60), Verdict.AT_RISK, Reason.BURNING),
        (bad(60, of=40_000), 28 * DAY, bad(20, of=60), Verdict.AT_RISK, Reason.BURNING),
        (bad(60, of=40_000), 28 * DAY, bad(12, of=60), Verdict.MET, Reason.ON_PACE),
        (bad(60, of=40_000), 28 * DAY, bad(1, of=3), Verdict.MET, Reason.ON_PACE),
        (bad(60, of=40_000), 28 * DAY, bad(2, of=2), Verdict.MET, Reason.ON_PACE),
    ],
)
def test_a_verdict_says_only_what_the_evidence_supports(ratio, after, recent, verdict, reason):
    result = assessed(ratio, after=after, recent=recent)

    assert (result.verdict, result.reason) == (verdict, reason)


def test_checks_that_were_not_made_are_no_evidence():
    barely_measured = assessed(bad(0, of=1440), after=29 * DAY)

    assert barely_measured.observed == DAY
    assert barely_measured.verdict == Verdict.COLLECTING


def test_a_port_that_is_not_checked_any_more_has_no_verdict_whatever_it_had():
    assert assessed(bad(0, of=43_200), after=MONTH, is_silent=True).reason == Reason.SILENT
    assert assessed(bad(999, of=43_200), after=MONTH, is_silent=True).verdict == Verdict.NO_DATA


def test_nine_failures_in_25_minutes_are_two_percent_of_the_budget_of_a_month():
    result = assessed(bad(9, of=25), after=25 * MINUTE, recent=bad(9, of=25))

    assert result.allowed == pytest.approx(432)
    assert result.consumed == pytest.approx(9 / 432)
    assert result.burn_rate == pytest.approx(36)
    hours = result.time_to_exhaustion / timedelta(hours=1)
    assert hours == pytest.approx((1 - 9 / 432) * 720 / 36)


def test_a_single_failure_breaches_nothing_however_small_the_budget():
    strict = ObjectiveSpec(indicator="availability", target=1.0, window=MONTH)

    one, two = assessed(bad(1, of=43_200), after=MONTH, spec=strict), bad(2, of=43_200)
    assert (one.verdict, one.reason) == (Verdict.AT_RISK, Reason.BELOW_TARGET)
    assert assessed(two, after=MONTH, spec=strict).verdict == Verdict.BREACHED


@given(st.integers(0, EXPECTED), st.integers(0, EXPECTED))
def test_a_further_failure_never_makes_a_verdict_better(failed, good):
    rank = [Verdict.MET, Verdict.COLLECTING, Verdict.AT_RISK, Verdict.BREACHED]
    total = failed + good
    if not 0 < total < EXPECTED:
        return

    before = assessed(Ratio(good, total), after=MONTH)
    after = assessed(Ratio(good, total + 1), after=MONTH)

    assert after.consumed >= before.consumed
    if Verdict.COLLECTING not in (before.verdict, after.verdict):
        assert rank.index(after.verdict) >= rank.index(before.verdict)


@pytest.mark.parametrize(
    ("length", "time"),
    [(MONTH, 7 * DAY), (7 * DAY, DAY), (90 * DAY, 22 * DAY), (DAY, timedelta(hours=6))],
)
def test_a_verdict_needs_a_quarter_of_the_window_in_whole_days(length, time):
    assert ENOUGH.time(length) == time


def test_a_window_of_few_checks_needs_no_more_than_it_will_have():
    assert ENOUGH.count(7) == 7
    assert ENOUGH.count(EXPECTED) == 20


def test_latest_checks_say_since_when_they_fail_and_when_they_recovered():
    def checks(outcomes, start=0):
        return [Check(1, START + n * MINUTE, ok) for n, ok in enumerate(outcomes, start)]

    failing = continue_runs((), checks([True, True, False, False]))
    assert [(run.is_good, run.since, run.count) for run in failing] == [
        (False, START + 2 * MINUTE, 2)
    ]
    again = continue_runs(failing, checks([False, False, False], start=2))
    assert again[0].count == 3
    recovered = continue_runs(again, checks([True, True], start=5))
    assert recovered[0].failed_since == START + 2 * MINUTE

    result = assessed(bad(3, of=7), after=7 * MINUTE, runs=recovered)
    assert result.failing is None
    assert result.recovered_at == START + 5 * MINUTE


def test_a_failing_port_is_not_hidden_by_one_that_works():
    runs = [
        CheckRun(port_id=1, is_good=True, since=START, at=START + 9 * MINUTE, count=10),
        CheckRun(port_id=2, is_good=False, since=START + MINUTE, at=START + 8 * MINUTE, count=8),
    ]

    result = assessed(bad(8, of=20), after=9 * MINUTE, runs=runs)

    assert result.failing is not None
    assert (result.failing.port_id, result.failing.count) == (2, 8)
    assert result.recovered_at is None


def test_an_assessment_is_stored_without_loss():
    runs = continue_runs((), [Check(1, START, False), Check(1, START + MINUTE, True)])
    result = assessed(bad(1, of=2), after=MINUTE, recent=bad(1, of=2), runs=runs)

    stored = Assessment.from_json(
        result.as_json(),
        spec=AVAILABLE,
        verdict=result.verdict,
        ratio=result.ratio,
        value=result.value,
        as_of=result.as_of,
    )

    assert stored.as_json() == result.as_json()
    assert (stored.failing, stored.recovered_at) == (result.failing, result.recovered_at)
    assert stored.consumed == result.consumed
