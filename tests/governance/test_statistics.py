"""Statistics in SQLAlchemy Core: the same figures from every engine, in portions of columns."""

import time

import duckdb
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from governance.sandbox.statistics import TIME_IS_UP, Scan, with_keys, with_statistics
from governance.sandbox.types import ColumnProfile, SourceUnreadable, TableProfile
from tests.governance.databases import fetch_from

ROWS = [(n, f"name {n % 3}", n / 2 if n % 2 else None) for n in range(1, 101)]
COLUMNS = (
    ColumnProfile(name="id", physical_type="INTEGER", logical_type="integer"),
    ColumnProfile(name="Full Name", physical_type="VARCHAR", logical_type="string"),
    ColumnProfile(name="half", physical_type="DOUBLE", logical_type="number"),
)
TABLE = TableProfile(name="people", rows=None, columns=COLUMNS)
CREATE = 'CREATE TABLE people (id INTEGER, "Full Name" VARCHAR(40), half DOUBLE PRECISION)'


def duckdb_fetch():
    connection = duckdb.connect()
    connection.execute(CREATE)
    connection.executemany("INSERT INTO people VALUES (?, ?, ?)", ROWS)
    return fetch_from(connection)


def sqlite_fetch():
    connection = create_engine("sqlite://").connect()
    connection.execute(text(CREATE))
    rows = [dict(zip("abc", row, strict=True)) for row in ROWS]
    connection.execute(text("INSERT INTO people VALUES (:a, :b, :c)"), rows)

    def fetch(statement):
        try:
            return connection.execute(statement).fetchall()
        except SQLAlchemyError as error:
            raise SourceUnreadable("not-counted") from error

    return fetch


def scan(fetch, **fields):
    return Scan(**{"name": "people", "fetch": fetch, "ends_at": time.monotonic() + 60} | fields)


@pytest.fixture(params=[duckdb_fetch, sqlite_fetch], ids=["duckdb", "sqlite"])
def fetch(request):
    return request.param()


def test_counts_are_the_same_from_every_engine(fetch):
    table = with_statistics(TABLE, scan(fetch), shows=lambda _: False)

    assert (table.rows, table.is_sample) == (100, False)
    assert [(column.n_values, column.n_distinct) for column in table.columns] == [
        (100, 100),
        (100, 3),
        (50, 50),
    ]
    assert table.columns[2].null_share == 0.5
    assert all(column.is_exact for column in table.columns)
    assert not table.has_values


def test_values_are_the_same_from_every_engine(fetch):
    table = with_statistics(TABLE, scan(fetch), shows=lambda name: name != "half")
    number, name, hidden = table.columns

    assert (number.min, number.max, name.min, name.max) == ("1", "100", "name 0", "name 2")
    assert name.top_values == (("name 1", 34), ("name 0", 33), ("name 2", 33))
    assert [value for _, value in number.quantiles] == ["5", "25", "50", "75", "95"]
    assert [part.rows for part in number.histogram] == [10] * 10
    assert not hidden.has_values


def test_only_the_first_rows_are_read_of_a_table_that_is_larger(fetch):
    table = with_statistics(TABLE, scan(fetch, max_rows=60), shows=lambda _: False)

    assert (table.rows, table.is_sample, table.columns[0].n_values) == (60, True, 60)


def test_a_column_that_cannot_be_counted_costs_only_itself(fetch):
    missing = ColumnProfile(name="gone", physical_type="?", logical_type="string")
    table = TableProfile(name="people", rows=None, columns=(*COLUMNS[:2], missing, COLUMNS[2]))

    counted = with_statistics(table, scan(fetch), shows=lambda _: True)

    assert [column.n_distinct for column in counted.columns] == [100, 3, None, 50]
    assert counted.columns[2].reason == "It could not be counted."


def test_a_table_that_cannot_be_counted_keeps_its_names_and_types(fetch):
    table = TableProfile(name="nowhere", rows=None, columns=COLUMNS)

    counted = with_statistics(table, scan(fetch, name="nowhere"), shows=lambda _: True)

    assert (counted.rows, counted.columns) == (None, COLUMNS)
    assert counted.reason == "It could not be counted."


def test_columns_for_which_no_time_is_left_are_left_out_with_a_reason(fetch):
    table = with_statistics(TABLE, scan(fetch, ends_at=0), shows=lambda _: True)

    assert table.rows == 100
    assert {column.reason for column in table.columns} == {TIME_IS_UP}


def test_a_compound_key_is_counted_as_a_whole(fetch):
    table = with_keys(TABLE, [("id", "half"), ("Full Name", "half"), ("id", "gone")], scan(fetch))

    assert [(key.columns, key.duplicates) for key in table.keys] == [
        (("id", "half"), 0),
        (("Full Name", "half"), 47),
    ]


def test_many_columns_are_counted_in_portions():
    names = [f"c{n}" for n in range(1500)]
    connection = duckdb.connect()
    connection.execute("CREATE TABLE wide AS SELECT " + ", ".join(f"1 AS {name}" for name in names))
    columns = [
        ColumnProfile(name=name, physical_type="INTEGER", logical_type="integer") for name in names
    ]
    table = TableProfile(name="wide", rows=None, columns=tuple(columns))

    counted = with_statistics(
        table, scan(fetch_from(connection), name="wide"), shows=lambda _: False
    )

    figures = {(item.n_values, item.n_distinct, item.is_exact) for item in counted.columns}
    assert figures == {(1, 1, True)}
