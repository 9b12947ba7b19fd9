"""Rules of Great Expectations, Soda and dbt that say what a rule of ODCS or Assay says; pure.

Each becomes a rule of the library, or the implementation of a check of Assay; None if it is not
known. Names: docs.greatexpectations.io/docs/core/define_expectations, docs.soda.io (SodaCL),
docs.getdbt.com/reference/resource-properties/data-tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from catalog.types import JSONObject

Translator = Callable[[JSONObject, str], JSONObject | None]
_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")
_SODA_LIMITS = {
    "must_be": "mustBe",
    "must_not_be": "mustNotBe",
    "must_be_greater_than": "mustBeGreaterThan",
    "must_be_greater_than_or_equal_to": "mustBeGreaterOrEqualTo",
    "must_be_less_than": "mustBeLessThan",
    "must_be_less_than_or_equal_to": "mustBeLessOrEqualTo",
    "must_be_between": "mustBeBetween",
    "must_be_not_between": "mustNotBeBetween",
}


def great_expectations(implementation: JSONObject, column: str) -> JSONObject | None:
    """Return what an expectation says; `mostly` is the share of rows that must meet it."""
    name = str(implementation.get("expectation_type") or implementation.get("type") or "")
    name = _CAMEL.sub("_", name).lower() if name.startswith("Expect") else name
    stated = implementation.get("kwargs")
    arguments: JSONObject = stated if isinstance(stated, dict) else implementation
    column = str(arguments.get("column") or column)
    limit = _mostly(arguments.get("mostly"))
    low, high = arguments.get("min_value"), arguments.get("max_value")
    columns = {"columns": [column]} if column else {}
    checks: dict[str, JSONObject] = {
        "expect_column_values_to_not_be_null": {"check": "missing", **columns},
        "expect_column_values_to_be_unique": {"check": "duplicates", **columns},
        "expect_compound_columns_to_be_unique": {
            "check": "duplicates",
            "columns": arguments.get("column_list"),
        },
        "expect_column_values_to_be_in_set": {
            "check": "allowed_values",
            "values": arguments.get("value_set"),
            **columns,
        },
        "expect_column_values_to_match_regex": {
            "check": "pattern",
            "pattern": arguments.get("regex"),
            **columns,
        },
        "expect_column_values_to_be_between": {
            "check": "range",
            "minimum": low,
            "maximum": high,
            **columns,
        },
        "expect_column_value_lengths_to_be_between": {
            "check": "length",
            "minimum": low,
            "maximum": high,
            **columns,
        },
    }
    if name == "expect_table_row_count_to_equal":
        return {"check": "row_count", "mustBe": arguments.get("value")}
    if name == "expect_table_row_count_to_be_between":
        return {"check": "row_count", **_between(low, high)}
    return {**checks[name], **limit} if name in checks else None


def soda(implementation: JSONObject, column: str) -> JSONObject | None:
    """Return what a check of Soda says, in its form with `type` and limits by name."""
    limits = {
        ours: implementation[theirs]
        for theirs, ours in _SODA_LIMITS.items()
        if implementation.get(theirs) is not None
    }
    listed = implementation.get("columns")
    columns = listed if isinstance(listed, list) else [column] if column else None
    name, _, unit = str(implementation.get("type") or "").rpartition("_")
    if unit == "percent":
        limits["unit"] = "percent"
    if unit not in ("count", "percent") or len(limits) == (unit == "percent"):
        return None
    if name == "row":
        return {"check": "row_count", **limits}
    if name in ("missing", "duplicate"):
        check = "missing" if name == "missing" else "duplicates"
        return {"check": check, "columns": columns, **limits}
    if name == "invalid" and (values := implementation.get("valid_values")):
        return {"check": "allowed_values", "columns": columns, "values": values, **limits}
    if name == "invalid" and (pattern := implementation.get("valid_regex")):
        return {"check": "pattern", "columns": columns, "pattern": pattern, **limits}
    return None


def dbt(implementation: JSONObject, column: str) -> JSONObject | None:
    """Return what a test of dbt says, as its importer writes it; one with a `where` is not run."""
    if {"where", "error_if", "warn_if"} & implementation.keys():
        return None
    name = str(implementation.get("test") or "")
    stated = implementation.get("arguments")
    arguments: Mapping[str, object] = stated if isinstance(stated, Mapping) else {}
    column = str(arguments.get("column_name") or column)
    columns = {"columns": [column]} if column else {}
    tests: dict[str, JSONObject] = {
        "not_null": {"check": "missing", **columns},
        "unique": {"check": "duplicates", **columns},
        "accepted_values": {
            "check": "allowed_values",
            "values": arguments.get("values"),
            **columns,
        },
        "dbt_utils.unique_combination_of_columns": {
            "check": "duplicates",
            "columns": arguments.get("combination_of_columns"),
        },
        "dbt_utils.expression_is_true": {
            "check": "expression",
            "expression": f"{column} {arguments.get('expression')}".strip(),
        },
        "dbt_utils.accepted_range": {
            "check": "range",
            "minimum": arguments.get("min_value"),
            "maximum": arguments.get("max_value"),
            "exclusive": arguments.get("inclusive") is False,
            **columns,
        },
    }
    return {"mustBe": 0, **tests[name]} if name in tests else None


def _mostly(share: object) -> JSONObject:
    if isinstance(share, int | float) and 0 < share < 1:
        return {"mustBeLessOrEqualTo": round((1 - share) * 100, 6), "unit": "percent"}
    return {"mustBe": 0}


def _between(low: object, high: object) -> JSONObject:
    if low is None:
        return {"mustBeLessOrEqualTo": high}
    if high is None:
        return {"mustBeGreaterOrEqualTo": low}
    return {"mustBeBetween": [low, high]}


TRANSLATORS: Mapping[str, Translator] = {
    "great-expectations": great_expectations,
    "soda": soda,
    "dbt": dbt,
}
