"""Golden sets of representation: what they contain, our statistics of them, and those of others."""

import csv
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from governance.representation.plan import Plan, PlannedAttribute, PlannedLabel, Reference
from governance.representation.results import GroupResult, OutcomeGroup, Representation
from governance.representation.statistics import represent
from governance.sandbox.groups import GroupRequest
from governance.sandbox.runner import run_group_child
from governance.sandbox.types import Source

FOLDER = Path(__file__).with_name("golden")
EXPECTED = FOLDER / "representation_expected.json"
# Statistics by attribute, group and name; None where there is no finite value.
Statistics = dict[tuple[str, str, str], float | None]
NAMES = {"interval_low": "low", "interval_high": "high", "disparity_ratio": "ratio"}
RATES = {"interval_low": "rate low", "interval_high": "rate high", "n": "label n"}
RATES |= {"difference_low": "difference low", "difference_high": "difference high"}


@dataclass(frozen=True)
class Case:
    """A CSV file, and the plan by which its groups are measured."""

    path: Path
    plan: Plan
    separator: str = ","
    pairs: tuple[tuple[str, str], ...] = ()

    def job(self) -> dict[str, Any]:
        """Return what the reference implementation is asked."""
        references = {
            item.name: dict(item.reference.shares)
            for item in self.plan.attributes
            if item.reference
        }
        job: dict[str, Any] = {
            "path": str(self.path),
            "separator": self.separator,
            "references": references,
            "pairs": self.pairs,
            "attributes": {
                item.name: {"column": item.column, "bins": list(item.bins)}
                for item in self.plan.attributes
            },
        }
        if label := self.plan.label:
            favourable, bins = list(label.favourable), list(label.bins)
            job["label"] = {"column": label.column, "bins": bins, "favourable": favourable}
        return job

    def measure(self) -> Representation:
        """Count the file in the sandbox and return what the counts say."""
        label = self.plan.label
        request = GroupRequest(
            table="",
            attributes=tuple(item.grouping for item in self.plan.attributes),
            label=label.grouping if label else None,
        )
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            source = Source(kind="csv", descriptor=descriptor, groups=request)
            counts = run_group_child(source)
        finally:
            os.close(descriptor)
        references = {item.name: item.reference for item in self.plan.attributes if item.reference}
        return represent(counts, self.plan, references, date(2026, 11, 30))


def golden_cases(folder: Path) -> dict[str, Case]:
    """Write the golden sets as CSV files, a line per record, and return them by name."""
    sets = json.loads((FOLDER / "representation.json").read_text())
    cases = {}
    for number, (name, golden) in enumerate(sets.items()):
        path = folder / f"{number}.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            # One column of empty values would be empty lines.
            writer.writerow([*golden["columns"], "line"])
            for *values, n in golden["rows"]:
                writer.writerows([[*values, "x"]] * n)
        cases[name] = Case(path, _plan(golden))
    return cases


def _plan(golden: Mapping[str, Any]) -> Plan:
    columns = list(golden["columns"])
    label = None
    if "label" in golden:
        name, options = columns.pop(), golden["label"]
        label = PlannedLabel(
            name=name,
            column=name,
            bins=tuple(options.get("bins", ())),
            favourable=tuple(options["favourable"]),
        )
    references, bins = golden.get("references", {}), golden.get("bins", {})
    attributes = tuple(
        PlannedAttribute(
            name=name,
            column=name,
            bins=tuple(bins.get(name, ())),
            reference=_reference(references.get(name)),
        )
        for name in columns
    )
    return Plan(attributes=attributes, label=label)


def _reference(shares: Mapping[str, float] | None) -> Reference | None:
    return Reference(name="golden", date="2026-01-01", shares=shares) if shares else None


def our_statistics(result: Representation) -> Statistics:
    """Return every number of a result, of groups with records or a reference."""
    numbers: Statistics = {}
    for attribute in (*result.attributes, *result.pairs):
        numbers[attribute.attribute, "", "n"] = attribute.n
        numbers[attribute.attribute, "", "missing"] = attribute.missing
        for group in attribute.groups:
            if not group.is_rest:
                for name, value in _of_group(group):
                    numbers[attribute.attribute, group.group, name] = value
        for outcome in attribute.label.groups if attribute.label else ():
            for name, value in _of_outcome(outcome):
                numbers[attribute.attribute, outcome.group, name] = value
    return numbers


def _of_group(group: GroupResult) -> Iterator[tuple[str, float | None]]:
    for name in ("n", "share", "interval_low", "interval_high", "gap", "disparity_ratio"):
        yield NAMES.get(name, name), getattr(group, name)


def _of_outcome(group: OutcomeGroup) -> Iterator[tuple[str, float | None]]:
    names = ("n", "rate", "interval_low", "interval_high")
    for name in (*names, "difference", "difference_low", "difference_high"):
        yield RATES.get(name, name), getattr(group, name)
    for measure in group.measures:
        yield f"{measure.code} {measure.within}".strip(), measure.value


def their_statistics(result: Mapping[str, Any]) -> Statistics:
    """Return every number of the reference implementation's answer to a job."""
    numbers: Statistics = {}
    for attribute, answer in result.items():
        numbers[attribute, "", "n"] = answer["n"]
        numbers[attribute, "", "missing"] = answer["missing"]
        for group, values in answer["groups"].items():
            for name, value in values.items():
                numbers[attribute, group, name] = value
    return numbers


@dataclass(frozen=True)
class Comparison:
    """How many numbers are compared, and the largest absolute difference of two."""

    n: int
    largest: float
    place: str
    only_theirs: list[tuple[str, str, str]]
    only_ours: list[tuple[str, str, str]]


def compare(ours: Statistics, theirs: Statistics) -> Comparison:
    """Compare the numbers that either has; a null is no number."""
    numbers = {key: value for key, value in ours.items() if value is not None}
    others = {key: value for key, value in theirs.items() if value is not None}
    both = sorted(numbers.keys() & others.keys())
    largest, place = max((abs(numbers[key] - others[key]), " / ".join(key)) for key in both)
    # The libraries know groups of the file or of the reference, and no equal shares.
    in_job = {key[:2] for key in theirs}
    only_ours = [
        key
        for key in sorted(numbers.keys() - others.keys())
        if key[:2] in in_job and key[2] not in ("gap", "ratio")
    ]
    return Comparison(len(both), largest, place, sorted(others.keys() - numbers.keys()), only_ours)
