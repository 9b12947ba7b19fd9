"""Proposes the classification of columns from their names and from what detectors counted; pure."""

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple

from catalog.authorization.values import OPEN_CLASSIFICATIONS
from catalog.types import JSONObject
from governance.sandbox.detectors import (
    BY_CODE,
    BY_NAME,
    PII,
    QUASI_IDENTIFIER,
    SPECIAL_CATEGORY,
    Detector,
    detectors_by_name,
)
from governance.sandbox.types import ColumnProfile

# Of several proposals for one column the first of these is made.
ORDER = (SPECIAL_CATEGORY, PII, QUASI_IDENTIFIER)
# With fewer values a name is not refuted by values that do not fit it.
MIN_REFUTING = 5


class ColumnKey(NamedTuple):
    """A column of a contract, whatever the contract's version: names as the source has them."""

    contract: str
    table: str
    column: str


@dataclass(frozen=True, kw_only=True)
class ClassifiableColumn:
    """A column or nested field of a contract; `observed` is what its source says of it."""

    key: ColumnKey
    name: str
    table: str
    path: str
    logical_type: str = ""
    classification: str = ""
    observed: ColumnProfile | None = None


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A classification that is proposed for a column, and the evidence for it as a sentence."""

    column: ClassifiableColumn
    classification: str
    detector: str
    evidence: str
    is_by_values: bool

    @property
    def key(self) -> str:
        """Return what a form and a program send for it."""
        return "/".join((*self.column.key, self.classification))


def with_classifications(
    tree: JSONObject, classifications: Mapping[tuple[str, str], str]
) -> JSONObject:
    """Return a contract's document with classifications, by table and path of the column."""
    schema: list[JSONObject] = copy.deepcopy(tree.get("schema") or [])
    for table in schema:
        _classify(table, str(table.get("name")), "", classifications)
    return tree | {"schema": schema}


def _classify(
    node: JSONObject, table: str, above: str, classifications: Mapping[tuple[str, str], str]
) -> None:
    for column in node.get("properties") or ():
        path = f"{above}.{column.get('name')}" if above else str(column.get("name"))
        if classification := classifications.get((table, path)):
            column["classification"] = classification
        _classify(column, table, path, classifications)
        if isinstance(items := column.get("items"), dict):
            _classify(items, table, path, classifications)


def suggest(
    columns: Iterable[ClassifiableColumn], *, rejected: Collection[tuple[ColumnKey, str]]
) -> Iterator[Suggestion]:
    """Yield one proposal for each column without a classification that detectors say something of.

    A rejected one is not made again; another classification of the same column may be.
    """
    for column in columns:
        if column.classification.strip().casefold() in OPEN_CLASSIFICATIONS:
            proposals = [
                proposal
                for proposal in _proposals(column)
                if (column.key, proposal.classification) not in rejected
            ]
            if proposals:
                yield min(proposals, key=_rank)


def recognized_in(column: ColumnProfile) -> set[str]:
    """Return the classifications that the values of a column propose, whatever its name."""
    codes = (code.partition(":") for code, _ in column.detections)
    detectors = ((BY_CODE.get(code), test) for code, _, test in codes)
    return {
        detector.classification
        for detector, test in detectors
        if detector and (detector.values_by_name if test == BY_NAME else detector.values)
    }


def _rank(proposal: Suggestion) -> tuple[bool, int]:
    return not proposal.is_by_values, ORDER.index(proposal.classification)


def _proposals(column: ClassifiableColumn) -> Iterator[Suggestion]:
    observed, by_name = column.observed, _matching(column)
    counted = dict(observed.detections) if observed else {}
    counted_codes = {code.partition(":")[0] for code in counted}
    for code, count in counted.items():
        detector = BY_CODE.get(code.partition(":")[0])
        if observed is not None and detector is not None:
            yield _counted(column, detector, code, count)
    for detector in by_name:
        if detector.code not in counted_codes and not _is_refuted(detector, column):
            yield _by_name(column, detector, _why_untested(column))


def _matching(column: ClassifiableColumn) -> list[Detector]:
    names = [column.name, *([column.observed.name] if column.observed else [])]
    return list(dict.fromkeys(detector for name in names for detector in detectors_by_name(name)))


def _is_refuted(detector: Detector, column: ClassifiableColumn) -> bool:
    """Return True if the values or the type of a column contradict its name."""
    observed = column.observed
    logical_type = observed.logical_type if observed else column.logical_type
    if logical_type == "boolean":
        return detector.classification != SPECIAL_CATEGORY
    return observed is not None and observed.n_sampled >= MIN_REFUTING


def _why_untested(column: ClassifiableColumn) -> str:
    if column.observed is None:
        return "no values of the column were sampled."
    if not column.observed.n_sampled:
        return "its values were not sampled."
    return f"only {column.observed.n_sampled} values were sampled."


def _counted(column: ClassifiableColumn, detector: Detector, code: str, count: int) -> Suggestion:
    """Return a proposal whose evidence are values, or a name that values do not contradict."""
    _, _, test = code.partition(":")
    values = detector.values_by_name if test == BY_NAME else detector.values
    if not values:
        return _by_name(column, detector, "its values do not contradict the name.")
    sampled = column.observed.n_sampled if column.observed else 0
    verb = "values are" if sampled != 1 else "value is"
    kind = f" ({_title_of(test)})" if test not in ("", BY_NAME) else ""
    evidence = f"{count * 100 // sampled} % of {sampled:,} sampled {verb} {values}{kind}."
    if detector in _matching(column):
        evidence += " The name of the column agrees."
    return _suggestion(column, detector, evidence, is_by_values=True)


def _by_name(column: ClassifiableColumn, detector: Detector, why: str) -> Suggestion:
    return _suggestion(column, detector, f"By its name only: {why}", is_by_values=False)


def _title_of(number: str) -> str:
    """Return what a national number is called: the first line of its module."""
    text = import_module(f"stdnum.{number}").__doc__ or number
    return text.strip().splitlines()[0].rstrip(".")


def _suggestion(
    column: ClassifiableColumn, detector: Detector, evidence: str, *, is_by_values: bool
) -> Suggestion:
    return Suggestion(
        column=column,
        classification=detector.classification,
        detector=detector.code,
        evidence=evidence,
        is_by_values=is_by_values,
    )
