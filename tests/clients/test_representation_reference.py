"""Our statistics of representation against pandas, statsmodels, scipy and smclarify."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from governance.representation.plan import Plan, PlannedAttribute, PlannedLabel, Reference
from tests.conftest import SHARED
from tests.governance.golden_sets import (
    EXPECTED,
    Case,
    compare,
    golden_cases,
    our_statistics,
    their_statistics,
)

pytestmark = pytest.mark.representation
SCRIPT = Path(__file__).with_name("representation_reference.py")
ADULT = SHARED / "corpora" / "adult" / "adult.csv"
TOLERANCE = 1e-9


def ask(python: Path, cases: dict[str, Case]) -> dict[str, Any]:
    """Return the answers of the reference implementation by name."""
    jobs = json.dumps({name: case.job() for name, case in cases.items()})
    done = subprocess.run(
        [python, str(SCRIPT)], input=jobs.encode(), capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def test_the_expected_values_of_the_golden_sets_are_those_of_the_libraries(
    representation_python, tmp_path
):
    answers = ask(representation_python, golden_cases(tmp_path))
    if os.environ.get("WRITE_GOLDEN"):
        EXPECTED.write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n")

    expected = json.loads(EXPECTED.read_text())

    assert answers.keys() == expected.keys()
    for name, answer in answers.items():
        comparison = compare(their_statistics(answer), their_statistics(expected[name]))
        assert (comparison.only_ours, comparison.only_theirs) == ([], [])
        assert comparison.largest < 1e-12


def test_the_adult_table_has_the_statistics_of_the_libraries(representation_python, capsys):
    if not ADULT.exists():
        pytest.skip(f"{ADULT} is not here")
    census = Reference(name="all", date="2026-01-01", shares={"Female": 0.51, "Male": 0.49})
    plan = Plan(
        attributes=(
            PlannedAttribute(name="sex", column="sex", reference=census),
            PlannedAttribute(name="race", column="race"),
            PlannedAttribute(name="age band", column="age", bins=(25, 35, 45, 55, 65)),
        ),
        label=PlannedLabel(name="salary", column="salary-class", favourable=(">50K",)),
    )
    case = Case(ADULT, plan, separator=";", pairs=(("sex", "race"),))

    comparison = compare(
        our_statistics(case.measure()),
        their_statistics(ask(representation_python, {"adult": case})["adult"]),
    )

    with capsys.disabled():
        print(
            f"\nAdult: {comparison.n} numbers, largest absolute difference "
            f"{comparison.largest:.1e} ({comparison.place})"
        )
    assert comparison.n > 400
    assert (comparison.only_ours, comparison.only_theirs) == ([], [])
    assert comparison.largest < TOLERANCE
