"""Which objectives a tree declares, and how a faulty one is named."""

from datetime import timedelta

import pytest

from catalog.exceptions import ValidationFailed
from catalog.products.projection import with_custom
from governance.slo.declaration import format_interval
from governance.slo.evaluation import ObjectiveSpec
from governance.slo.projection import declared_objectives
from tests.factories import product_tree

AVAILABLE = {"indicator": "availability", "target": 0.99}
COMPLETE = {"indicator": "completeness", "target": 0.9, "threshold": 0.995}
QUICK = {"indicator": "latency", "target": 0.95, "threshold": 0.5}


def tree_with(*objectives, ports=("table",)):
    tree = product_tree() | {"outputPorts": [{"name": name} for name in ports]}
    return with_custom(tree, "assayObjectives", list(objectives))


def issues_of(tree):
    with pytest.raises(ValidationFailed) as caught:
        declared_objectives(tree)
    return [(issue.location, issue.message) for issue in caught.value.issues]


def test_a_tree_without_objectives_has_no_objectives():
    assert declared_objectives(product_tree()) == []


def test_an_objective_is_read_with_its_defaults():
    [objective] = declared_objectives(tree_with(AVAILABLE))

    month = timedelta(days=30)
    assert objective.spec == ObjectiveSpec(indicator="availability", target=0.99, window=month)
    assert objective.port == ""


def test_a_latency_objective_is_read_in_full():
    declared = QUICK | {"window": "7d", "percentile": 0.9, "budgeting": "timeslices"}

    [objective] = declared_objectives(tree_with(declared | {"port": "table"}))

    assert objective.spec == ObjectiveSpec(
        indicator="latency",
        target=0.95,
        window=timedelta(days=7),
        threshold=0.5,
        percentile=0.9,
        budgeting="timeslices",
    )
    assert objective.port == "table"


def test_a_percentile_asks_for_time_slices():
    [objective] = declared_objectives(tree_with(QUICK | {"percentile": 0.9}))

    assert objective.spec.budgeting == "timeslices"


def test_latency_by_time_slices_without_a_percentile_means_the_ninety_fifth():
    [objective] = declared_objectives(tree_with(QUICK | {"budgeting": "timeslices"}))

    assert objective.spec.percentile == 0.95


@pytest.mark.parametrize(
    ("indicator", "threshold"),
    [
        ("freshness", 93600),
        ("completeness", 0.995),
        ("accuracy", 1),
        ("validity", 0.9),
        ("uniqueness", 1),
        ("volume", 1_000_000),
    ],
)
def test_an_objective_of_data_has_a_threshold_for_each_check(indicator, threshold):
    declared = {"indicator": indicator, "target": 0.9, "threshold": threshold}

    [objective] = declared_objectives(tree_with(declared | {"source": "reported"}))

    spec = objective.spec
    assert (spec.indicator, spec.threshold, spec.effective_threshold) == (
        indicator,
        threshold,
        threshold,
    )
    assert spec.source == "reported"


@pytest.mark.parametrize(("window", "days"), [("week", 7), ("month", 30), ("quarter", 90)])
def test_a_window_may_be_one_of_the_calendar(window, days):
    [objective] = declared_objectives(tree_with(AVAILABLE | {"window": window}))

    assert (objective.spec.window_kind, objective.spec.window) == (window, timedelta(days=days))


@pytest.mark.parametrize(
    ("interval", "seconds"), [("10s", 10), ("5m", 300), ("1h", 3600), ("1d", 86400)]
)
def test_an_objective_may_ask_for_checks_every_ten_seconds_to_a_day(interval, seconds):
    [objective] = declared_objectives(tree_with(AVAILABLE | {"interval": interval}))

    assert objective.interval == seconds
    assert format_interval(seconds) == interval


def test_an_objective_of_two_windows_is_two_objectives():
    week = AVAILABLE | {"window": "week"}

    assert len(declared_objectives(tree_with(AVAILABLE, week))) == 2


@pytest.mark.parametrize(
    ("objective", "key"),
    [
        ({"indicator": "speed", "target": 0.9}, "indicator"),
        ({"indicator": "freshness", "target": 0.9}, "threshold"),
        ({"target": 0.9}, "indicator"),
        ({"indicator": ["availability"], "target": 0.9}, "indicator"),
        ({"indicator": "availability"}, "target"),
        (AVAILABLE | {"target": 0}, "target"),
        (AVAILABLE | {"target": 1.01}, "target"),
        (AVAILABLE | {"target": "0.9"}, "target"),
        (AVAILABLE | {"target": True}, "target"),
        (AVAILABLE | {"target": float("nan")}, "target"),
        (AVAILABLE | {"target": None}, "target"),
        (AVAILABLE | {"threshold": 1}, "threshold"),
        (AVAILABLE | {"percentile": 0.9}, "percentile"),
        (QUICK | {"threshold": -1}, "threshold"),
        (QUICK | {"threshold": float("inf")}, "threshold"),
        ({"indicator": "latency", "target": 0.9}, "threshold"),
        (QUICK | {"percentile": 0.9, "budgeting": "occurrences"}, "percentile"),
        (AVAILABLE | {"window": "30"}, "window"),
        (AVAILABLE | {"window": "0d"}, "window"),
        (AVAILABLE | {"window": "91d"}, "window"),
        (AVAILABLE | {"window": "73h"}, "window"),
        (AVAILABLE | {"window": 30}, "window"),
        (AVAILABLE | {"budgeting": "minutes"}, "budgeting"),
        (AVAILABLE | {"port": "nowhere"}, "port"),
        (AVAILABLE | {"port": 7}, "port"),
        (AVAILABLE | {"goal": 1}, "goal"),
        (AVAILABLE | {"window": "year"}, "window"),
        (AVAILABLE | {"interval": "9s"}, "interval"),
        (AVAILABLE | {"interval": "2d"}, "interval"),
        (AVAILABLE | {"interval": 60}, "interval"),
        (AVAILABLE | {"interval": None}, "interval"),
        (AVAILABLE | {"source": "reported"}, "source"),
        (COMPLETE | {"source": "guessed"}, "source"),
        (COMPLETE | {"threshold": 1.5}, "threshold"),
        (COMPLETE | {"budgeting": "timeslices"}, "budgeting"),
        (COMPLETE | {"percentile": 0.9}, "percentile"),
        ({"indicator": "volume", "target": 0.9}, "threshold"),
    ],
)
def test_an_issue_names_its_location_in_the_document(objective, key):
    issues = issues_of(tree_with(AVAILABLE | {"port": "table"}, objective))

    assert issues[0][0] == f"/customProperties/1/value/1/{key}"


@pytest.mark.parametrize("declared", [{}, "often", 7, [[]], ["availability"], [None]])
def test_objectives_of_another_shape_are_refused(declared):
    tree = with_custom(product_tree(), "assayObjectives", declared)

    [(location, _)] = issues_of(tree)
    assert location.startswith("/customProperties/1/value")


def test_a_duplicate_objective_is_refused():
    assert issues_of(tree_with(AVAILABLE, AVAILABLE)) == [
        ("/customProperties/1/value/1", "Duplicate objective.")
    ]


def test_more_than_fifty_objectives_are_refused():
    assert "at most 50" in issues_of(tree_with(*[AVAILABLE] * 51))[0][1]
