"""Provenance as a product's tree declares it; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.products.projection import Tree, custom, custom_pointer
from catalog.products.tree_reader import TreeReading
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS

KEY = "assayProvenance"
STATES = ("answered", "unknown", "not_applicable")
ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")


@dataclass(frozen=True, kw_only=True)
class DeclaredAnswer:
    """One answer: a text, or the word that nobody knows, or why the question does not apply."""

    question: str
    state: str
    text: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class DeclaredImbalance:
    """One group of one attribute; shares are from 0 to 1, `n` counts records."""

    attribute: str
    group: str
    share: float | None = None
    reference_share: float | None = None
    n: int | None = None
    reference_name: str = ""
    reference_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class DeclaredProvenance:
    """All that a tree declares of its provenance."""

    question_set: str = CURRENT_SET.version
    answers: tuple[DeclaredAnswer, ...] = ()
    imbalances: tuple[DeclaredImbalance, ...] = ()


def provenance_of(tree: Tree) -> DeclaredProvenance:
    """Return what a product's tree declares. Raises Invalid with every fault's pointer."""
    declared = custom(tree, KEY)
    if declared is None:
        return DeclaredProvenance()
    at, reading = custom_pointer(tree, KEY), TreeReading()
    if not isinstance(declared, Mapping):
        raise ValidationFailed([Issue(location=at, message=f"{KEY} is an object.")])
    version = declared.get("questionSet", CURRENT_SET.version)
    if version not in QUESTION_SETS:
        known = ", ".join(QUESTION_SETS)
        reading.issue(
            f"{at}/questionSet", f"There is no question set {version!r}.", f"Use {known}."
        )
        version = CURRENT_SET.version
    provenance = DeclaredProvenance(
        question_set=version,
        answers=_answers(reading, declared.get("answers"), version, f"{at}/answers"),
        imbalances=_imbalances(reading, declared.get("imbalances"), f"{at}/imbalances"),
    )
    reading.finish()
    return provenance


def _answers(
    reading: TreeReading, answers: Any, version: str, at: str
) -> tuple[DeclaredAnswer, ...]:
    if answers is None:
        return ()
    if not isinstance(answers, Mapping):
        reading.issue(at, "Answers are an object, a member for each question.")
        return ()
    codes, found = QUESTION_SETS[version].codes, []
    for question, item in answers.items():
        location = f"{at}/{question}"
        if question not in codes:
            reading.issue(location, "There is no such question.", f"Ask one of {', '.join(codes)}.")
        elif not isinstance(item, Mapping):
            reading.issue(location, "An answer is an object with a state.")
        elif item.get("state") not in STATES:
            reading.issue(f"{location}/state", "This is no state.", f"Use {', '.join(STATES)}.")
        else:
            found.append(_answer(reading, question, item, location))
    return tuple(found)


def _answer(
    reading: TreeReading, question: str, item: Mapping[str, Any], at: str
) -> DeclaredAnswer:
    answer = DeclaredAnswer(
        question=question,
        state=item["state"],
        text=reading.text(item, "text", at),
        reason=reading.text(item, "reason", at),
    )
    if answer.state == "answered" and not answer.text:
        reading.issue(
            f"{at}/text", "An answer needs its text.", "Write it, or set the state to unknown."
        )
    if answer.state == "not_applicable" and not answer.reason:
        reading.issue(f"{at}/reason", "Say why the question does not apply.")
    return answer


def _imbalances(reading: TreeReading, rows: Any, at: str) -> tuple[DeclaredImbalance, ...]:
    if rows is None:
        return ()
    if not isinstance(rows, list) or len(rows) > 2000:
        reading.issue(at, "Imbalances are a list of at most 2000 rows.")
        return ()
    found = []
    for index, item in enumerate(rows):
        location = f"{at}/{index}"
        if not isinstance(item, Mapping):
            reading.issue(location, "A row is an object.")
            continue
        found.append(_imbalance(reading, item, location))
    pairs = [(row.attribute, row.group) for row in found]
    for pair in sorted({pair for pair in pairs if pairs.count(pair) > 1}):
        reading.issue(at, f"{pair[0]} {pair[1]} stands twice.", "Keep one row for each group.")
    return tuple(found)


def _imbalance(reading: TreeReading, item: Mapping[str, Any], at: str) -> DeclaredImbalance:
    attribute = reading.text(item, "attribute", at, 60)
    group = reading.text(item, "group", at, 200)
    if not ATTRIBUTE.match(attribute):
        reading.issue(
            f"{at}/attribute",
            f"{attribute!r} names no attribute.",
            "Use small letters, digits and underscores, such as age_band.",
        )
    if not group:
        reading.issue(f"{at}/group", "Name the group.")
    n = item.get("n")
    if n is not None and (type(n) is not int or not 0 <= n < 2**53):
        reading.issue(f"{at}/n", "n is a whole number of records.")
        n = None
    name, when = _reference(reading, item, at)
    return DeclaredImbalance(
        attribute=attribute,
        group=group,
        share=_share(reading, item, "share", at),
        reference_share=_share(reading, item, "referenceShare", at),
        n=n,
        reference_name=name,
        reference_date=when,
    )


def _share(reading: TreeReading, item: Mapping[str, Any], key: str, at: str) -> float | None:
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        reading.issue(f"{at}/{key}", "A share is a number from 0 to 1.", "Write 40 % as 0.4.")
        return None
    return float(value)


def _reference(reading: TreeReading, item: Mapping[str, Any], at: str) -> tuple[str, date | None]:
    reference = item.get("reference")
    if reference is None:
        return "", None
    if not isinstance(reference, Mapping):
        reading.issue(f"{at}/reference", "A reference is an object with a name and a date.")
        return "", None
    text = reading.text(reference, "date", f"{at}/reference", 10)
    try:
        when = date.fromisoformat(text) if text else None
    except ValueError:
        reading.issue(f"{at}/reference/date", f"{text!r} is not a date.", "Write it as 2026-03-31.")
        when = None
    return reading.text(reference, "name", f"{at}/reference", 200), when
