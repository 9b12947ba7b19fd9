"""Windows of objectives: exact starts, calendar periods in UTC, expected checks; pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from governance.slo.evaluation import ObjectiveSpec
from governance.slo.windows import expected_checks, window_at

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NOW = datetime(2026, 3, 18, 10, 3, 20, tzinfo=UTC)


def spec(window=30 * DAY, kind="rolling"):
    return ObjectiveSpec(indicator="availability", target=0.99, window=window, window_kind=kind)


def test_a_young_rolling_window_starts_exactly_when_the_objective_was_published():
    published = NOW - timedelta(minutes=25, seconds=7)

    window = window_at(spec(), NOW, published)

    assert (window.start, window.end) == (published, published + 30 * DAY)
    assert not window.is_moving


def test_a_full_rolling_window_moves_on_in_steps_of_five_minutes():
    window = window_at(spec(DAY), NOW, NOW - 90 * DAY)

    assert window.start == NOW - DAY + timedelta(minutes=1, seconds=40)
    assert (window.end, window.length, window.is_moving) == (NOW, DAY, True)


@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        ("week", datetime(2026, 3, 16, tzinfo=UTC), datetime(2026, 3, 23, tzinfo=UTC)),
        ("month", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
        ("quarter", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
    ],
)
def test_a_calendar_window_is_the_period_that_now_is_in(kind, start, end):
    window = window_at(spec(kind=kind), NOW, datetime(2025, 1, 1, tzinfo=UTC))

    assert (window.start, window.end) == (start, end)


def test_a_calendar_window_ends_in_the_next_year():
    in_december = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)

    for kind in ("month", "quarter"):
        assert window_at(spec(kind=kind), in_december, None).end == datetime(2027, 1, 1, tzinfo=UTC)


def test_an_objective_published_within_a_calendar_window_counts_from_then():
    published = datetime(2026, 3, 10, 12, tzinfo=UTC)

    window = window_at(spec(kind="month"), NOW, published)

    assert window.start == published
    assert window.length == timedelta(days=21, hours=12)


def test_no_window_is_an_hour_longer_or_shorter_when_clocks_change():
    berlin = ZoneInfo("Europe/Berlin")
    for day in (
        datetime(2026, 3, 29, 12, tzinfo=berlin),
        datetime(2026, 10, 25, 12, tzinfo=berlin),
    ):
        now = day.astimezone(UTC)
        window = window_at(spec(DAY), now, None)
        assert window.end - window.start == DAY
        assert window_at(spec(kind="week"), now, None).length == 7 * DAY


@pytest.mark.parametrize(
    ("interval", "maintenance", "in_slices", "expected"),
    [
        (MINUTE, 0 * HOUR, False, 43_200),
        (timedelta(seconds=10), 0 * HOUR, False, 259_200),
        (DAY, 0 * HOUR, False, 30),
        (MINUTE, 12 * HOUR, False, 42_480),
        (MINUTE, 0 * HOUR, True, 8_640),
        (HOUR, 0 * HOUR, True, 720),
        (timedelta(0), 0 * HOUR, False, 0),
    ],
)
def test_expected_checks_are_what_the_schedule_makes_outside_maintenance(
    interval, maintenance, in_slices, expected
):
    assert expected_checks(30 * DAY, [(interval, maintenance)], in_slices=in_slices) == expected
