"""Our results of quality rules against `datacontract test`, the command of another project.

Both read the same contract and the same file. Rules are compared by column and by what they count;
EXPLAINED lists every kind of difference, with its reason.
"""

import itertools
import json
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils import timezone

from catalog.types import JSONObject, JSONValue
from governance.quality.odcs import CompiledContract, compile_contract
from governance.quality.outcomes import CheckState, evaluate
from governance.quality.rules import QualityRule
from governance.sandbox.check_runner import run_check_child
from governance.sandbox.checks import CheckRequest, CheckResult
from governance.sandbox.types import Source

pytestmark = [pytest.mark.datacontract, pytest.mark.slow]
SCRIPT = Path(__file__).with_name("datacontract_quality.py")
# What the checks of datacontract count, by the ends of their types.
COUNTED = {
    "required$|null_values$|missing_values$": "missing",
    "unique$|duplicate_values$": "duplicates",
    "enum$|regex$|invalid_values$": "invalid",
    "minimum$|maximum$|not_equal$": "range",
    "length$": "length",
    "row_count$": "row_count",
    "freshness$": "freshness",
    "relationships$": "reference",
    "sql$": "sql",
    "library$|custom": "not known",
    "type$": "type",
}
OURS = {"allowed_values": "invalid", "pattern": "invalid", "type_conformity": "type"}
# Checks that Assay makes elsewhere: a missing column is a drift from the contract.
OTHER = re.compile(r"field_is_present|retention|items|physical_type|^schema$|^general$")
PASSED, FAILED, NOT_RUN, NO_COLUMN = "passed", "failed", "not run", "no column"
KINDS = {".csv": "csv", ".parquet": "parquet", ".json": "json", ".jsonl": "json"}


@dataclass(frozen=True)
class Pair:
    """A contract of one table and the file that it describes."""

    name: str
    contract: JSONObject
    folder: Path
    data: Path


Results = dict[tuple[str, str], list[str]]


def ask(python: Path, questions: list[JSONObject]) -> list[JSONValue]:
    """Return what the script says to each question."""
    lines = "\n".join(map(json.dumps, questions))
    command = [str(python), str(SCRIPT)]
    run = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    answers = [line for line in run.stdout.splitlines() if line[:1] in ("[", "{", "n")]
    assert len(answers) == len(questions), run.stderr[-2000:]
    return [json.loads(answer) for answer in answers]


def their_results(checks: list[list[str]]) -> Results:
    """Return what datacontract says: by column and what is counted, its results."""
    results: Results = defaultdict(list)
    for check_type, field, result, reason in checks:
        if OTHER.search(check_type):
            continue
        counted = next(kind for ends, kind in COUNTED.items() if re.search(ends, check_type))
        # A warning is a rule of low severity that is not met, or one that could not be run.
        is_unread = result == "error" or (result == "warning" and "expected" not in reason)
        outcome = PASSED if result == "passed" else FAILED
        results[field or "", counted].append(NOT_RUN if is_unread else outcome)
    return results


def our_results(pair: Pair) -> Results:
    """Return what Assay says: by column and what is counted, its results."""
    compiled = compile_contract(pair.contract, source_server_of(pair.contract))
    measured, rows = _measure(pair, compiled)
    results: Results = defaultdict(list)
    for rule in compiled.rules:
        if rule.kind in ("text", "array"):
            continue
        column = "" if len(rule.columns) != 1 or rule.kind == "sql" else rule.columns[0]
        if rule.kind == "sql" and "/properties/" in rule.location:
            column = rule.columns[0]
        counted = OURS.get(rule.kind, rule.kind)
        results[column, counted].append(_outcome_of(rule, measured.get(rule.key), rows))
    return results


def source_server_of(contract: JSONObject) -> JSONObject:
    return next(iter(contract.get("servers") or []), {})


def _outcome_of(rule: QualityRule, result: CheckResult | None, rows: int | None) -> str:
    if result is None:
        return NOT_RUN
    state = evaluate(rule, result, rows=rows).state
    if result.code == "no-column":
        return NO_COLUMN
    passed = {CheckState.PASSED: PASSED, CheckState.ERROR: NOT_RUN, CheckState.NOT_RUN: NOT_RUN}
    return passed.get(state, FAILED)


def _measure(pair: Pair, compiled: CompiledContract) -> tuple[dict[str, CheckResult], int | None]:
    checks = tuple(rule.check for rule in compiled.rules if rule.check is not None)
    if not checks:
        return {}, None
    names = tuple(itertools.chain.from_iterable(t.names for t in compiled.tables.values()))
    request = CheckRequest(
        table=compiled.rules[0].table,
        checks=checks,
        now=timezone.now().isoformat(),
        aliases=(*names, *compiled.tables),
    )
    with pair.data.open("rb") as file:
        run = run_check_child(
            Source(kind=KINDS[pair.data.suffix], descriptor=file.fileno(), checks=request)
        )
    return {result.key: result for result in run.results}, run.rows


def differences(python: Path, pairs: list[Pair]) -> list[str]:
    """Return where the two say different things of the same rules, without an explanation."""
    questions = [{"contract": pair.contract, "folder": str(pair.folder)} for pair in pairs]
    unexplained = []
    for pair, checks in zip(pairs, ask(python, questions), strict=True):
        theirs, ours = their_results(checks), our_results(pair)
        for place in sorted({*theirs, *ours}):
            says, says_here = sorted(theirs[place]), sorted(ours[place])
            if says != says_here and not is_explained(place, says, says_here):
                unexplained.append(f"{pair.name} {place}: {says}, here {says_here}")
    return unexplained


def is_explained(place: tuple[str, str], theirs: list[str], ours: list[str]) -> bool:
    """Return True if a difference is one of those that are meant."""
    if NO_COLUMN in ours:
        # datacontract reads a column that the file lacks as nulls, which are valid. Assay says
        # that nothing is known of its values.
        return True
    if place[1] == "range":
        # An exclusive bound is one check here, and two there: a bound and a forbidden value.
        return (FAILED in theirs) == (FAILED in ours)
    if place[1] == "type":
        # datacontract reads a file with the types of the contract, so it compares no types there.
        # Assay compares each value with the declared type.
        return set(theirs) <= {NOT_RUN}
    return False


def fixtures_folder() -> Path:
    """Return the folder with datacontract's own fixtures, or skip the test."""
    folder = os.environ.get("ASSAY_TEST_DATACONTRACT_FIXTURES", "")
    if not folder:
        pytest.skip("ASSAY_TEST_DATACONTRACT_FIXTURES is not set: GitHub was not reachable")
    return Path(folder)


def pairs_in(python: Path, folder: Path) -> list[Pair]:
    """Return the pairs of a contract and one existing file among datacontract's fixtures."""
    contracts = [
        path
        for path in sorted((folder / "fixtures").rglob("*.y*ml"))
        if b"type: local" in path.read_bytes()
    ]
    questions = [{"file": str(path), "folder": str(folder)} for path in contracts]
    return [
        Pair(f"{path.parent.name} {server['server']}", {**tree, "servers": [server]}, folder, data)
        for path, tree in zip(contracts, ask(python, questions), strict=True)
        for server in (tree or {}).get("servers") or []
        if server["type"] == "local"
        and (data := folder / str(server.get("path"))).is_file()
        and data.suffix in KINDS
    ]


def test_every_rule_of_its_own_fixtures_has_the_same_result(datacontract_python: Path) -> None:
    pairs = pairs_in(datacontract_python, fixtures_folder())

    assert len(pairs) > 40
    assert differences(datacontract_python, pairs) == []


ROWS = """\
id,state,amount,note
1,paid,10.5,a
2,paid,-3,
2,open,7,-
3,,7,x1
4,lost,,x22
5,paid,120,
"""
LIMITS: list[JSONObject] = [
    *({operator: value} for operator in (
        "mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan",
        "mustBeLessOrEqualTo",
    ) for value in (0, 1, 2, 6, 16.666667)),
    {"mustBeBetween": [1, 2]},
    {"mustNotBeBetween": [1, 2]},
    {"mustBeBetween": [2, 20]},
]  # fmt: skip
MEASURES: list[tuple[str, JSONObject]] = [
    ("state", {"metric": "nullValues"}),
    ("note", {"metric": "missingValues", "arguments": {"missingValues": ["-", None]}}),
    ("state", {"metric": "invalidValues", "arguments": {"validValues": ["paid", "open", None]}}),
    ("note", {"metric": "invalidValues", "arguments": {"pattern": "^x[0-9]$"}}),
    ("id", {"metric": "duplicateValues"}),
    ("", {"metric": "duplicateValues", "arguments": {"properties": ["state_0", "amount_0"]}}),
    ("", {"metric": "rowCount"}),
    ("", {"type": "sql", "query": "SELECT count(*) FROM ${table} WHERE amount_0 < 0"}),
    ("amount", {"type": "sql", "query": "SELECT sum(${column}) FROM orders"}),
]
HAS_PERCENT = ("nullValues", "missingValues", "invalidValues")
SCHEMA: list[JSONObject] = [
    {"required": True},
    {"unique": True},
    {"primaryKey": True},
    *({"logicalTypeOptions": {name: value}} for name, value in (
        ("minimum", 0), ("minimum", -3), ("maximum", 120), ("exclusiveMaximum", 120),
        ("exclusiveMinimum", -4), ("minLength", 2), ("maxLength", 3), ("pattern", "[0-9]"),
        ("enum", [7, 10.5, -3, 120]), ("enum", [7]),
    )),
]  # fmt: skip
TYPES = {"id": "integer", "state": "string", "amount": "number", "note": "string"}
LIMITS_PER_CONTRACT = 5


def orders(copies: int) -> tuple[str, dict[str, str]]:
    """Return the orders as CSV with some copies of each column, and the types of all columns."""
    header, *rows = [line.split(",") for line in ROWS.splitlines()]
    names = [f"{name}_{number}" for number in range(copies) for name in header]
    lines = [",".join(names), *(",".join(row * copies) for row in rows)]
    return "\n".join(lines) + "\n", {name: TYPES[name.split("_")[0]] for name in names}


def contract_with(limits: list[JSONObject], schema: Sequence[JSONObject]) -> JSONObject:
    """Return a contract with each limit on copies of the columns, once as rows, once as percent.

    `schema` are members of the columns of amounts, one for each copy.
    """
    variants = [*limits, *(limit | {"unit": "percent"} for limit in limits)]
    rules: dict[str, list[JSONObject]] = defaultdict(list)
    for number, limit in enumerate(variants):
        for column, rule in MEASURES:
            if column and ("unit" not in limit or rule.get("metric") in HAS_PERCENT):
                rules[f"{column}_{number}"].append(rule | limit)
    columns = [
        {"name": name, "logicalType": kind, "quality": rules[name]}
        for name, kind in orders(len(variants))[1].items()
    ]
    for number, members in enumerate(schema):
        # The length of a number depends on how it is written, so lengths are of texts.
        is_of_text = "Length" in str(members)
        name = f"{'note' if is_of_text else 'amount'}_{number}"
        next(item for item in columns if item["name"] == name).update(members)
    # datacontract has one result for all rules of a table that count duplicates, so there is one.
    table_rules = [rule | limits[0] for column, rule in MEASURES if not column]
    table = {"name": "orders", "properties": columns, "quality": table_rules}
    server = {"server": "local", "type": "local", "path": "orders.csv", "format": "csv"}
    contract: JSONObject = {"kind": "DataContract", "apiVersion": "v3.1.0", "id": "orders"}
    contract |= {"version": "1.0.0", "status": "active", "schema": [table], "servers": [server]}
    return contract


def test_every_metric_with_every_limit_has_the_same_result(
    datacontract_python: Path, tmp_path: Path
) -> None:
    data = tmp_path / "orders.csv"
    data.write_text(orders(2 * LIMITS_PER_CONTRACT)[0])
    size = LIMITS_PER_CONTRACT
    chunks = [LIMITS[start : start + size] for start in range(0, len(LIMITS), size)]
    contracts = [
        contract_with(limits, SCHEMA[number * size :][:size])
        for number, limits in enumerate(chunks)
    ]
    pairs = [
        Pair(f"limits {number}", contract, tmp_path, data)
        for number, contract in enumerate(contracts)
    ]

    assert differences(datacontract_python, pairs) == []
