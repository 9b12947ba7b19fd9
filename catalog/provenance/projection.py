"""Provenance as a product's tree declares it; pure."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from jsonpointer import escape

from catalog.exceptions import ValidationFailed
from catalog.products.projection import custom, custom_pointer
from catalog.products.tree_reader import TreeReader
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS
from catalog.types import JSONObject, JSONValue

KEY = "assayProvenance"
STATES = ("answered", "unknown", "not_applicable")
MAX_IMBALANCES = 2_000
ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,59}\Z")


@dataclass(frozen=True, kw_only=True)
class DeclaredAnswer:
    """One answer: a text, or that it is unknown, or the reason why it does not apply."""

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
    """What a tree declares of its provenance."""

    question_set: str = CURRENT_SET.version
    answers: tuple[DeclaredAnswer, ...] = ()
    imbalances: tuple[DeclaredImbalance, ...] = ()


def parse_provenance(tree: JSONObject) -> DeclaredProvenance:
    """Return what a product's tree declares. Raises ValidationFailed with every issue."""
    declared, at = custom(tree, KEY), custom_pointer(tree, KEY)
    if declared is None:
        return DeclaredProvenance()
    reader = TreeReader()
    if not isinstance(declared, Mapping):
        raise ValidationFailed.of(at, "Must be an object.")
    version = declared.get("questionSet", CURRENT_SET.version)
    if not isinstance(version, str) or version not in QUESTION_SETS:
        hint = f"Use {', '.join(QUESTION_SETS)}."
        reader.add_issue(f"{at}/questionSet", f"Unknown question set {version!r}.", hint)
        version = CURRENT_SET.version
    provenance = DeclaredProvenance(
        question_set=version,
        answers=_answers(reader, declared, version, at),
        imbalances=_imbalances(reader, declared, at),
    )
    reader.finish()
    return provenance


def _answers(
    reader: TreeReader, declared: Mapping[str, JSONValue], version: str, at: str
) -> tuple[DeclaredAnswer, ...]:
    codes, answers = QUESTION_SETS[version].codes, []
    for question, item in reader.mapping(declared, "answers", at).items():
        location = f"{at}/answers/{escape(str(question))}"
        if question not in codes:
            reader.add_issue(location, "Unknown question.", f"Use one of {', '.join(codes)}.")
        elif not isinstance(item, Mapping):
            reader.add_issue(location, "Must be an object with a state.")
        elif item.get("state") not in STATES:
            reader.add_issue(f"{location}/state", "Unknown state.", f"Use {', '.join(STATES)}.")
        else:
            text, reason = (
                reader.text(item, "text", location),
                reader.text(item, "reason", location),
            )
            state = str(item["state"])
            if state == "answered" and not text:
                hint = "Write it, or set the state to unknown."
                reader.add_issue(f"{location}/text", "An answer needs a text.", hint)
            if state == "not_applicable" and not reason:
                reader.add_issue(f"{location}/reason", "Say why the question does not apply.")
            answers.append(DeclaredAnswer(question=question, state=state, text=text, reason=reason))
    return tuple(answers)


def _imbalances(
    reader: TreeReader, declared: Mapping[str, JSONValue], at: str
) -> tuple[DeclaredImbalance, ...]:
    rows = declared.get("imbalances")
    if isinstance(rows, list) and len(rows) > MAX_IMBALANCES:
        reader.add_issue(f"{at}/imbalances", f"At most {MAX_IMBALANCES} rows.")
        return ()
    imbalances = [
        _imbalance(reader, item, location)
        for location, item in reader.objects(declared, "imbalances", at)
    ]
    groups = Counter((row.attribute, row.group) for row in imbalances)
    for (attribute, group), count in sorted(groups.items()):
        if count > 1:
            message = f"Duplicate group {attribute} {group}."
            reader.add_issue(f"{at}/imbalances", message, "Keep one row for each group.")
    return tuple(imbalances)


def _imbalance(reader: TreeReader, item: Mapping[str, JSONValue], at: str) -> DeclaredImbalance:
    attribute, group = reader.text(item, "attribute", at, 60), reader.text(item, "group", at, 200)
    if not ATTRIBUTE.match(attribute):
        hint = "Use small letters, digits and underscores, such as age_band."
        reader.add_issue(f"{at}/attribute", f"{attribute!r} is not an attribute.", hint)
    if not group:
        reader.add_issue(f"{at}/group", "An imbalance needs a group.")
    n = item.get("n")
    if n is not None and (type(n) is not int or not 0 <= n < 2**53):
        reader.add_issue(f"{at}/n", "Must be a whole number of records.")
        n = None
    reference = reader.mapping(item, "reference", at)
    text = reader.text(reference, "date", f"{at}/reference", 10)
    try:
        reference_date = date.fromisoformat(text) if text else None
    except ValueError:
        hint = "Write it as 2026-03-31."
        reader.add_issue(f"{at}/reference/date", f"{text!r} is not a date.", hint)
        reference_date = None
    return DeclaredImbalance(
        attribute=attribute,
        group=group,
        share=_share(reader, item, "share", at),
        reference_share=_share(reader, item, "referenceShare", at),
        n=n,
        reference_name=reader.text(reference, "name", f"{at}/reference", 200),
        reference_date=reference_date,
    )


def _share(reader: TreeReader, item: Mapping[str, JSONValue], key: str, at: str) -> float | None:
    value = item.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        reader.add_issue(f"{at}/{key}", "Must be a number from 0 to 1.", "Write 40 % as 0.4.")
        return None
    return float(value)
