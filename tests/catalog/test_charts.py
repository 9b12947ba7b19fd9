"""Geometry of charts: where lines, bands and axes lie."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.web.components.charts import Band, Reading, line_chart, period_bands

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def readings(*values):
    return [Reading(label=str(value), values=[value]) for value in values]


def test_a_line_chart_begins_at_zero_and_ends_at_a_round_number():
    chart = line_chart(readings(0, 30, 47), ["p50"], 25)

    assert (chart.bottom, chart.top) == (0, 50)
    assert chart.paths == [("p50", "M0.00 100.00L50.00 40.00L100.00 6.00")]
    assert chart.target_y == 50


@pytest.mark.parametrize(
    ("values", "target", "bottom"),
    [((99.9, 99.5), None, 99), ((99.9, 96), None, 95), ((99.9,), 90, 80), ((3, 99), None, 0)],
)
def test_shares_begin_at_a_round_number_below_the_least_of_them(values, target, bottom):
    chart = line_chart(readings(*values), ["share"], target, is_share=True)

    assert (chart.bottom, chart.top) == (bottom, 100)


def test_a_period_is_a_band_within_the_chart_however_short_it_is():
    periods = [
        (START - HOUR, START + HOUR),
        (START + 5 * HOUR, START + 5 * HOUR + timedelta(seconds=1)),
        (START + 20 * HOUR, START + 30 * HOUR),
    ]

    bands = period_bands(periods, START, START + 10 * HOUR)

    assert bands == [Band(0, 10), Band(50, 0.5)]
    assert period_bands(periods, START, START) == []
