"""SQLite files as a source: views, computed columns, affinities, logs, and true reasons."""

import os
import sqlite3
from contextlib import closing

import pytest

from governance.inspection.declarations import DeclaredColumn
from governance.inspection.schema_drift import find_drift
from governance.inspection.services import inspect_port
from governance.sandbox.connectors.sqlite import declared_type
from governance.sandbox.runner import run_child
from governance.sandbox.types import Key, Source, SourceUnreadable
from tests.factories import FACTORY, make_product, with_port, write_file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.db"


def execute(path, *statements):
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def read(path, **options):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return run_child(Source(kind="sqlite", descriptor=descriptor, **options))
    finally:
        os.close(descriptor)


def tables_of(path, **options):
    return {table.name: table for table in read(path, **options).tables}


def columns_of(path, table):
    return {column.name: column for column in tables_of(path)[table].columns}


def without_module(path):
    """Add a virtual table whose module is not there, as SpatiaLite's are."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute(
            "INSERT INTO sqlite_master VALUES ('table', 'idx_places', 'idx_places', 0,"
            " 'CREATE VIRTUAL TABLE idx_places USING VirtualSpatialIndex()')"
        )


def test_a_virtual_table_of_a_missing_module_costs_only_itself(path):
    execute(path, "CREATE TABLE a (id INTEGER)", "INSERT INTO a VALUES (1)")
    without_module(path)

    tables = tables_of(path)

    assert (tables["a"].rows, tables["a"].reason) == (1, "")
    assert tables["idx_places"].columns == ()
    assert tables["idx_places"].reason == (
        "It needs a module of SQLite that is not here. (VirtualSpatialIndex)"
    )


def test_a_table_that_was_not_read_is_not_reported_as_missing(path):
    execute(path, "CREATE TABLE a (id INTEGER)")
    without_module(path)
    declared = {"idx_places": [DeclaredColumn(name="x", logical_type="number")]}

    assert [drift.code for drift in find_drift(declared, read(path).tables)] == ["table-undeclared"]


def test_views_are_listed_and_one_over_a_missing_table_says_so(path):
    execute(
        path,
        "CREATE TABLE a (id INTEGER, name TEXT)",
        "INSERT INTO a VALUES (1, 'x')",
        "CREATE VIEW good AS SELECT name FROM a",
        "CREATE VIEW broken AS SELECT * FROM gone",
    )

    tables = tables_of(path)

    assert (tables["good"].physical_type, tables["good"].rows) == ("view", 1)
    assert [column.name for column in tables["good"].columns] == ["name"]
    assert tables["broken"].reason == ("It needs something that does not exist or may not be used.")


def test_computed_columns_are_listed(path):
    execute(
        path,
        "CREATE TABLE g (a INT, b INT AS (a*2), c TEXT GENERATED ALWAYS AS (a || '') STORED)",
        "INSERT INTO g (a) VALUES (2)",
    )

    columns = columns_of(path, "g")

    assert {name: column.is_computed for name, column in columns.items()} == {
        "a": False,
        "b": True,
        "c": True,
    }
    assert {column.n_distinct for column in columns.values()} == {1}


def log_of(path):
    return path.with_name(path.name + "-wal")


@pytest.fixture
def writing(path):
    """A connection with a log that is not brought into the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE a (n INTEGER)")
        connection.executemany("INSERT INTO a VALUES (?)", [(n,) for n in range(10)])
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.executemany("INSERT INTO a VALUES (?)", [(n,) for n in range(10, 100)])
        connection.execute("CREATE TABLE late (x TEXT)")
        connection.executemany("INSERT INTO late VALUES (?)", [("x" * 500,)] * 200)
        connection.commit()
        yield connection


def read_with_log(path):
    log = os.open(log_of(path), os.O_RDONLY)
    try:
        return {table.name: table.rows for table in read(path, wal=log).tables}
    finally:
        os.close(log)


def test_rows_and_tables_of_a_log_are_read(path, writing):
    assert read_with_log(path) == {"a": 100, "late": 200}


def test_what_is_not_committed_is_not_read(path, writing):
    writing.execute("PRAGMA cache_size=1")
    writing.executemany("INSERT INTO late VALUES (?)", [("y" * 900,)] * 2000)

    assert read_with_log(path) == {"a": 100, "late": 200}


@pytest.mark.parametrize("damage", ["cut", "changed", "another header"])
def test_a_damaged_log_gives_what_was_committed_before_the_damage(path, writing, damage):
    content = bytearray(log_of(path).read_bytes())
    if damage == "cut":
        content = content[: len(content) - 100]
    elif damage == "changed":
        content[-100] ^= 1
    else:
        content[8] ^= 1
    log_of(path).write_bytes(content)

    rows = read_with_log(path)

    assert rows["a"] == 10
    assert rows.get("late", 0) == 0


def test_a_log_that_is_too_large_is_no_half_answer(path, writing):
    writing.executemany("INSERT INTO late VALUES (?)", [("z" * 1000,)] * 20_000)
    writing.commit()

    with pytest.raises(SourceUnreadable) as error:
        read_with_log(path)

    assert error.value.code == "uncommitted-log"


@pytest.mark.django_db
def test_the_log_of_the_file_of_a_port_is_read(settings, tmp_path, path, writing):
    settings.ASSAY_FILES_ROOT = tmp_path / "files"
    product = make_product()
    location = f"{product.domain.slug}/a.db"
    write_file(product.domain, path.read_bytes(), "a.db")
    write_file(product.domain, log_of(path).read_bytes(), "a.db-wal")
    port = with_port(product, path=location, format="sqlite").output_ports.get()

    inspection = inspect_port(port=port, actor=FACTORY)

    assert {table.name: table.rows for table in inspection.profile} == {"a": 100, "late": 200}


@pytest.mark.parametrize(
    ("declared", "logical"),
    [
        ("INTEGER", "integer"),
        ("unsigned big int", "integer"),
        ("VARCHAR(20)", "string"),
        ("NVARCHAR(160)", "string"),
        ("CLOB", "string"),
        ("BLOB", "string"),
        ("DOUBLE PRECISION", "number"),
        ("FLOAT", "number"),
        ("NUMERIC(10,2)", "number"),
        ("DECIMAL", "number"),
        ("BOOLEAN", "boolean"),
        ("DATETIME", "timestamp"),
        ("TIMESTAMP", "timestamp"),
        ("DATE", "date"),
        ("TIME", "time"),
        ("JSON", "object"),
        ("date_style", ""),
        ("time_slot", ""),
        ("list_state", ""),
        ("", ""),
    ],
)
def test_a_declared_type_is_read_by_the_rules_of_affinity(declared, logical):
    assert declared_type(declared) == logical


def test_types_are_those_of_the_stored_values(path):
    execute(
        path,
        "CREATE TABLE t (untyped, slot time_slot, level interest_level, day DATE, at DATETIME,"
        " n INTEGER, amount INTEGER, empty list_state, flag BOOLEAN)",
        "INSERT INTO t VALUES"
        " (1, 'am', 'high', '2026-01-31', '2026-01-31 08:15', 'x', 1.5, NULL, 1)",
        "INSERT INTO t VALUES (2, 'pm', 'low', '2026-02-01', '2026-02-01 09:00', 2, 2, NULL, 0)",
    )

    columns = columns_of(path, "t")

    assert {name: column.logical_type for name, column in columns.items()} == {
        "untyped": "integer",
        "slot": "string",
        "level": "string",
        "day": "date",
        "at": "timestamp",
        "n": "string",
        "amount": "number",
        "empty": "",
        "flag": "boolean",
    }


def test_a_type_that_is_unknown_is_no_drift(path):
    execute(path, "CREATE TABLE t (c)")
    declared = {"t": [DeclaredColumn(name="c", logical_type="integer")]}

    assert find_drift(declared, read(path).tables) == []


def test_only_a_whole_unconditional_index_of_one_column_is_uniqueness(path):
    cases = {
        "whole": ("CREATE UNIQUE INDEX i1 ON whole (email)", True),
        "partial": ("CREATE UNIQUE INDEX i2 ON partial (email) WHERE id > 100", False),
        "odd": ("CREATE UNIQUE INDEX i3 ON odd (email)WHERE\nid > 100", False),
        "two": ("CREATE UNIQUE INDEX i4 ON two (email, id)", False),
        "expression": ("CREATE UNIQUE INDEX i5 ON expression (lower(email))", False),
        "plain": ("CREATE INDEX i6 ON plain (email)", False),
    }
    for name, (statement, _) in cases.items():
        execute(path, f"CREATE TABLE {name} (id INTEGER, email TEXT)", statement)
    execute(path, "CREATE TABLE constraint_ (id INTEGER, email TEXT UNIQUE)")

    tables = tables_of(path)

    assert {name: table.columns[1].is_unique for name, table in tables.items()} == {
        "constraint_": True
    } | {name: is_unique for name, (_, is_unique) in cases.items()}


def test_equal_values_under_a_partial_index_break_a_declared_uniqueness(path):
    execute(
        path,
        "CREATE TABLE t (id INTEGER, email TEXT)",
        "CREATE UNIQUE INDEX i ON t (email) WHERE id > 100",
        "INSERT INTO t VALUES (1, 'a'), (2, 'a')",
    )
    declared = {"t": [DeclaredColumn(name="email", logical_type="string", is_unique=True)]}

    codes = [drift.code for drift in find_drift(declared, read(path).tables)]

    assert codes == ["unique-but-repeated", "column-undeclared"]


def test_a_compound_key_is_enforced_or_counted_as_a_whole(path):
    execute(
        path,
        "CREATE TABLE kept (a INT, b INT, PRIMARY KEY (a, b))",
        "CREATE TABLE loose (a INT, b INT)",
        "INSERT INTO loose VALUES (1, 1), (1, 1), (1, 2)",
    )

    keys = (Key("kept", ("a", "b")), Key("loose", ("a", "b")))
    tables = tables_of(path, keys=keys)

    assert [(key.is_enforced, key.duplicates) for key in tables["kept"].keys] == [(True, None)]
    assert [(key.is_enforced, key.duplicates) for key in tables["loose"].keys] == [(False, 1)]


def test_250_tables_are_all_read_and_of_more_the_names_are_listed(path):
    execute(path, *[f"CREATE TABLE t{n:03} (a INT)" for n in range(1, 251)])

    every = tables_of(path)
    few = tables_of(path, max_tables=10, tables=("t250",))

    assert ({table.rows for table in every.values()}, len(every)) == ({0}, 250)
    assert len(few) == 250
    assert (few["t250"].rows, few["t249"].rows) == (0, None)


def test_names_with_quotes_dots_and_great_length_are_kept(path):
    long = "n" * 500
    execute(
        path,
        f'CREATE TABLE "Sales.Orders ""2026"" %s" ("a%b:c" INT, "select" INT, "{long}" INT)',
        """INSERT INTO "Sales.Orders ""2026"" %s" VALUES (1, 2, 3)""",
    )

    (table,) = tables_of(path).values()

    assert table.name == 'Sales.Orders "2026" %s'
    assert [column.name for column in table.columns] == ["a%b:c", "select", long]
    assert {column.n_distinct for column in table.columns} == {1}


@pytest.mark.slow
def test_a_view_of_endless_rows_costs_only_itself(path):
    execute(
        path,
        "CREATE TABLE z (id INTEGER)",
        "CREATE VIEW endless AS WITH RECURSIVE r(n) AS"
        " (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) AS n FROM r",
    )

    tables = tables_of(path)

    assert tables["z"].rows == 0
    assert tables["endless"].reason == "It took longer than a statement may."


def test_text_that_is_no_unicode_is_counted(path):
    execute(path, "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES (CAST(x'fffe' AS TEXT))")

    assert columns_of(path, "t")["a"].n_distinct == 1
