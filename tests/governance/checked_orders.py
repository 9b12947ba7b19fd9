"""A small table of orders with known faults, in every kind of source, and what is found in it."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from governance.sandbox.check_runner import run_check_child
from governance.sandbox.checks import Check, CheckRequest, CheckRun, Reference
from governance.sandbox.types import Source

NOW = "2026-02-01T00:00:00+00:00"
HOSTILE = "a\"b`c'd; DROP TABLE orders -- %s :x é"
COLUMNS = {
    "id": "INTEGER",
    "email": "VARCHAR(40)",
    "age": "INTEGER",
    "status": "VARCHAR(40)",
    "amount": "DOUBLE PRECISION",
    "paid_on": "DATE",
    "sent_on": "DATE",
    "quantity": "VARCHAR(40)",
    HOSTILE: "VARCHAR(40)",
}
ORDERS: list[tuple[Any, ...]] = [
    (1, "a@x.org", 30, "paid", 10.5, "2026-01-01", "2026-01-02", "3", "x"),
    (2, "b@x.org", 200, "open", -3.0, "2026-01-03", "2026-01-02", "4", "x"),
    (2, "nope", 40, "weird", 7.0, None, "2026-01-05", "many", "'; --"),
    (4, None, 17, "Paid", None, "2026-01-04", "2026-01-06", "5", None),
    (4, "c@x.org", None, "paid", 8.0, "2026-01-04", "2026-01-06", None, "%s"),
    (4, "d@x.org", 18, "paid", 9.0, "2026-01-04", "2026-01-06", "6", "N/A"),
]
STATES = Reference(server="states", table="states", columns=("state",))


def check(key: str, kind: str, *columns: str, **arguments: Any) -> Check:
    return Check(key=key, kind=kind, columns=columns, **arguments)  # type: ignore[arg-type]


# Each check, and what it observes, tests and finds failing among the orders.
EXPECTED: dict[Check, tuple[float | None, int | None, int | None]] = {
    check("rows", "row_count"): (6, 6, None),
    check("null", "missing", "email"): (1, 6, 1),
    check("null or N/A", "missing", HOSTILE, missing=("N/A",)): (2, 6, 2),
    check("key", "duplicates", "id"): (2, 6, 5),
    check("two columns", "duplicates", "id", "age"): (0, 5, 0),
    check("range", "range", "age", minimum="18", maximum="120"): (2, 5, 2),
    check("over", "range", "age", minimum="18", is_exclusive=True): (2, 5, 2),
    check("decimals", "range", "amount", maximum="9.5"): (1, 5, 1),
    check("days", "range", "paid_on", minimum="2026-01-02"): (1, 5, 1),
    check("values", "allowed_values", "Status", allowed=("paid", "open")): (2, 6, 2),
    check("numbers", "allowed_values", "id", allowed=("1", "2.0")): (3, 6, 3),
    check("no values", "allowed_values", "status", forbidden=("weird",)): (1, 6, 1),
    check("pattern", "pattern", "email", pattern="^[^@]+@x[.]org$"): (1, 5, 1),
    check("part", "pattern", "status", pattern="ai"): (2, 6, 2),
    check("both", "pattern", "status", pattern="^p", allowed=("paid", "open")): (3, 6, 3),
    check("length", "length", "email", min_length=5, max_length=40): (1, 5, 1),
    check("type", "type_conformity", "quantity", logical_type="integer"): (1, 5, 1),
    check("same type", "type_conformity", "age", logical_type="number"): (0, 5, 0),
    check("order", "expression", sql="paid_on <= sent_on"): (1, 5, 1),
    check("sum", "expression", sql="amount >= 0 OR status = 'weird'"): (1, 5, 1),
    check("newest", "freshness", "paid_on"): (28 * 86400, 6, None),
    check("state", "reference", "status", reference=STATES): (2, 6, 2),
    check(
        "truth",
        "accuracy",
        "id",
        compared=("email",),
        reference=Reference(server="people", table="people", columns=("id",), compared=("email",)),
    ): (1, 3, 1),
    check("shares", "distribution", "status", baseline=(("paid", 0.5), ("open", 0.5))): (
        1 / 3,
        6,
        None,
    ),
    check("statement", "sql", sql="SELECT count(*) FROM orders WHERE amount > 7"): (3, None, None),
    check("nothing", "sql", sql="SELECT max(amount) FROM orders WHERE id = 99"): (None, None, None),
}
# The keys that the references have, and the answers of "truth": id 2 has another address.
KEYS = {"state": [["paid"], ["open"]], "truth": [["1", "a@x.org"], ["2", "b@x.org"]]}


def request(checks: Iterable[Check] = tuple(EXPECTED), **options: Any) -> CheckRequest:
    options = {"table": "orders", "aliases": ("orders",), "identifiers": ("id",)} | options
    return CheckRequest(checks=tuple(checks), now=NOW, **options)


def run_on(source: Source, keys: dict[str, Sequence[Any]] = KEYS) -> CheckRun:
    """Run the checks of a source in the child, with the keys of its references."""
    files = []
    try:
        for rows in keys.values():
            file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
            file.write(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
            file.seek(0)
            files.append(file)
        numbers = (file.fileno() for file in files)
        key_files = tuple(zip(keys, numbers, strict=True))
        return run_check_child(Source(**vars(source) | {"key_files": key_files}))
    finally:
        for file in files:
            file.close()


def check_file(
    path: Path, checks: Iterable[Check] = tuple(EXPECTED), kind: str = "", **options: Any
) -> CheckRun:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        source = Source(
            kind=kind or path.suffix.removeprefix("."),
            descriptor=descriptor,
            checks=request(checks, **options),
        )
        return run_on(source)
    finally:
        os.close(descriptor)


def write_orders(path: Path, orders: Sequence[Sequence[Any]] = ORDERS) -> Path:
    """Write the orders in the format of a path's suffix."""
    kind = path.suffix.removeprefix(".")
    if kind == "json":
        rows = [dict(zip(COLUMNS, order, strict=True)) for order in orders]
        path.write_text("\n".join(map(json.dumps, rows)))
        return path
    quoted = {name: name.replace('"', '""') for name in COLUMNS}
    types = ", ".join(f'"{quoted[name]}" {kind}' for name, kind in COLUMNS.items())
    places = ", ".join("?" * len(COLUMNS))
    database: Any = sqlite3.connect(path) if kind == "sqlite" else duckdb.connect()
    with closing(database):
        database.execute(f"CREATE TABLE orders ({types})")
        for order in orders:
            database.execute(f"INSERT INTO orders VALUES ({places})", order)
        if kind == "sqlite":
            database.commit()
        else:
            database.execute(f"COPY orders TO '{path}' (FORMAT {kind})")
    return path


def failures_of(run: CheckRun) -> dict[str, tuple[Any, ...]]:
    """Return of each check that was not measured as expected what was, or why not."""
    wrong = {}
    for item, expected in EXPECTED.items():
        result = run.result(item.key)
        measured = (result.observed, result.tested, result.failing)
        same = [
            left == right or (left is not None and right is not None and abs(left - right) < 1e-9)
            for left, right in zip(measured, expected, strict=True)
        ]
        if not all(same) or result.error:
            wrong[item.key] = (measured, expected, result.error)
    return wrong
