"""The histogram of latencies: sums lose nothing, thresholds snap to edges that people use."""

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.slo.histogram import BUCKET_BOUNDS, Histogram, bucket_index, snap_to_bucket

LATENCIES = st.lists(st.floats(0, 900, allow_nan=False), max_size=60)
SHARES = st.floats(0.001, 1)


def test_edges_rise_by_about_six_percent_from_a_tenth_of_a_millisecond_to_a_thousand_seconds():
    ratios = [after / before for before, after in pairwise(BUCKET_BOUNDS)]

    assert (BUCKET_BOUNDS[0], BUCKET_BOUNDS[-1]) == (0.0001, 1000)
    assert all(1.04 < ratio < 1.09 for ratio in ratios)


@pytest.mark.parametrize("threshold", [0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10])
def test_the_thresholds_that_people_choose_are_edges(threshold):
    assert snap_to_bucket(threshold) == threshold


@pytest.mark.parametrize(
    ("threshold", "edge"), [(0.33, 0.335), (0.35, 0.355), (0.81, 0.8), (1e-9, 0.0001), (5000, 1000)]
)
def test_another_threshold_snaps_to_the_nearest_edge(threshold, edge):
    assert snap_to_bucket(threshold) == edge


@given(st.floats(0.0001, 1000))
def test_snapping_moves_a_threshold_by_less_than_five_percent_and_only_once(threshold):
    assert math.isclose(snap_to_bucket(threshold), threshold, rel_tol=0.05)
    assert snap_to_bucket(snap_to_bucket(threshold)) == snap_to_bucket(threshold)


@given(LATENCIES, LATENCIES, LATENCIES)
def test_merging_is_the_same_in_any_order_and_grouping(first, second, third):
    a, b, c = (Histogram.of(values) for values in (first, second, third))

    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Histogram() == a
    assert a + b + c == Histogram.of(first + second + third)


@given(LATENCIES)
def test_every_latency_is_exact_once_and_survives_storage(latencies):
    histogram = Histogram.of(latencies)

    assert histogram.total == len(latencies)
    assert Histogram.from_json(json.loads(json.dumps(histogram.as_json()))) == histogram


@given(LATENCIES, st.floats(0.0001, 900))
def test_what_is_at_or_below_an_edge_is_exact_exactly(latencies, threshold):
    edge = snap_to_bucket(threshold)

    counted = Histogram.of(latencies).at_or_below(threshold)

    assert counted == sum(latency <= edge for latency in latencies)


@given(st.lists(st.floats(0.0001, 900), min_size=1, max_size=60), SHARES)
def test_a_quantile_is_the_edge_of_the_bucket_that_holds_the_true_one(latencies, share):
    rank = max(math.ceil(share * len(latencies)), 1)
    true = sorted(latencies)[rank - 1]

    assert Histogram.of(latencies).quantile(share) == BUCKET_BOUNDS[bucket_index(true)]


@given(LATENCIES, SHARES)
def test_a_promised_share_is_kept_exactly_where_its_quantile_is_within_the_threshold(
    latencies, share
):
    histogram = Histogram.of(latencies)
    quantile = histogram.quantile(share)

    for edge in (0.2, 1.0, 60.0):
        is_reached = histogram.at_or_below(edge) >= math.ceil(share * histogram.total)
        assert quantile is None or (quantile <= edge) == is_reached


def test_nothing_measured_has_no_quantile():
    assert Histogram().quantile(0.95) is None
