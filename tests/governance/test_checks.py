"""Checks of a table's rows: the same numbers from every kind of source, and limits that hold."""

import time
from pathlib import Path

import duckdb
import pytest

from governance.sandbox.checks import Check
from governance.sandbox.types import Source, SourceUnreadable
from tests.governance.checked_orders import (
    COLUMNS,
    EXPECTED,
    HOSTILE,
    ORDERS,
    check,
    check_file,
    failures_of,
    request,
    run_on,
    write_orders,
)
from tests.governance.databases import SourceDatabase, mysql_database, postgres_schema


def result_of(path: Path, item: Check, **options):
    (result,) = check_file(path, [item], **options).results
    return result


@pytest.fixture
def orders(tmp_path):
    return write_orders(tmp_path / "orders.csv")


@pytest.mark.parametrize("kind", ["parquet", "csv", "json", "sqlite"])
def test_every_kind_of_check_is_measured_on_a_file(tmp_path, kind):
    run = check_file(write_orders(tmp_path / f"orders.{kind}"))

    assert failures_of(run) == {}
    assert (run.rows, run.is_sample) == (len(ORDERS), False)


def fill(database: SourceDatabase, quote: str) -> Source:
    types = ", ".join(
        f"{quote}{name.replace(quote, quote * 2)}{quote} {kind}" for name, kind in COLUMNS.items()
    )
    places = ", ".join(["%s"] * len(COLUMNS))
    with database.connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE orders ({types})")
        cursor.executemany(f"INSERT INTO orders VALUES ({places})", ORDERS)
    return Source(kind=database.kind, database=database.parameters, checks=request())


@pytest.mark.postgres_source
def test_every_kind_of_check_is_measured_in_postgres():
    with postgres_schema() as database:
        run = run_on(fill(database, '"'))

    assert failures_of(run) == {}


@pytest.mark.mysql_source
def test_every_kind_of_check_is_measured_in_mysql():
    with mysql_database() as database:
        run = run_on(fill(database, "`"))

    assert failures_of(run) == {}


def test_checks_on_rows_share_one_scan_of_the_file(orders):
    run = check_file(orders)
    shared = {item.key: run.result(item.key).scan for item in EXPECTED}

    own = {"key", "statement", "nothing"}
    assert len({scan for key, scan in shared.items() if key not in own}) == 1
    assert all(run.result(key).seconds > 0 for key in shared)


def test_failing_rows_are_shown_with_what_identifies_them(orders):
    ages = result_of(orders, check("age", "range", "age", minimum="18", maximum="120"))
    keys = result_of(orders, check("id", "duplicates", "id"))

    assert sorted(sample["age"] for sample in ages.samples) == ["17", "200"]
    assert {"id": "2", "age": "200"} in ages.samples
    assert keys.samples == ({"id": "4", "(rows)": "3"}, {"id": "2", "(rows)": "2"})


def test_no_value_of_a_classified_column_is_returned(orders):
    checks = [
        check("mail", "pattern", "email", pattern="@"),
        check("key", "duplicates", "email", "id"),
        check("text", "expression", sql="EMAIL <> 'nope'"),
        check("newest", "freshness", "paid_on"),
        check("shares", "distribution", "email", baseline=(("nope", 1.0),)),
        check("age", "range", "age", minimum="18"),
        check("maximum", "sql", sql="SELECT max(email) FROM orders"),
        check("hidden", "sql", sql="SELECT max(x) FROM (SELECT length(email) AS x FROM orders) q"),
        check("all", "sql", sql="SELECT max(email) FROM (SELECT * FROM orders) AS q"),
        check("count", "sql", sql="SELECT count(email) FROM orders WHERE email LIKE 'a%'"),
    ]

    run = check_file(orders, checks, classified=("Email", "paid_on"), identifiers=("id", "email"))
    results = {result.key: result for result in run.results}

    assert [results[key].failing for key in ("mail", "text", "age")] == [1, 1, 1]
    assert {key: result.samples for key, result in results.items() if result.samples} == {
        "age": ({"id": "4", "age": "17"},)
    }
    assert (results["newest"].observed, results["newest"].value) == (28 * 86400, "")
    assert results["shares"].groups == ()
    assert [results[key].code for key in ("maximum", "hidden", "all")] == ["invalid-sql"] * 3
    assert "classified" in results["maximum"].error
    assert results["count"].observed == 1


def test_the_first_rows_are_checked_and_said_so_but_what_needs_all_rows_reads_them(orders):
    checks = [
        check("rows", "row_count"),
        check("null", "missing", "email"),
        check("sum", "sql", sql="SELECT count(*) FROM orders"),
    ]

    run = check_file(orders, checks, max_rows=4)
    rows, null, total = run.results

    assert (run.rows, null.tested, null.failing) == (4, 4, 1)
    assert (rows.observed, total.observed) == (6, 6)


INVALID = {
    check("gone", "missing", "gone"): ("no-column", "gone"),
    check("bound", "range", "status", minimum="much"): ("not-comparable", "neither a number"),
    check("bracket", "pattern", "email", pattern="(a"): ("invalid-pattern", "missing"),
    check("look", "pattern", "email", pattern="(?=a)a"): ("invalid-pattern", "RE2"),
    check("long", "pattern", "email", pattern="a" * 2000): ("invalid-pattern", "1,000"),
    check("huge", "pattern", "email", pattern="((a{1000}){1000}){9}"): ("invalid-pattern", ""),
    check("two", "expression", sql="amount > 1; DROP TABLE orders"): ("invalid-sql", "2 statem"),
    check("inner", "expression", sql="amount > (SELECT 1)"): ("invalid-sql", "SUBQUERY"),
    check("unknown", "expression", sql="gone > 1"): ("no-column", "gone"),
    check("constant", "expression", sql="1 = 1"): ("invalid-sql", "no column"),
    check("large", "expression", sql="repeat(email, 1000000000) = ''"): ("invalid-sql", "REPEAT"),
    check("deep", "expression", sql="(" * 500 + "id" + ")" * 500): ("invalid-sql", "deeply"),
    check("types", "expression", sql="paid_on > status + 1"): ("invalid-sql", "VARCHAR"),
    check("rows", "sql", sql="SELECT id, age FROM orders"): ("no-number", "several rows"),
    check("columns", "sql", sql="SELECT 1, 2"): ("no-number", "2 columns"),
    check("text", "sql", sql="SELECT min(status) FROM orders"): ("no-number", "text or a date"),
    check("misspelt", "sql", sql="SELECT max(amont) FROM orders"): ("invalid-sql", "amont"),
    check("lost", "reference", "status"): ("no-reference", ""),
}


def test_what_is_wrong_with_a_check_is_said_at_the_check(orders):
    run = check_file(orders, [*INVALID, check("null", "missing", "email")])

    for item, (code, words) in INVALID.items():
        result = run.result(item.key)
        assert (result.code, words in result.error) == (code, True), result
        assert (result.observed, result.failing, result.samples) == (None, None, ())
    assert (run.result("null").observed, run.result("null").error) == (1, "")


HOSTILE_SQL = [
    "DELETE FROM orders",
    "COPY orders TO '/tmp/orders.csv'",
    "ATTACH '/etc/passwd' AS p",
    "INSTALL httpfs",
    "SET enable_external_access = true",
    "PRAGMA database_list",
    "CREATE TABLE t AS SELECT 1",
    "SELECT count(*) FROM read_text('/etc/passwd')",
    "SELECT count(*) FROM '/etc/passwd'",
    "SELECT count(*) FROM glob('/*')",
    "SELECT count(*) FROM duckdb_settings()",
    "SELECT count(*) FROM information_schema.tables",
    "SELECT count(*) FROM pg_catalog.pg_class",
    "SELECT count(*) INTO t FROM orders",
    "SELECT id FROM orders FOR UPDATE",
    "SELECT getenv('HOME')",
    "SELECT pg_sleep(10)",
    "SELECT sleep(10)",
    "SELECT benchmark(1000000000, md5('x'))",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT load_file('/etc/passwd')",
    "SELECT set_config('statement_timeout', '0', false)",
    "SELECT count(*) FROM range(1000000000000)",
    "SELECT count(*) FROM generate_series(1, 1000000000000)",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
    "SELECT 1 /*! UNION SELECT sleep(10) */; SELECT 2",
    "SELECT count(*) FROM query('SELECT 1')",
    "SELECT @@version",
    "CALL pragma_version()",
    "",
    "\x00",
    "SELECT '",
]


def test_sql_that_does_more_than_read_the_table_is_refused(orders):
    hostile = [check(str(place), "sql", sql=text) for place, text in enumerate(HOSTILE_SQL)]

    run = check_file(orders, [*hostile, check("null", "missing", "email")])

    codes = {item.sql: run.result(item.key).code for item in hostile}
    assert codes == dict.fromkeys(HOSTILE_SQL, "invalid-sql")
    assert (run.result("null").observed, run.result("null").error) == (1, "")


def test_a_check_that_takes_too_long_costs_only_its_own_result(tmp_path):
    path = tmp_path / "n.parquet"
    duckdb.execute(f"COPY (SELECT i AS id FROM range(200000) t(i)) TO '{path}' (FORMAT parquet)")
    endless = "SELECT count(*) FROM orders a, orders b, orders c WHERE a.id + b.id < c.id"
    checks = [
        check("endless", "sql", sql=endless),
        check("null", "missing", "id"),
        check("late", "sql", sql="SELECT count(*) FROM orders"),
    ]

    started = time.monotonic()
    results = check_file(path, checks, seconds=4).results

    assert [result.code for result in results] == ["too-costly", "", ""]
    assert time.monotonic() - started < 14


def test_a_million_failing_rows_are_counted_and_a_few_are_shown(tmp_path):
    path = tmp_path / "many.parquet"
    duckdb.execute(f"COPY (SELECT i AS id, 'x' || i AS name FROM range(1000000) t(i)) TO '{path}'")

    checks = [
        check("name", "pattern", "name", pattern="^y"),
        check("id", "range", "id", maximum="-1"),
    ]
    name, number = check_file(path, checks).results

    assert (name.failing, number.failing) == (1_000_000, 1_000_000)
    assert (len(name.samples), len(number.samples)) == (5, 5)


def test_a_pattern_that_explodes_elsewhere_takes_no_time(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,name\n" + "".join(f"{n},{'a' * 5000}!\n" for n in range(200)))

    result = result_of(path, check("name", "pattern", "name", pattern="^(a+)+$"))

    assert (result.failing, result.tested) == (200, 200)


def test_a_table_that_is_not_there_is_an_error_of_the_run(tmp_path):
    path = write_orders(tmp_path / "orders.sqlite")

    with pytest.raises(SourceUnreadable) as refused:
        check_file(path, table="gone")

    assert refused.value.code == "no-table"


def test_lines_that_do_not_fit_are_said_and_values_that_do_not_fit_are_no_error(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("id,n\n1,5\n2,x\n3\n4,7\n")

    run = check_file(path, [check("n", "range", "n", minimum="6"), check("rows", "row_count")])

    assert run.note == "1 lines are left out: line 4 has 1 of 2 fields."
    assert [(r.tested, r.failing) for r in run.results] == [(3, 2), (3, None)]


def test_members_of_nested_columns_are_checked_by_their_path(tmp_path):
    rows = ['{"id": 1, "address": {"city": "Oslo"}}', '{"id": 2, "address": {"city": null}}']
    path = tmp_path / "n.json"
    path.write_text("\n".join(rows))
    parquet = tmp_path / "n.parquet"
    duckdb.execute(f"COPY (SELECT * FROM read_json('{path}')) TO '{parquet}'")

    for file in (path, parquet):
        result = result_of(file, check("city", "missing", "address.city"))
        assert (result.failing, result.tested, result.error) == (1, 2, "")


def test_an_empty_table_has_no_failing_rows(tmp_path):
    for kind in ("csv", "sqlite", "parquet"):
        run = check_file(
            write_orders(tmp_path / f"e.{kind}", []),
            [
                check("null", "missing", "id"),
                check("rows", "row_count"),
                check("newest", "freshness", "paid_on"),
                check("key", "duplicates", "id"),
            ],
        )
        assert [(r.observed, r.error) for r in run.results] == [
            (0, ""),
            (0, ""),
            (None, ""),
            (0, ""),
        ]


def test_the_hostile_column_is_quoted_in_an_expression(orders):
    quoted = '"' + HOSTILE.replace('"', '""') + '"'

    result = result_of(orders, check("x", "expression", sql=f"{quoted} = 'x'"))

    assert (result.tested, result.failing) == (5, 3)


@pytest.mark.postgres_source
def test_checks_of_postgres_only_read_and_what_takes_too_long_costs_only_itself():
    with postgres_schema() as database:
        database.execute(
            "CREATE TABLE orders (id int, name text)",
            "INSERT INTO orders SELECT n, repeat('a', 30) || '!' FROM generate_series(1, 50) n",
            "CREATE FUNCTION lower(int) RETURNS int LANGUAGE plpgsql AS $$"
            " BEGIN DELETE FROM orders; RETURN 1; END $$",
            "CREATE VIEW slow AS SELECT id FROM orders, pg_sleep(30)",
        )
        items = [
            check("slow", "sql", sql="SELECT count(*) FROM slow"),
            check("deletes", "expression", sql="lower(id) = 1"),
            check("system", "sql", sql="SELECT count(*) FROM pg_shadow"),
            check("null", "missing", "name"),
            check("pattern", "pattern", "name", pattern="^(a+)+$"),
            check("percent", "expression", sql="name LIKE '%!' AND name <> ':x'"),
        ]
        source = Source(
            kind="postgres",
            database=database.parameters,
            checks=request(items, seconds=12, aliases=("the orders",)),
        )
        results = {result.key: result for result in run_on(source).results}
        rows = database.connection.execute("SELECT count(*) FROM orders").fetchone()

    assert rows == (50,)
    assert results["slow"].code == "timeout"
    assert results["deletes"].code != ""
    assert results["system"].code == "invalid-sql"
    assert [results[key].failing for key in ("null", "pattern", "percent")] == [0, 50, 0]


@pytest.mark.mysql_source
def test_checks_of_mysql_only_read_and_what_takes_too_long_costs_only_itself():
    with mysql_database() as database:
        database.execute(
            "CREATE TABLE orders (id int, name varchar(50))",
            "INSERT INTO orders VALUES (1, 'a'), (2, 'A')",
            "CREATE VIEW slow AS SELECT id, sleep(20) AS s FROM orders",
        )
        items = [
            check("slow", "sql", sql="SELECT sum(s) FROM slow"),
            check("writes", "sql", sql="SELECT id INTO OUTFILE '/tmp/x' FROM orders"),
            check("system", "sql", sql="SELECT count(*) FROM mysql.user"),
            check("values", "allowed_values", "name", allowed=("a",)),
            check("percent", "expression", sql="name LIKE '%' AND name <> ':x' AND id % 2 >= 0"),
        ]
        source = Source(
            kind="mysql", database=database.parameters, checks=request(items, seconds=8)
        )
        results = {result.key: result for result in run_on(source).results}

    assert results["slow"].code == "timeout"
    assert [results[key].code for key in ("writes", "system")] == ["invalid-sql"] * 2
    assert [results[key].failing for key in ("values", "percent")] == [1, 0]
