"""Quality rules of ODCS contracts become checks; what cannot be run stays, with its reason."""

import pytest

from catalog.types import JSONObject
from governance.quality.dimensions import Dimension
from governance.quality.odcs import CompiledContract, compile_contract
from governance.quality.outcomes import expected_text
from governance.quality.rules import Operator, QualityRule, Severity, Threshold, Unit

SERVER: JSONObject = {"type": "postgres", "schema": "shop"}


def compiled(
    *table_rules: JSONObject, column_rules: list[JSONObject] | None = None, **column: object
) -> CompiledContract:
    """Return what a contract of one table with one column compiles to."""
    properties = [{"name": "status", "quality": column_rules or [], **column}]
    table = {"name": "orders", "quality": list(table_rules), "properties": properties}
    return compile_contract({"schema": [table]}, SERVER)


def of_column(rule: JSONObject) -> QualityRule:
    [compiled_rule] = compiled(column_rules=[rule]).rules
    return compiled_rule


def of_table(rule: JSONObject) -> QualityRule:
    [compiled_rule] = compiled(rule).rules
    return compiled_rule


@pytest.mark.parametrize(
    ("rule", "kind", "dimension"),
    [
        ({"metric": "nullValues", "mustBe": 0}, "missing", Dimension.COMPLETENESS),
        ({"metric": "missingValues", "mustBe": 0}, "missing", Dimension.COMPLETENESS),
        ({"metric": "duplicateValues", "mustBe": 0}, "duplicates", Dimension.UNIQUENESS),
        ({"rule": "nullValues", "mustBe": 0}, "missing", Dimension.COMPLETENESS),
        ({"rule": "duplicateCount", "mustBe": 0}, "duplicates", Dimension.UNIQUENESS),
        ({"rule": "validValues", "validValues": ["a"]}, "allowed_values", Dimension.VALIDITY),
        (
            {"metric": "invalidValues", "arguments": {"pattern": "^a"}, "mustBe": 0},
            "pattern",
            Dimension.VALIDITY,
        ),
    ],
)
def test_metrics_of_the_library_are_run_by_their_names_of_all_versions(rule, kind, dimension):
    compiled_rule = of_column(rule)

    assert compiled_rule.is_runnable
    assert (compiled_rule.kind, compiled_rule.dimension) == (kind, dimension)
    assert compiled_rule.columns == ("status",)


def test_a_composite_key_is_counted_over_its_columns():
    rule = of_table(
        {
            "metric": "duplicateValues",
            "arguments": {"properties": ["tenant", "id"]},
            "mustBeLessThan": 1,
            "unit": "percent",
        }
    )

    assert rule.check is not None
    assert rule.check.columns == ("tenant", "id")
    assert (rule.unit, rule.threshold) == (Unit.PERCENT, Threshold(Operator.LESS, 1))
    assert expected_text(rule) == "less than 1 % of rows"


def test_values_are_compared_as_the_texts_that_the_source_has():
    rule = of_column(
        {"metric": "invalidValues", "arguments": {"validValues": [1, 2.0, True, "x"]}, "mustBe": 0}
    )

    assert rule.check is not None
    assert rule.check.allowed == ("1", "2", "true", "x")


def test_a_query_gets_the_names_of_the_source_quoted_only_where_it_must():
    query = "SELECT count(*) FROM ${schema}.${table} WHERE {column} = '{x'"
    [rule] = compiled(
        column_rules=[{"type": "sql", "query": query, "mustBe": 0}], physicalName="the status"
    ).rules

    assert rule.check is not None
    assert rule.check.sql == "SELECT count(*) FROM shop.orders WHERE \"the status\" = '{x'"


@pytest.mark.parametrize(
    ("rule", "place", "message"),
    [
        ({"metric": "nulValues", "mustBe": 0}, "/metric", "Unknown metric 'nulValues'."),
        ({"metric": "nullValues"}, "", "The rule says no limit."),
        (
            {"metric": "nullValues", "mustBe": 0, "mustBeLessThan": 3},
            "/mustBeLessThan",
            "The rule says several limits",
        ),
        ({"metric": "rowCount", "mustBe": 1}, "/metric", "rowCount is a rule of a table."),
        ({"metric": "nullValues", "mustBe": "few"}, "/mustBe", "mustBe is not a number."),
        (
            {"metric": "nullValues", "mustBeBetween": [5, 1]},
            "/mustBeBetween",
            "mustBeBetween begins with the larger number.",
        ),
        ({"metric": "invalidValues", "mustBe": 0}, "/arguments", "does not say which values"),
        ({"type": "sql", "mustBe": 0, "query": " "}, "/query", "The rule has no query."),
        (
            {"type": "sql", "mustBe": 0, "query": "SELECT {nope}"},
            "/query",
            "Unknown placeholder ${nope}.",
        ),
        ({"type": "magic", "metric": "x"}, "/type", "Unknown type of quality rule"),
        ({"type": "custom", "implementation": "x"}, "/engine", "names no engine"),
        (
            {"type": "custom", "engine": "assay", "implementation": {"check": "rang"}},
            "/implementation/check",
            "Unknown check 'rang'.",
        ),
        (
            {"type": "custom", "engine": "assay", "implementation": {"check": "range"}},
            "/implementation",
            "The range has no bound.",
        ),
    ],
)
def test_a_wrong_rule_is_an_issue_at_its_place_and_is_not_run(rule, place, message):
    contract = compiled(column_rules=[rule])

    [issue] = contract.issues
    assert issue.location == f"/schema/0/properties/0/quality/0{place}"
    assert message.replace("says several", "has several") in issue.message
    assert issue.hint
    assert [rule.is_runnable for rule in contract.rules] == [False]


def test_text_stays_text():
    rule = of_column({"type": "text", "description": "Only confirmed orders are listed."})

    assert not rule.is_runnable
    assert rule.title == "Only confirmed orders are listed."
    assert rule.reason == "The rule is text; no check is derived from it."


def test_constraints_of_the_schema_are_checked_without_a_rule():
    contract = compiled(
        required=True,
        unique=True,
        logicalType="integer",
        logicalTypeOptions={"minimum": 1, "exclusiveMaximum": 9, "pattern": "^[0-9]$"},
        enum=[{"value": 1}, {"value": 2}],
    )

    assert [rule.key for rule in contract.rules] == [
        "orders.status.required",
        "orders.status.unique",
        "orders.status.type",
        "orders.status.minimum",
        "orders.status.exclusiveMaximum",
        "orders.status.pattern",
        "orders.status.enum",
    ]
    assert all(rule.is_runnable and not rule.is_declared for rule in contract.rules)


def test_the_columns_of_a_compound_key_are_unique_together():
    columns = [
        {"name": "id", "primaryKey": True, "primaryKeyPosition": 2},
        {"name": "tenant", "primaryKey": True, "primaryKeyPosition": 1},
    ]
    contract = compile_contract({"schema": [{"name": "t", "properties": columns}]}, SERVER)

    [key] = [rule for rule in contract.rules if rule.kind == "duplicates"]
    assert key.columns == ("tenant", "id")


def test_a_foreign_key_is_looked_up_in_the_table_of_the_contract():
    lines = {"name": "order", "relationships": [{"to": "orders.id"}]}
    tree = {
        "schema": [
            {"name": "orders", "physicalName": "t_orders", "properties": [{"name": "id"}]},
            {"name": "lines", "properties": [lines]},
        ]
    }

    [rule] = compile_contract(tree, SERVER).rules

    assert rule.check is not None
    assert rule.check.reference is not None
    assert (rule.check.reference.table, rule.check.reference.columns) == ("t_orders", ("id",))
    assert rule.dimension is Dimension.CONSISTENCY


def test_a_service_level_of_freshness_is_a_check_of_its_column():
    column = {"name": "at", "physicalName": "ordered_at"}
    tree = {
        "schema": [{"name": "orders", "properties": [column]}],
        "slaProperties": [
            {"property": "freshness", "value": 2, "unit": "h", "element": "orders.at"},
            {"property": "freshness", "value": "soon", "unit": "h", "element": "orders.at"},
            {"property": "retention", "value": 2, "unit": "y", "element": "orders.at"},
        ],
    }

    [rule] = compile_contract(tree, SERVER).rules

    assert (rule.location, rule.columns) == ("/slaProperties/0", ("ordered_at",))
    assert expected_text(rule) == "less than 2 hours"


IMPLEMENTATIONS = [
    ("soda", {"type": "duplicate_percent", "columns": ["a"], "must_be_less_than": 1}, "duplicates"),
    ("soda", "type: missing_count\nmust_be: 0\n", "missing"),
    ("soda", {"type": "invalid_count", "valid_regex": "^a", "must_be": 0}, "pattern"),
    ("dbt", '{"test": "not_null", "arguments": {}}', "missing"),
    ("dbt", {"test": "dbt_utils.accepted_range", "arguments": {"min_value": 1}}, "range"),
    (
        "great-expectations",
        {"type": "expect_column_values_to_be_between", "kwargs": {"min_value": 1, "mostly": 0.9}},
        "range",
    ),
    ("greatExpectations", {"type": "ExpectColumnValuesToBeUnique", "kwargs": {}}, "duplicates"),
    ("assay", {"check": "expression", "expression": "status <> 'x'"}, "expression"),
    ("assay", {"check": "freshness", "max_age": "PT2H"}, "freshness"),
    ("assay", {"check": "distribution", "max_distance": 0.2}, "distribution"),
    ("assay", {"check": "reference", "reference": {"table": "states"}}, "reference"),
]


@pytest.mark.parametrize(("engine", "implementation", "kind"), IMPLEMENTATIONS)
def test_rules_of_other_tools_are_run_where_they_say_the_same(engine, implementation, kind):
    rule = of_column({"type": "custom", "engine": engine, "implementation": implementation})

    assert (rule.kind, rule.reason) == (kind, "")
    assert rule.is_runnable


@pytest.mark.parametrize(
    ("engine", "implementation"),
    [
        ("soda", "checks for orders: ["),
        ("dbt", {"test": "unique", "where": "a = 1"}),
        ("monte-carlo", {"type": "freshness"}),
        ("great-expectations", {"type": "expect_column_stdev_to_be_between"}),
    ],
)
def test_rules_that_are_not_known_are_listed_with_the_reason(engine, implementation):
    rule = of_column({"type": "custom", "engine": engine, "implementation": implementation})

    assert not rule.is_runnable
    assert rule.reason == f"The rule is one of {engine} that Assay does not know; it is not run."


def test_accuracy_compares_with_the_port_of_another_product():
    implementation = {
        "check": "accuracy",
        "key": ["id"],
        "compared": ["country"],
        "reference": {"product": "hr/people", "port": "table", "columns": ["person_id"]},
    }

    rule = of_table({"type": "custom", "engine": "assay", "implementation": implementation})

    assert rule.dimension is Dimension.ACCURACY
    assert rule.reference is not None
    assert rule.reference.server == "hr/people/table"
    assert rule.check is not None
    assert rule.check.reference is not None
    assert rule.check.reference.columns == ("person_id",)
    assert rule.check.reference.compared == ("country",)


def test_the_key_of_a_rule_survives_new_rules_and_the_digest_its_name():
    stated = {"id": "states", "metric": "nullValues", "mustBe": 0}
    [before] = compiled(column_rules=[stated]).rules
    [_, after] = compiled({"metric": "rowCount", "mustBe": 1}, column_rules=[stated]).rules
    [renamed] = compiled(column_rules=[stated | {"id": "other", "description": "New."}]).rules
    [changed] = compiled(column_rules=[stated | {"mustBe": 1}]).rules

    assert before.key == after.key == "orders.status.states"
    assert before.digest == after.digest == renamed.digest != changed.digest


def test_rules_of_low_severity_warn():
    rule = of_column({"metric": "nullValues", "mustBe": 0, "severity": "Info"})

    assert rule.severity is Severity.WARNING


def test_conformity_and_coverage_of_odcs_are_validity_and_completeness():
    rules = [
        of_column({"metric": "nullValues", "mustBe": 0, "dimension": name})
        for name in ("conformity", "coverage", "accuracy")
    ]

    assert [rule.dimension for rule in rules] == ["validity", "completeness", "accuracy"]


@pytest.mark.parametrize(
    "tree",
    [
        {"schema": 5},
        {"schema": [1, {"name": None, "quality": {"a": 1}, "properties": "none"}]},
        {"schema": [{"name": "t", "quality": [None, 3, {}, {"metric": ["x"], "mustBe": 0}]}]},
        {"schema": [{"name": "t", "properties": [{"items": {"items": {}}, "enum": 5}]}]},
        {"slaProperties": [{"property": "freshness", "element": 5, "value": True}]},
        {"schema": [{"name": "t", "relationships": [{"from": 5, "to": {"a": 1}}]}]},
        {"schema": [{"name": "t", "quality": [{"type": "custom", "engine": "assay"}]}]},
    ],
)
def test_trees_of_any_shape_compile(tree):
    assert all(not rule.is_declared or rule.reason for rule in compile_contract(tree, {}).rules)
