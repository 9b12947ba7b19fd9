"""Counts of groups: the same from every kind of source, nothing dropped, nothing but counts."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.representation.hierarchies import read_hierarchy
from governance.sandbox.connectors.engine import Engine, quoted
from governance.sandbox.connectors.file_groups import GroupedFile
from governance.sandbox.group_counting import MAX_COMBINATIONS, count_groups
from governance.sandbox.groups import (
    MAX_GROUPS,
    NOT_A_NUMBER,
    NOT_MAPPED,
    Cell,
    GroupCounts,
    Grouping,
    GroupRequest,
    bin_names,
)
from governance.sandbox.runner import run_group_child
from governance.sandbox.types import Source, SourceUnreadable
from tests.conftest import SHARED
from tests.governance.databases import mysql_database, postgres_schema

HOSTILE = "a\"b`c'd; DROP TABLE people -- %s :x é"
SEX, AGE = Grouping(column="sex", name="sex"), Grouping(column="age", name="age", bins=(30, 50.5))
CITY = Grouping(column=HOSTILE, name="city", missing=("", "?"))
PAID = Grouping(column="paid", name="paid")
REQUEST = GroupRequest(table="people", attributes=(SEX, AGE, CITY), label=PAID)
# sex, age, city, paid
PEOPLE = [
    ("F", 29, "Oslo", "yes"),
    ("F", 30, "oslo", "no"),
    ("M", 50, "Oslo ", "yes"),
    ("M", 51, "?", None),
    ("f", None, "", "no"),
    (None, 90, None, "no"),
    ("O'x", 29, "NULL", "yes"),
    ("M", 30, "Ås\N{GRINNING FACE}", "yes"),
    ("M", 30, "Ås\N{GRINNING FACE}", "yes"),
]


def expected(*attributes: str) -> set[Cell]:
    """Count the people again, by other code."""

    def groups(person):
        sex, age, city, paid = person
        bins = bin_names((30, 50.5))
        age_group = None if age is None else bins[(age >= 30) + (age >= 50.5)]
        city = None if city in (None, "", "?") else city
        return {"sex": sex, "age": age_group, "city": city, "paid": paid}

    counts: dict[tuple[tuple[str | None, ...], str | None], int] = {}
    for person in map(groups, PEOPLE):
        key = (tuple(person[name] for name in attributes), person["paid"])
        counts[key] = counts.get(key, 0) + 1
    return {Cell(groups, paid, n) for (groups, paid), n in counts.items()}


def require_expected(counts: GroupCounts) -> None:
    assert counts.rows == len(PEOPLE)
    assert [table.attributes for table in counts.tables] == [
        (),
        ("sex",),
        ("age",),
        ("city",),
        ("sex", "age"),
        ("sex", "city"),
        ("age", "city"),
    ]
    for table in counts.tables:
        assert set(table.cells) == expected(*table.attributes)


def count_file(path, kind: str, request: GroupRequest = REQUEST) -> GroupCounts:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return run_group_child(Source(kind=kind, descriptor=descriptor, groups=request))
    finally:
        os.close(descriptor)


def error_of(path, kind: str, request: GroupRequest = REQUEST) -> tuple[str, str]:
    with pytest.raises(SourceUnreadable) as refused:
        count_file(path, kind, request)
    return refused.value.code, refused.value.detail


def one(column: str, **options) -> GroupRequest:
    return GroupRequest(
        table="people", attributes=(Grouping(column=column, name=column, **options),)
    )


TYPES = GroupRequest(
    table="people",
    attributes=(
        *(Grouping(column=name, name=name) for name in ("flag", "score", "day", "extra")),
        Grouping(column="score", name="level", bins=(0, 10)),
    ),
)


def require_types(counts: GroupCounts, *, infinity: str, extra: dict[str | None, int]) -> None:
    groups = {
        name: {cell.groups[0]: cell.n for cell in counts.table(name).cells}
        for name in ("flag", "score", "day", "extra", "level")
    }
    assert groups == {
        "flag": {"true": 1, "false": 1, None: 1},
        "score": {"2": 1, infinity: 1, None: 1},
        "day": {"2026-01-02": 2, None: 1},
        "extra": extra,
        "level": {"0 to under 10": 1, "10 or more": 1, None: 1},
    }


def groups_of(counts: GroupCounts) -> dict[str | None, int]:
    (table,) = (table for table in counts.tables if len(table.attributes) == 1)
    return {cell.groups[0]: cell.n for cell in table.cells}


@pytest.fixture
def people(tmp_path):
    """Write the people in a format of files and return the path."""
    names = ["sex", "age", HOSTILE, "paid"]

    def write(kind: str):
        path = tmp_path / f"people.{kind}"
        if kind == "json":
            objects = [dict(zip(names, person, strict=True)) for person in PEOPLE]
            path.write_text("\n".join(map(json.dumps, objects)))
            return path
        if kind == "sqlite":
            with closing(sqlite3.connect(path)) as database, database:
                quoted = HOSTILE.replace('"', '""')
                database.execute(
                    f'CREATE TABLE people (sex TEXT COLLATE NOCASE, age INTEGER, "{quoted}" TEXT,'
                    " paid TEXT)"
                )
                database.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", PEOPLE)
            return path
        database = duckdb.connect()
        columns = ", ".join(
            f'"{name.replace(chr(34), chr(34) * 2)}" {"INTEGER" if name == "age" else "VARCHAR"}'
            for name in names
        )
        database.execute(f"CREATE TABLE people ({columns})")
        database.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", PEOPLE)
        database.execute(f"COPY people TO '{path}' (FORMAT {kind})")
        return path

    return write


@pytest.mark.parametrize("kind", ["parquet", "csv", "json", "sqlite"])
def test_groups_of_a_file_are_counted_alone_in_pairs_and_with_the_label(people, kind):
    require_expected(count_file(people(kind), kind))


@pytest.mark.postgres_source
def test_groups_of_a_postgres_table_are_counted_byte_by_byte():
    with postgres_schema() as database:
        quoted = HOSTILE.replace('"', '""').replace("%", "%%")
        database.connection.execute(
            "CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2',"
            " deterministic = false)"
        )
        database.connection.execute(
            f'CREATE TABLE people (sex text COLLATE anycase, age integer, "{quoted}" text,'
            " paid text)".replace("%%", "%")
        )
        with database.connection.cursor() as cursor:
            cursor.executemany("INSERT INTO people VALUES (%s, %s, %s, %s)", PEOPLE)
        require_expected(database.count(REQUEST))


@pytest.mark.mysql_source
def test_groups_of_a_mysql_table_are_counted_byte_by_byte():
    with mysql_database() as database:
        quoted = HOSTILE.replace("`", "``").replace("%", "%%")
        with database.connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TABLE people (sex varchar(20), age integer, `{quoted}` varchar(20),"
                " paid varchar(20)) CHARACTER SET utf8mb4".replace("%%", "%")
            )
            cursor.executemany("INSERT INTO people VALUES (%s, %s, %s, %s)", PEOPLE)
        require_expected(database.count(REQUEST))


@pytest.mark.postgres_source
def test_types_of_postgres_become_the_groups_that_files_have():
    with postgres_schema() as database:
        database.execute(
            "CREATE TABLE people (flag boolean, score float8, day date, extra json)",
            "INSERT INTO people VALUES (true, 'NaN', '2026-01-02', '{\"a\": 1}'),"
            " (false, 2, NULL, NULL), (NULL, 'Infinity', '2026-01-02', NULL)",
        )
        require_types(database.count(TYPES), infinity="Infinity", extra={'{"a": 1}': 1, None: 2})


def test_types_of_a_parquet_file_become_the_groups_that_databases_have(tmp_path):
    path = tmp_path / "people.parquet"
    duckdb.execute(
        "COPY (SELECT * FROM (VALUES (true, 'NaN'::DOUBLE, DATE '2026-01-02', {'a': 1}),"
        " (false, 2, NULL, NULL), (NULL, 'Infinity', DATE '2026-01-02', NULL))"
        f" t(flag, score, day, extra)) TO '{path}'"
    )
    counts = count_file(path, "parquet", TYPES)
    require_types(counts, infinity="inf", extra={"{'a': 1}": 1, None: 2})


@pytest.mark.parametrize("kind", ["csv", "json", "sqlite"])
def test_what_is_no_number_is_a_group_of_its_own(tmp_path, kind):
    path = tmp_path / "people"
    values = ["9.5", "10", "1e1", "old", "", "NaN", "-999"]
    if kind == "sqlite":
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE people (age INTEGER)")
            database.executemany("INSERT INTO people VALUES (?)", [[value] for value in values])
    elif kind == "csv":
        path.write_text("age,x\n" + "".join(f"{value},1\n" for value in values))
    else:
        path.write_text("".join(json.dumps({"age": value}) + "\n" for value in values))

    counts = groups_of(count_file(path, kind, one("age", bins=(10,), missing=("", "-999"))))

    # In a column of numbers SQLite keeps "" and "NaN" as texts, which are no numbers.
    if kind == "sqlite":
        assert counts == {"under 10": 1, "10 or more": 2, NOT_A_NUMBER: 3, None: 1}
    else:
        assert counts == {"under 10": 1, "10 or more": 2, NOT_A_NUMBER: 1, None: 3}


def test_a_mapping_makes_groups_of_codes_and_names_what_it_lacks(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("country;x\nCuba;1\nFrance;1\nItaly;1\nMars;1\n;1\n")
    mapping = {"Cuba": "North America", "France": "Europe", "Italy": "Europe", "Laos": "Asia"}

    counts = groups_of(count_file(path, "csv", one("country", mapping=mapping)))

    assert counts == {"Europe": 2, "North America": 1, NOT_MAPPED: 1, None: 1}


def test_a_hierarchy_makes_continents_of_the_countries_of_the_adult_table():
    folder = SHARED / "corpora" / "adult"
    if not folder.exists():
        pytest.skip(f"{folder} is not here")
    text = (folder / "adult_hierarchy_native-country.csv").read_text()
    mapping = read_hierarchy(text, 1, at="")
    column = "native-country"

    counts = count_file(folder / "adult.csv", "csv", one(column, mapping=mapping))

    assert groups_of(counts) == dict(
        duckdb.sql(
            f"""
            SELECT region, count(*) FROM read_csv('{folder}/adult.csv') people
            JOIN read_csv('{folder}/adult_hierarchy_native-country.csv', header=false,
                          names=['country', 'region', 'everything']) ON country = "native-country"
            GROUP BY region
            """
        ).fetchall()
    )
    assert counts.rows == 30_162


@pytest.mark.parametrize("level", [" ? ", "?"])
def test_spaces_around_a_text_that_means_missing_do_not_matter(tmp_path, level):
    path = tmp_path / "people.csv"
    path.write_text("sex,age\n ?,?\nF, ? \n")
    for column in ("sex", "age"):
        bins = (10.0,) if column == "age" else ()
        counts = groups_of(count_file(path, "csv", one(column, missing=(level,), bins=bins)))
        assert counts[None] == (1 if column == "sex" else 2)


def test_a_date_is_no_number(tmp_path):
    path = tmp_path / "people.parquet"
    duckdb.execute(f"COPY (SELECT DATE '2026-01-02' AS day, true AS flag) TO '{path}'")
    for column in ("day", "flag"):
        assert groups_of(count_file(path, "parquet", one(column, bins=(0,)))) == {NOT_A_NUMBER: 1}


def test_a_packed_file_that_unpacks_to_one_endless_line_is_refused(tmp_path):
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(b"sex,age\n" + b"F" * 20_000_000))
    code, detail = error_of(path, "csv", one("sex"))
    assert code in ("wrong-format", "too-costly")
    assert "FFF" not in detail


def test_tables_of_any_name_are_counted(tmp_path):
    path = tmp_path / "people.sqlite"
    quoted = HOSTILE.replace('"', '""')
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f'CREATE TABLE "{quoted}" (sex TEXT)')
        database.execute(f"INSERT INTO \"{quoted}\" VALUES ('F'), (x'46ff')")
    request = GroupRequest(table=HOSTILE, attributes=(SEX,))
    assert groups_of(count_file(path, "sqlite", request)) == {"F": 1, "F\ufffd": 1}


def test_lines_that_are_left_out_are_reported_with_the_counts(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("sex,age\nF,1\nM,2,3,4\nM,3\n")

    counts = count_file(path, "csv", one("sex"))

    assert groups_of(counts) == {"F": 1, "M": 1}
    assert counts.note == "1 lines are left out: line 3 has 4 fields instead of 2."


def test_a_latin_file_is_counted_as_latin(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes("city,x\nÅs,1\nOslo,2\n".encode("latin-1"))

    counts = count_file(path, "csv", one("city"))

    assert groups_of(counts) == {"Ås": 1, "Oslo": 1}
    assert "read as Latin-1" in counts.note


@pytest.mark.parametrize("kind", ["parquet", "csv", "json", "sqlite"])
def test_a_column_that_does_not_exist_is_named(people, kind):
    request = GroupRequest(table="people", attributes=(SEX, Grouping(column="gone", name="x")))
    assert error_of(people(kind), kind, request) == ("no-column", "gone")


def test_a_table_that_does_not_exist_is_named(people):
    request = GroupRequest(table="gone", attributes=(SEX,))
    assert error_of(people("sqlite"), "sqlite", request) == ("no-table", "gone")


def test_a_key_that_only_late_objects_have_is_counted(tmp_path):
    path = tmp_path / "people.json"
    path.write_text('{"a": 1}\n' * 3000 + '{"sex": "F"}\n{"sex": null}\n')
    assert groups_of(count_file(path, "json", one("sex"))) == {"F": 1, None: 3001}


def test_a_key_with_nulls_only_exists(tmp_path):
    path = tmp_path / "people.json"
    path.write_text('[{"sex": null}, {"sex": null}]')
    assert groups_of(count_file(path, "json", one("sex"))) == {None: 2}


def test_json_with_a_byte_order_mark_is_counted(tmp_path):
    path = tmp_path / "people.json"
    path.write_bytes('[{"sex": "F"}, {"sex": "M"}]'.encode("utf-16"))
    assert groups_of(count_file(path, "json", one("sex"))) == {"F": 1, "M": 1}


def test_a_packed_file_is_counted(tmp_path):
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(b"sex,age\nF,1\nM,2\n"))
    assert groups_of(count_file(path, "csv", one("sex"))) == {"F": 1, "M": 1}


def test_a_table_without_rows_has_no_groups(tmp_path):
    path = tmp_path / "people.parquet"
    duckdb.execute(f"COPY (SELECT 'F' AS sex WHERE false) TO '{path}'")
    counts = count_file(path, "parquet", one("sex"))
    assert (counts.rows, groups_of(counts)) == (0, {})


@pytest.mark.parametrize("kind", ["parquet", "csv", "sqlite"])
def test_an_id_is_refused_as_an_attribute(tmp_path, kind):
    path = tmp_path / "people"
    if kind == "sqlite":
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE people (id TEXT, sex TEXT)")
            rows = [(str(number), "F") for number in range(MAX_COMBINATIONS + 5)]
            database.executemany("INSERT INTO people VALUES (?, ?)", rows)
    else:
        duckdb.execute(
            f"COPY (SELECT i AS id, 'F' AS sex FROM range({MAX_COMBINATIONS + 5}) t(i))"
            f" TO '{path}' (FORMAT {kind})"
        )
    request = GroupRequest(table="people", attributes=(SEX, Grouping(column="id", name="id")))

    code, detail = error_of(path, kind, request)

    assert code == "too-many-groups"
    assert detail.startswith(f"id has more than {MAX_GROUPS} different values; is it an id?")


def test_attributes_of_too_many_combinations_are_counted_in_pairs(tmp_path):
    path = tmp_path / "people.parquet"
    duckdb.execute(
        "COPY (SELECT (i % 101)::VARCHAR AS a, (i % 103)::VARCHAR AS b, (i % 107)::VARCHAR AS c"
        f" FROM range(100000) t(i)) TO '{path}'"
    )
    request = GroupRequest(
        table="", attributes=tuple(Grouping(column=name, name=name) for name in "abc")
    )
    counts = count_file(path, "parquet", request)
    assert [len(table.cells) for table in counts.tables] == [
        1,
        101,
        103,
        107,
        101 * 103,
        101 * 107,
        103 * 107,
    ]
    assert all(sum(cell.n for cell in table.cells) == 100_000 for table in counts.tables)


def test_to_count_a_file_sqlalchemy_is_not_loaded():
    # It takes longer to load than 5 million rows of Parquet take to count.
    code = (
        "import sys; import governance.sandbox.worker, governance.sandbox.connectors.file_groups;"
        "sys.exit('sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class SmallMemory(Engine):
    """An engine whose memory is too small for the combinations of all attributes."""

    def fetch(self, statement):
        if "0 AS lacking" in statement:
            raise duckdb.OutOfMemoryException("out of memory")
        return super().fetch(statement)


def test_without_memory_for_all_combinations_each_pair_is_counted_at_once(people):
    path = str(people("parquet"))
    sql = {"sex": "sex", "age": "age", "city": quoted(HOSTILE), "paid": "paid"}

    file = GroupedFile.read(SmallMemory(path, seconds=10), f"read_parquet('{path}')", REQUEST, sql)

    assert not file.has_all
    require_expected(count_groups(REQUEST, file.rows))


@pytest.mark.slow
def test_millions_of_ids_are_refused_within_the_limits(tmp_path):
    path = tmp_path / "people.parquet"
    duckdb.execute(
        "COPY (SELECT md5(i::VARCHAR) AS id, i % 2 AS sex FROM range(3000000) t(i))"
        f" TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)"
    )
    request = GroupRequest(table="", attributes=(SEX, Grouping(column="id", name="id")))
    started = time.monotonic()

    code, detail = error_of(path, "parquet", request)

    assert code == "too-many-groups"
    assert detail.startswith("id has more than 300,000 different values")
    assert time.monotonic() - started < 30


def test_a_long_text_is_no_group(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(f"sex,x\n{'a' * 200},1\n")
    code, detail = error_of(path, "csv", one("sex"))
    assert (code, "aaa" in detail) == ("no-groups", False)


def test_damaged_data_are_refused_without_their_values(tmp_path):
    path = tmp_path / "people.json"
    path.write_text('{"sex": "secret"}\n{"sex": "sec\n')
    code, detail = error_of(path, "json", one("sex"))
    assert (code, "sec" in detail) == ("wrong-format", False)


def test_nothing_but_counts_leaves_the_child(people):
    counts = json.dumps(count_file(people("parquet"), "parquet", one("sex")).as_json())
    assert "Oslo" not in counts


RAW = st.sampled_from([None, "", "F", "M", "x", 1, 1.0, True, float("nan"), "12"])


@given(rows=st.lists(st.tuples(RAW, RAW, RAW, st.integers(1, 9)), max_size=30), limit=st.booleans())
def test_all_tables_have_all_records_whichever_way_they_are_counted(rows, limit):
    attributes = tuple(Grouping(column=name, name=name) for name in "ab")
    request = GroupRequest(table="", attributes=attributes, label=Grouping(column="l", name="l"))
    names = [grouping.name for grouping in request.groupings]

    def fetch(groupings, n):
        if limit and len(groupings) == 3 and n == MAX_COMBINATIONS:
            return None
        places = [names.index(grouping.name) for grouping in groupings]
        return [(*(row[place] for place in places), row[3]) for row in rows]

    counts = count_groups(request, fetch)

    total = sum(row[3] for row in rows)
    assert {sum(cell.n for cell in table.cells) for table in counts.tables} == {total}
    assert GroupCounts.from_json(json.loads(json.dumps(counts.as_json()))) == counts
