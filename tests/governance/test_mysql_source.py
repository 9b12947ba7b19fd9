"""A real MySQL or MariaDB as a source: types, views and rights, and true reasons for the rest."""

import pytest

from governance.inspection.declarations import DeclaredColumn
from governance.inspection.schema_drift import find_drift
from governance.sandbox.types import Key, SourceUnreadable
from tests.governance.databases import mysql_database

pytestmark = pytest.mark.mysql_source


@pytest.fixture
def source():
    with mysql_database() as database:
        yield database


@pytest.fixture
def reader(source):
    """A user who may read nothing yet, and the name to grant rights to."""
    source.execute(f"CREATE OR REPLACE USER {source.name}@'%' IDENTIFIED BY 'secret'")
    yield {"user": source.name, "password": "secret"}
    source.execute(f"DROP USER {source.name}@'%'")


TYPES = {
    "tinyint(1)": "boolean",
    "boolean": "boolean",
    "tinyint(4)": "integer",
    "tinyint(1) unsigned": "integer",
    "int unsigned": "integer",
    "bigint(20)": "integer",
    "year": "integer",
    "decimal(10,2)": "number",
    "double": "number",
    "float": "number",
    "date": "date",
    "time": "time",
    "datetime(6)": "timestamp",
    "timestamp null": "timestamp",
    "enum('low','it''s, high')": "string",
    "set('a','b')": "string",
    "json": "string",
    "bit(1)": "boolean",
    "bit(8)": "string",
    "varchar(20)": "string",
    "longtext": "string",
    "blob": "string",
    "varbinary(16)": "string",
    "point": "string",
}


def test_every_type_has_its_logical_type_and_is_counted(source):
    columns = {f"c{n}": name for n, name in enumerate(TYPES)}
    definitions = ", ".join(f"{column} {name}" for column, name in columns.items())
    source.execute(f"CREATE TABLE t ({definitions})", "INSERT INTO t (c0) VALUES (1)")

    observed = source.columns("t")

    assert {columns[name]: column.logical_type for name, column in observed.items()} == TYPES
    assert {column.reason for column in observed.values()} == {""}
    assert observed["c3"].physical_type == "tinyint(1) unsigned"
    assert observed["c14"].allowed_values == ("low", "it's, high")


def test_a_boolean_of_mysql_is_also_the_number_that_it_is(source):
    source.execute("CREATE TABLE t (a tinyint(1))", "INSERT INTO t VALUES (7), (8), (9)")
    tables = source.read().tables

    for logical_type in ("boolean", "integer"):
        declared = {"t": [DeclaredColumn(name="a", logical_type=logical_type)]}
        assert find_drift(declared, tables) == []


def test_everything_that_can_be_queried_is_listed_with_comments(source):
    source.execute(
        "CREATE TABLE base (id int AUTO_INCREMENT PRIMARY KEY, n int COMMENT 'How many.',"
        " twice int AS (n * 2) VIRTUAL, mail varchar(50) UNIQUE) COMMENT = 'All of them.'",
        "INSERT INTO base (n) VALUES (1), (2)",
        "CREATE VIEW seen AS SELECT n FROM base",
        "CREATE TABLE kept (a int) WITH SYSTEM VERSIONING",
    )

    tables = source.tables()

    assert {name: table.physical_type for name, table in tables.items()} == {
        "base": "table",
        "seen": "view",
        "kept": "system-versioned table",
    }
    base = tables["base"]
    key, number, twice, mail = base.columns
    assert (base.description, number.description) == ("All of them.", "How many.")
    assert (key.is_primary_key, key.is_required, mail.is_unique) == (True, True, True)
    assert twice.is_computed
    assert (base.rows, tables["seen"].rows) == (2, 2)


def test_a_view_over_a_missing_table_leaves_the_others(source):
    source.execute(
        "CREATE TABLE a (id int)",
        "CREATE TABLE gone (id int)",
        "CREATE VIEW broken AS SELECT id FROM gone",
        "DROP TABLE gone",
    )

    tables = source.tables()

    assert tables["a"].rows == 0
    assert tables["broken"].reason == "It needs something that does not exist or may not be used."


def test_a_view_that_takes_too_long_leaves_the_others(source):
    source.execute(
        "CREATE TABLE z (id int)",
        "INSERT INTO z VALUES (1)",
        "CREATE VIEW a AS SELECT DISTINCT SLEEP(20) AS n FROM z",
    )

    tables = source.tables()

    assert tables["z"].rows == 1
    assert tables["a"].columns[0].name == "n"
    assert tables["a"].reason == "It took longer than a statement may."


def test_columns_and_tables_without_permission_say_so(source, reader):
    source.execute(
        "CREATE TABLE a (id int, salary int)",
        "INSERT INTO a VALUES (1, 2)",
        "CREATE VIEW v AS SELECT id FROM a",
        f"GRANT SELECT (id) ON a TO {source.name}@'%'",
        f"GRANT SELECT ON v TO {source.name}@'%'",
    )

    tables = source.tables(**reader)

    assert set(tables) == {"a", "v"}
    assert [(column.name, column.n_distinct) for column in tables["a"].columns] == [("id", 1)]
    assert [(column.name, column.n_distinct) for column in tables["v"].columns] == [("id", 1)]


def test_without_any_right_the_database_is_refused(source, reader):
    source.execute("CREATE TABLE a (id int)")

    with pytest.raises(SourceUnreadable) as error:
        source.read(**reader)

    assert error.value.code == "no-database"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"port": "1"}, "unreachable"),
        ({"dbname": "nowhere"}, "no-database"),
        ({"password": "wrong"}, "login-refused"),
    ],
)
def test_a_refused_connection_says_what_refused_it(source, change, code):
    source.parameters.update(change)

    with pytest.raises(SourceUnreadable) as error:
        source.read()

    assert error.value.code == code


def test_names_with_dots_case_quotes_and_great_length_are_kept(source):
    long = "n" * 64
    source.execute(
        f"CREATE TABLE `Sales.Orders ``2026`` %s` (`a%b:c` int, `select` int, `{long}` int)",
        "INSERT INTO `Sales.Orders ``2026`` %s` VALUES (1, 2, 3)",
        "CREATE TABLE `Orders` (id int)",
        "CREATE TABLE `orders` (id int)",
    )

    tables = source.tables()

    assert set(tables) == {"Sales.Orders `2026` %s", "Orders", "orders"}
    table = tables["Sales.Orders `2026` %s"]
    assert [column.name for column in table.columns] == ["a%b:c", "select", long]
    assert {column.n_distinct for column in table.columns} == {1}


def test_only_a_whole_unconditional_index_of_one_column_is_uniqueness(source):
    cases = {
        "whole": ("CREATE UNIQUE INDEX i ON whole (email)", True),
        "prefix": ("CREATE UNIQUE INDEX i ON prefix (email(3))", True),
        "two": ("CREATE UNIQUE INDEX i ON two (email, id)", False),
        "plain": ("CREATE INDEX i ON plain (email)", False),
    }
    for name, (statement, _) in cases.items():
        source.execute(f"CREATE TABLE {name} (id int, email varchar(50))", statement)

    tables = source.tables()

    assert {name: tables[name].columns[1].is_unique for name in cases} == {
        name: is_unique for name, (_, is_unique) in cases.items()
    }


def test_a_compound_key_is_enforced_or_counted_as_a_whole(source):
    source.execute(
        "CREATE TABLE kept (a int, b int, PRIMARY KEY (a, b))",
        "CREATE TABLE loose (a int, b int)",
        "INSERT INTO loose VALUES (1, 1), (1, 1), (1, 2)",
    )

    tables = source.tables(keys=(Key("kept", ("a", "b")), Key("loose", ("a", "b"))))

    assert [(key.is_enforced, key.duplicates) for key in tables["kept"].keys] == [(True, None)]
    assert [(key.is_enforced, key.duplicates) for key in tables["loose"].keys] == [(False, 1)]


def test_a_wide_table_is_counted_in_portions(source):
    source.execute(f"CREATE TABLE wide ({', '.join(f'c{n} int' for n in range(900))})")
    source.execute("INSERT INTO wide (c0, c899) VALUES (1, 1), (2, NULL)")

    columns = source.columns("wide")

    assert {column.reason for column in columns.values()} == {""}
    assert (columns["c0"].n_distinct, columns["c899"].null_share) == (2, 0.5)


def test_values_come_only_from_columns_that_may_be_shown(source):
    source.execute(
        "CREATE TABLE t (day date, mail varchar(50), n int)",
        "INSERT INTO t VALUES ('2026-01-31', 'a@example.org', 1), ('2026-02-01', NULL, 9)",
    )

    columns = source.columns("t", values_of=("t.day", "t.n"))

    assert (columns["day"].min, columns["day"].max) == ("2026-01-31", "2026-02-01")
    assert [value for _, value in columns["n"].quantiles] == ["1", "1", "1", "9", "9"]
    assert sum(part.rows for part in columns["n"].histogram) == 2
    assert not columns["mail"].has_values
