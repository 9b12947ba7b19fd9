"""Golden sets: our statistics are those of independent libraries, stored by tests/clients."""

import json

import pytest

from governance.representation.results import Verdict
from tests.governance.golden_sets import (
    EXPECTED,
    compare,
    golden_cases,
    our_statistics,
    their_statistics,
)

TOLERANCE = 1e-9
SETS = json.loads(EXPECTED.read_text())
# Where smclarify refuses to answer and our answer is defined: the class imbalance of the only
# group is -1, and a share of no outcomes counts as 0 in all records as it does in strata.
OURS = {"class-imbalance", "demographic-disparity", "cdd"}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return golden_cases(tmp_path_factory.mktemp("golden"))


@pytest.mark.parametrize("name", SETS)
def test_a_golden_set_has_the_expected_statistics(cases, name):
    ours = our_statistics(cases[name].measure())

    comparison = compare(ours, their_statistics(SETS[name]))

    print(f"{name}: {comparison.n} numbers, largest difference {comparison.largest:.1e}")
    assert comparison.only_theirs == []
    assert {key[2].partition(" ")[0] for key in comparison.only_ours} <= OURS
    assert comparison.largest < TOLERANCE


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [
        ("seventy to thirty", ["imbalanced"]),
        ("one rare group", ["imbalanced"]),
        ("one group only", ["insufficient-evidence"]),
        ("groups of one record", ["insufficient-evidence"] * 3),
    ],
)
def test_a_golden_set_has_its_verdict(cases, name, verdicts):
    result = cases[name].measure()
    measured = [attribute.verdict.value for attribute in (*result.attributes, *result.pairs)]
    assert measured == verdicts


@pytest.mark.parametrize(
    "name", ["one group only", "groups of one record", "the same outcome for all"]
)
def test_a_set_without_evidence_on_its_label_is_not_balanced(cases, name):
    for attribute in cases[name].measure().attributes:
        assert attribute.label.verdict is not Verdict.BALANCED
