"""The details of a quality rule as one text by kind, and back to ODCS; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from catalog.types import JSONObject
from governance.quality.assay_rules import TYPES
from governance.quality.drafts import RuleProblem, text_of

ENGINE = "assay"
DETAILS = "details"
METRICS = {
    "rowCount": "row_count",
    "nullValues": "missing",
    "missingValues": "missing",
    "duplicateValues": "duplicates",
}
REFERENCE_NAMES = ("product", "port", "table", "columns", "compared")
BOUNDS = re.compile(r"(?P<low>.*?)\s*\bto\b\s*(?P<high>.*)", re.DOTALL)


@dataclass(frozen=True)
class WrittenDetails:
    """A rule's kind, the columns that it names itself, and its details as text."""

    kind: str
    columns: tuple[str, ...] = ()
    text: str = ""


def details_of(rule: Mapping[str, object]) -> WrittenDetails | None:
    """Return the details of a rule; None if a text cannot say all of them."""
    kind = rule.get("type") or ("sql" if rule.get("query") else "library")
    if kind == "sql":
        return WrittenDetails("sql", (), str(rule.get("query") or ""))
    if kind == "library":
        return _of_library(rule)
    implementation = rule.get("implementation")
    if kind == "custom" and rule.get("engine") == ENGINE and isinstance(implementation, dict):
        return _of_assay(implementation)
    return None


def _of_library(rule: Mapping[str, object]) -> WrittenDetails | None:
    arguments = rule.get("arguments") or {}
    metric = str(rule.get("metric") or "")
    if not isinstance(arguments, dict) or len(arguments) > 1:
        return None
    [(name, value)] = arguments.items() or [("", None)]
    match metric, name, value:
        case "invalidValues", "pattern", str():
            return WrittenDetails("pattern", (), value)
        case ("invalidValues", "validValues", list() as values) | (
            "missingValues",
            "missingValues",
            list() as values,
        ):
            return _values("missing" if name == metric else "allowed_values", values)
        case "duplicateValues", "properties", list():
            return WrittenDetails("duplicates", tuple(map(str, value)))
    return WrittenDetails(METRICS[metric]) if metric in METRICS and not name else None


def _values(kind: str, values: Sequence[object]) -> WrittenDetails | None:
    """Return a list of values, separated by commas; None if one of them holds a comma."""
    texts = [text_of(item) for item in values]
    is_plain = texts and not any("," in text or text != text.strip() for text in texts)
    return WrittenDetails(kind, (), ", ".join(texts)) if is_plain else None


def _of_assay(rule: JSONObject) -> WrittenDetails | None:
    """Return the details of one of Assay's own checks, if a text can say all its members."""
    kind = str(rule.get("check") or "")
    columns = tuple(map(str, rule.get("columns") or rule.get("key") or ()))
    texts = {
        "range": _bounds_text(rule),
        "length": _bounds_text(rule),
        "type_conformity": str(rule.get("type") or ""),
        "freshness": f"{rule.get('max_age')} {rule.get('age_unit') or ''}".strip(),
        "distribution": str(rule.get("max_distance", "")),
        "expression": str(rule.get("expression") or ""),
        "reference": _reference_text(rule),
        "accuracy": _reference_text(rule),
    }
    if (text := texts.get(kind)) is None:
        return None
    try:
        again = implementation_of(kind, columns, text)["implementation"]
    except RuleProblem:
        return None
    return WrittenDetails(kind, columns, text) if again == rule else None


def implementation_of(kind: str, columns: tuple[str, ...], details: str) -> JSONObject:
    """Return the members of a rule that say what is checked. Raises RuleProblem."""
    text = details.strip()
    arguments: JSONObject = {}
    if kind == "sql":
        return {"type": "sql", "query": _required(text, "Write a SELECT of one number.")}
    if kind in ("row_count", "duplicates"):
        arguments = {"properties": list(columns)} if columns and kind == "duplicates" else {}
        return _library("rowCount" if kind == "row_count" else "duplicateValues", arguments)
    if kind == "missing":
        arguments = {"missingValues": _list(text)} if text else {}
        return _library("missingValues" if text else "nullValues", arguments)
    if kind == "allowed_values":
        needed = _required(text, "Write the allowed values, separated by commas.")
        return _library("invalidValues", {"validValues": _list(needed)})
    if kind == "pattern":
        return _library("invalidValues", {"pattern": _required(text, "Write a pattern.")})
    members: JSONObject = {"check": kind} | _ASSAY[kind](text)
    if columns:
        members |= {"key" if kind == "accuracy" else "columns": list(columns)}
    return {"type": "custom", "engine": ENGINE, "implementation": members}


def _library(metric: str, arguments: JSONObject) -> JSONObject:
    return {"metric": metric} | ({"arguments": arguments} if arguments else {})


def _required(text: str, hint: str) -> str:
    if not text:
        raise RuleProblem("This rule needs details.", hint, DETAILS)
    return text


def _list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _bounds(text: str) -> JSONObject:
    match = BOUNDS.fullmatch(text)
    low, high = (match["low"].strip(), match["high"].strip()) if match else ("", "")
    if not low and not high:
        hint = "Write 0 to 100, or leave out one of the two: 0 to."
        raise RuleProblem("The rule has no bounds.", hint, DETAILS)
    bounds = {"minimum": low, "maximum": high}
    return {name: _scalar(bound) for name, bound in bounds.items() if bound}


def _scalar(text: str) -> float | int | str:
    """Return a number as a number; a date stays text."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and "." not in text else number


def _bounds_text(rule: JSONObject) -> str:
    low, high = (rule.get(name) for name in ("minimum", "maximum"))
    parts = ("" if bound is None else text_of(bound) for bound in (low, high))
    return " to ".join(parts).strip()


def _type(text: str) -> JSONObject:
    if text not in TYPES:
        raise RuleProblem("The type is not known.", f"Use one of {', '.join(TYPES)}.", DETAILS)
    return {"type": text}


def _freshness(text: str) -> JSONObject:
    amount, _, unit = text.partition(" ")
    _required(amount, "Write the greatest age, such as 24 h or 2 d.")
    if amount.upper().startswith("P"):
        return {"max_age": amount.upper()}
    age = _scalar(amount)
    if isinstance(age, str):
        hint = "Write a number and a unit, such as 24 h or 2 d."
        raise RuleProblem("This is not an age.", hint, DETAILS)
    return {"max_age": age} | ({"age_unit": unit.strip()} if unit.strip() else {})


def _distribution(text: str) -> JSONObject:
    distance = _scalar(text) if text else None
    if isinstance(distance, str):
        hint = "Write a number from 0 to 1, such as 0.1; or nothing."
        raise RuleProblem("The distance is not a number.", hint, DETAILS)
    return {} if distance is None else {"max_distance": distance}


def _reference(text: str) -> JSONObject:
    """Read lines of `name: value`; the columns there, and what is compared, by commas."""
    lines = [line.partition(":") for line in text.splitlines() if line.strip()]
    members = {name.strip(): value.strip() for name, _, value in lines}
    unknown = [name for name in members if name not in REFERENCE_NAMES]
    if unknown or not (members.get("product") or members.get("table")):
        hint = "Write a line each: product: domain/name, port: name, table: name, columns: a, b."
        raise RuleProblem("The reference cannot be read.", hint, DETAILS)
    compared = _list(members.pop("compared", ""))
    reference: JSONObject = {name: value for name, value in members.items() if value}
    if "columns" in reference:
        reference["columns"] = _list(members["columns"])
    return {"reference": reference} | ({"compared": compared} if compared else {})


def _reference_text(rule: JSONObject) -> str:
    reference = rule.get("reference")
    members = dict(reference) if isinstance(reference, dict) else {}
    members |= {"compared": rule["compared"]} if rule.get("compared") else {}
    lines = (
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in members.items()
    )
    return "\n".join(lines)


_ASSAY: Mapping[str, Callable[[str], JSONObject]] = {
    "range": _bounds,
    "length": _bounds,
    "type_conformity": _type,
    "freshness": _freshness,
    "distribution": _distribution,
    "expression": lambda text: {
        "expression": _required(text, "Write a condition on one row, such as a <= b.")
    },
    "reference": _reference,
    "accuracy": _reference,
}
