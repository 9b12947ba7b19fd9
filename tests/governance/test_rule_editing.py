"""Quality rules of a contract as rows of a form, and back: nothing else of a contract changes."""

from copy import deepcopy
from dataclasses import replace

import pytest

from governance.quality.editing import RuleEdit, RuleRow, apply_rules, rows_of

TABLE = {
    "name": "orders",
    "properties": [
        {"name": "id", "logicalType": "string"},
        {"name": "total", "physicalName": "TOTAL", "logicalType": "number"},
        {"name": "address", "properties": [{"name": "city"}]},
    ],
}


def with_rules(*rules, column=None):
    """Return the table with rules of its own, or of one of its columns."""
    table = deepcopy(TABLE)
    node = table if column is None else table["properties"][column]
    node["quality"] = list(rules)
    return table


def only_row(table):
    [placed] = rows_of(table)
    return placed.row


def written(row):
    """Return the table with one more rule, and the rule's issues."""
    return apply_rules(TABLE, [RuleEdit(pointer="", row=row)])


RULES = [
    {"metric": "rowCount", "mustBeGreaterThan": 10},
    {"metric": "duplicateValues", "arguments": {"properties": ["id", "TOTAL"]}, "mustBe": 0},
    {"type": "sql", "query": "SELECT 1", "mustBe": 1},
    {
        "type": "custom",
        "engine": "assay",
        "implementation": {"check": "expression", "expression": "total >= 0"},
        "mustBeLessThan": 5,
        "unit": "percent",
    },
    {
        "type": "custom",
        "engine": "assay",
        "implementation": {
            "check": "reference",
            "columns": ["id", "TOTAL"],
            "reference": {"product": "sales/customers", "port": "table", "columns": ["a", "b"]},
        },
        "mustBe": 0,
    },
]
COLUMN_RULES = [
    {"metric": "nullValues", "mustBe": 0},
    {"metric": "missingValues", "arguments": {"missingValues": ["n/a", "-"]}, "mustBe": 0},
    {"metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}, "mustBeLessThan": 3},
    {"metric": "invalidValues", "arguments": {"pattern": "^a,b$"}, "mustBe": 0},
    {
        "type": "custom",
        "engine": "assay",
        "implementation": {"check": "range", "minimum": 0, "maximum": 9.5},
        "mustBe": 0,
    },
    {
        "type": "custom",
        "engine": "assay",
        "implementation": {"check": "freshness", "max_age": 24, "age_unit": "h"},
    },
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_a_table_comes_back_as_it_was_written(rule):
    again = written(only_row(with_rules(rule)))

    assert list(again.issues) == []
    assert again.tree["quality"] == [rule]


@pytest.mark.parametrize("rule", COLUMN_RULES)
def test_a_rule_of_a_column_comes_back_at_its_column(rule):
    row = only_row(with_rules(rule, column=1))
    again = written(row)

    assert row.columns == "TOTAL"
    assert again.tree["properties"][1]["quality"] == [rule]
    assert "quality" not in again.tree


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "text", "description": "Totals are in euro."},
        {"type": "custom", "engine": "soda", "implementation": "- row_count > 0"},
        {"metric": "rowCount", "mustBeGreaterThan": 1, "mustBeLessThan": 9},
        {"metric": "invalidValues", "arguments": {"validValues": ["a, b"]}, "mustBe": 0},
        {
            "type": "custom",
            "engine": "assay",
            "implementation": {"check": "range", "minimum": 0, "exclusive": True},
        },
    ],
)
def test_a_rule_that_no_row_can_show_stays_as_it_is(rule):
    table = with_rules(rule)
    count = RuleRow(kind="row_count", operator="mustBeGreaterThan", limit="0")

    edited = apply_rules(table, [RuleEdit(pointer="", row=count)])

    assert only_row(table) is None
    assert edited.tree["quality"] == [rule, {"metric": "rowCount", "mustBeGreaterThan": 0}]


def test_members_that_no_row_has_outlive_an_edit():
    rule = {"id": "r1", "metric": "nullValues", "mustBe": 0, "severity": "warning", "tags": ["x"]}
    table = with_rules(rule, column=0)
    [placed] = rows_of(table)
    row = RuleRow(
        kind="missing", columns="id", operator="mustBeLessThan", limit="5", unit="percent"
    )

    edited = apply_rules(table, [RuleEdit(pointer=placed.pointer, row=row)])

    expected = {"metric": "nullValues", "mustBeLessThan": 5, "unit": "percent"}
    others = {"id": "r1", "severity": "warning", "tags": ["x"]}
    assert edited.tree["properties"][0]["quality"] == [others | expected]
    assert edited.pointers == {placed.pointer: 0}


def test_numbers_in_a_list_stay_numbers_while_only_the_limit_changes():
    rule = {"metric": "invalidValues", "arguments": {"validValues": [1, 2]}, "mustBe": 0}
    table = with_rules(rule, column=1)
    [placed] = rows_of(table)
    row = replace(placed.row, operator="mustBe", limit="3")

    edited = apply_rules(table, [RuleEdit(pointer=placed.pointer, row=row)])

    assert edited.tree["properties"][1]["quality"] == [rule | {"mustBe": 3}]


def test_one_of_two_equal_rules_is_removed():
    rule = {"metric": "nullValues", "mustBe": 0}
    table = with_rules(dict(rule), dict(rule), column=0)
    first, second = rows_of(table)

    edits = [
        RuleEdit(pointer=first.pointer, row=first.row),
        RuleEdit(pointer=second.pointer, row=None),
    ]
    edited = apply_rules(table, edits)
    empty = apply_rules(edited.tree, [RuleEdit(pointer=first.pointer, row=None)])

    assert edited.tree["properties"][0]["quality"] == [rule]
    assert empty.tree == TABLE


def test_a_rule_moves_to_the_column_that_it_names_now():
    table = with_rules({"metric": "nullValues", "mustBe": 0}, column=0)
    [placed] = rows_of(table)
    row = RuleRow(kind="missing", columns="address.city")

    edited = apply_rules(table, [RuleEdit(pointer=placed.pointer, row=row)])

    assert "quality" not in edited.tree["properties"][0]
    city = edited.tree["properties"][2]["properties"][0]
    assert city["quality"] == [{"metric": "nullValues", "mustBe": 0}]


@pytest.mark.parametrize(
    ("row", "place", "message"),
    [
        (RuleRow(kind="missing", columns="totl"), "columns", "no column 'totl'"),
        (RuleRow(kind="missing"), "columns", "is of a column"),
        (RuleRow(kind="row_count"), "limit", "needs a limit"),
        (RuleRow(kind="row_count", operator="mustBe", limit="many"), "limit", "not a number"),
        (RuleRow(kind="row_count", operator="mustBe"), "limit", "a comparison and a number"),
        (RuleRow(kind="row_count", operator="mustBeBetween", limit="3"), "limit", "Two numbers"),
        (RuleRow(kind="range", columns="TOTAL"), "details", "no bounds"),
        (RuleRow(kind="pattern", columns="id"), "details", "needs details"),
        (RuleRow(kind="type_conformity", columns="id", details="text"), "details", "not known"),
        (RuleRow(kind="freshness", columns="id", details="soon"), "details", "not an age"),
        (RuleRow(kind="reference", columns="id", details="x: y"), "details", "cannot be read"),
    ],
)
def test_what_cannot_be_written_is_an_issue_of_its_field(row, place, message):
    edited = written(row)

    [(number, issue)] = edited.issues
    assert (number, issue.location) == (0, place)
    assert message in issue.message
    assert edited.tree == TABLE
