"""A real Postgres as a source: every table, column, type and key, and true reasons for the rest."""

import pytest

from governance.inspection.declarations import DeclaredColumn
from governance.inspection.schema_drift import find_drift
from governance.sandbox.types import Key, SourceUnreadable
from tests.governance.databases import postgres_schema

pytestmark = pytest.mark.postgres_source


@pytest.fixture
def source():
    with postgres_schema() as schema:
        yield schema


@pytest.fixture
def reader(source):
    """A user who may use the schema and reads nothing yet."""
    name = f"reader_{source.name}"
    source.execute(f"CREATE ROLE {name} LOGIN", f"GRANT USAGE ON SCHEMA {source.name} TO {name}")
    yield name
    source.execute(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_a_table_without_permission_costs_only_its_figures(source, reader):
    source.execute(
        "CREATE TABLE a(id int)",
        "CREATE TABLE b(id int, name text)",
        "INSERT INTO a VALUES (1), (2)",
        f"GRANT SELECT ON a TO {reader}",
    )

    tables = source.tables(user=reader)

    assert (tables["a"].rows, tables["a"].reason) == (2, "")
    assert [column.logical_type for column in tables["b"].columns] == ["integer", "string"]
    assert (tables["b"].rows, tables["b"].reason) == (
        None,
        "The user of the source may not read it.",
    )


def test_a_column_without_permission_costs_only_itself(source, reader):
    source.execute(
        "CREATE TABLE a(id int, salary int, name text)",
        "INSERT INTO a VALUES (1, 2, 'x')",
        f"GRANT SELECT (id, name) ON a TO {reader}",
    )

    columns = source.columns("a", user=reader)

    assert [columns[name].n_distinct for name in ("id", "salary", "name")] == [1, None, 1]
    assert columns["salary"].reason == "The user of the source may not read it."


def test_without_any_right_everything_is_listed_with_the_reason(source, reader):
    source.execute(f"REVOKE USAGE ON SCHEMA {source.name} FROM {reader}", "CREATE TABLE a(id int)")

    table = source.tables(user=reader)["a"]

    assert [column.name for column in table.columns] == ["id"]
    assert table.reason == "The user of the source may not read it."


def test_a_materialized_view_without_data_leaves_the_other_tables(source):
    source.execute(
        "CREATE TABLE a(id int)",
        "INSERT INTO a VALUES (1)",
        "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one WITH NO DATA",
    )

    tables = source.tables()

    assert tables["a"].rows == 1
    assert tables["m"].physical_type == "materialized view"
    assert tables["m"].reason == "The materialized view has no data yet; refresh it."
    assert [column.name for column in tables["m"].columns] == ["one"]


def test_a_view_that_takes_too_long_leaves_the_other_tables(source):
    source.execute(
        "CREATE TABLE z(id int)",
        "INSERT INTO z VALUES (1)",
        "CREATE VIEW a AS SELECT 1 AS one FROM pg_sleep(20)",
    )

    tables = source.tables()

    assert tables["z"].rows == 1
    assert tables["a"].reason == "It took longer than a statement may."


def test_a_view_that_fails_has_a_reason_without_its_values(source):
    source.execute(
        "CREATE TABLE t(v text)",
        "INSERT INTO t VALUES ('secret')",
        "CREATE VIEW broken AS SELECT v::int AS n FROM t",
    )

    table = source.tables()["broken"]

    assert (table.rows, table.columns[0].logical_type) == (1, "integer")
    assert table.columns[0].reason == "It could not be counted. (SQLSTATE 22P02)"
    assert "secret" not in str(table)


@pytest.mark.parametrize("n", [832, 1500])
def test_a_table_of_many_columns_is_counted_in_portions(source, n):
    source.execute(f"CREATE TABLE wide({', '.join(f'c{i} int' for i in range(n))})")
    source.execute(f"INSERT INTO wide(c0, c{n - 1}) VALUES (1, 1), (2, NULL)")

    columns = source.columns("wide")

    assert len(columns) == n
    assert {column.reason for column in columns.values()} == {""}
    assert (columns["c0"].n_distinct, columns[f"c{n - 1}"].null_share) == (2, 0.5)


USER_TYPES = {
    "interest_level": "CREATE TYPE interest_level AS ENUM ('low', 'high')",
    "date_style": "CREATE TYPE date_style AS ENUM ('iso')",
    "list_state": "CREATE TYPE list_state AS ENUM ('open')",
    "time_slot": "CREATE TYPE time_slot AS ENUM ('am', 'pm')",
    '"Int.Level"': "CREATE TYPE \"Int.Level\" AS ENUM ('x')",
    "citext": "CREATE TYPE citext AS ENUM ('x')",
    '"integer"': "CREATE TYPE \"integer\" AS ENUM ('x')",
    "boolean_text": "CREATE DOMAIN boolean_text AS text",
}


def test_a_type_of_a_user_is_never_read_by_its_letters(source):
    columns = {f"c{n}": name for n, name in enumerate(USER_TYPES)}
    definitions = ", ".join(f"{column} {name}" for column, name in columns.items())
    source.execute(*USER_TYPES.values(), f"CREATE TABLE t({definitions})")
    declared = {"t": [DeclaredColumn(name=column, logical_type="string") for column in columns]}

    (table,) = source.read().tables

    assert {columns[item.name]: item.logical_type for item in table.columns} == dict.fromkeys(
        USER_TYPES, "string"
    )
    assert find_drift(declared, [table]) == []


def test_an_enum_brings_its_values_from_the_catalogue(source):
    source.execute("CREATE TYPE level AS ENUM ('low', 'high')", "CREATE TABLE t(c level)")

    assert source.columns("t")["c"].allowed_values == ("low", "high")


BUILTIN_TYPES = {
    "bit(3)": "string",
    "bit varying": "string",
    "int4range": "string",
    "int8multirange": "string",
    "daterange": "string",
    "jsonpath": "string",
    "interval": "string",
    "interval day to second": "string",
    "jsonb": "object",
    "xml": "string",
    "uuid": "string",
    "inet": "string",
    "point": "string",
    "tsvector": "string",
    "bytea": "string",
    "money": "number",
    "numeric(10, 2)": "number",
    "double precision": "number",
    "real": "number",
    "oid": "integer",
    "smallint": "integer",
    "boolean": "boolean",
    "date": "date",
    "time with time zone": "time",
    "timestamp(3) with time zone": "timestamp",
    "int[]": "array",
    "text[][]": "array",
    "character varying(3)": "string",
    '"char"': "string",
    "name": "string",
}


def test_every_builtin_type_has_its_logical_type_and_is_counted(source):
    columns = {f"c{n}": name for n, name in enumerate(BUILTIN_TYPES)}
    source.execute(
        "CREATE TABLE t(" + ", ".join(f"{column} {name}" for column, name in columns.items()) + ")",
        "INSERT INTO t DEFAULT VALUES",
    )

    observed = source.columns("t")

    assert {columns[name]: column.logical_type for name, column in observed.items()} == (
        BUILTIN_TYPES
    )
    assert {column.reason for column in observed.values()} == {""}
    assert observed["c0"].physical_type == "bit(3)"


def test_domains_and_composite_types_are_read_to_their_base(source):
    source.execute(
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
        "CREATE DOMAIN quantity AS positive",
        "CREATE DOMAIN tags AS text[]",
        "CREATE TYPE place AS (lat float, lon float)",
        "CREATE TABLE t(q quantity, g tags, p place, ps place[])",
        "INSERT INTO t VALUES (1, '{a}', ROW(1, 2), '{}')",
    )

    columns = source.columns("t")

    assert {name: column.logical_type for name, column in columns.items()} == {
        "q": "integer",
        "g": "array",
        "p": "object",
        "ps": "array",
    }
    assert columns["q"].physical_type.endswith("quantity")
    assert {column.n_distinct for column in columns.values()} == {1}


def test_everything_that_can_be_queried_is_listed_with_its_kind_and_comments(source):
    source.execute(
        "CREATE TABLE base(id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int,"
        " twice int GENERATED ALWAYS AS (n * 2) STORED)",
        "COMMENT ON TABLE base IS 'All of them.'",
        "COMMENT ON COLUMN base.n IS 'How many.'",
        "CREATE VIEW seen AS SELECT n FROM base",
        "CREATE MATERIALIZED VIEW kept AS SELECT n FROM base",
        "CREATE TABLE parted(day date, n int) PARTITION BY RANGE (day)",
        "CREATE TABLE parted_2026 PARTITION OF parted"
        " FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "INSERT INTO parted VALUES ('2026-05-01', 1)",
    )

    tables = source.tables()

    assert {name: table.physical_type for name, table in tables.items()} == {
        "base": "table",
        "seen": "view",
        "kept": "materialized view",
        "parted": "partitioned table",
        "parted_2026": "table",
    }
    assert tables["base"].description == "All of them."
    key, number, twice = tables["base"].columns
    assert (key.is_primary_key, key.is_required, key.is_unique) == (True, True, True)
    assert (number.description, twice.is_computed) == ("How many.", True)
    assert (tables["parted"].rows, tables["parted_2026"].rows) == (1, 1)


def test_a_foreign_table_whose_server_is_not_there_is_listed_with_a_reason(source):
    source.execute(
        "CREATE EXTENSION IF NOT EXISTS file_fdw",
        "CREATE SERVER IF NOT EXISTS assay_test_files FOREIGN DATA WRAPPER file_fdw",
        "CREATE FOREIGN TABLE far(a int) SERVER assay_test_files"
        " OPTIONS (filename '/nowhere/a.csv', format 'csv')",
    )

    table = source.tables()["far"]

    assert (table.physical_type, table.columns[0].name) == ("foreign table", "a")
    assert table.reason.startswith("It could not be counted.")


def test_names_with_dots_case_quotes_and_great_length_are_kept(source):
    long = "n" * 63
    source.execute(
        'CREATE TABLE "Sales.Orders ""2026"" %s"("Ünï.Code" int, "select" int, "a%b:c" text)',
        f"CREATE TABLE {long}({long} int)",
        """INSERT INTO "Sales.Orders ""2026"" %s" VALUES (1, 2, 'x')""",
    )

    tables = source.tables()

    table = tables['Sales.Orders "2026" %s']
    assert [column.name for column in table.columns] == ["Ünï.Code", "select", "a%b:c"]
    assert (table.rows, {column.n_distinct for column in table.columns}) == (1, {1})
    assert tables[long].columns[0].name == long


def test_a_schema_with_a_name_in_upper_case_and_a_dot_is_read():
    with postgres_schema("My.Schema") as source:
        source.execute("CREATE TABLE t(a int)")

        assert list(source.tables()) == ["t"]


def test_a_schema_that_is_empty_or_missing_is_named(source):
    with pytest.raises(SourceUnreadable) as error:
        source.read()

    assert error.value.code == "empty"
    assert source.name in str(error.value)


def test_of_more_tables_than_are_read_the_names_are_listed_and_declared_ones_are_read(source):
    source.execute(*[f"CREATE TABLE t{n:03}(a int)" for n in range(1, 251)])
    declared = {"t250": [DeclaredColumn(name="a", logical_type="integer")]}

    profile = source.read(tables=("t250",), max_tables=20)
    tables = {table.name: table for table in profile.tables}

    assert len(tables) == 250
    assert (tables["t250"].rows, tables["t250"].is_cut) == (0, False)
    assert tables["t249"].is_cut
    assert "only the names are listed" in tables["t249"].reason
    drifts = find_drift(declared | {"t249": declared["t250"]}, profile.tables)
    assert not any(drift.is_breaking for drift in drifts)


def test_250_tables_are_all_read(source):
    source.execute(*[f"CREATE TABLE t{n:03}(a int)" for n in range(1, 251)])

    assert {table.rows for table in source.read().tables} == {0}


UNIQUE = {
    "whole index": ("CREATE UNIQUE INDEX ON {table}(email)", True),
    "constraint": ("ALTER TABLE {table} ADD UNIQUE (email)", True),
    "with further columns stored": ("CREATE UNIQUE INDEX ON {table}(email) INCLUDE (b)", True),
    "of some rows": ("CREATE UNIQUE INDEX ON {table}(email) WHERE b > 100", False),
    "of two columns": ("CREATE UNIQUE INDEX ON {table}(email, b)", False),
    "of an expression": ("CREATE UNIQUE INDEX ON {table}(lower(email))", False),
    "not unique": ("CREATE INDEX ON {table}(email)", False),
}


def test_only_a_whole_unconditional_index_of_one_column_is_uniqueness(source):
    names = {f"t{n}": case for n, case in enumerate(UNIQUE)}
    for name, case in names.items():
        source.execute(
            f"CREATE TABLE {name}(email text, b int)", UNIQUE[case][0].format(table=name)
        )

    tables = source.tables()

    assert {case: tables[name].columns[0].is_unique for name, case in names.items()} == {
        case: is_unique for case, (_, is_unique) in UNIQUE.items()
    }


def test_an_index_that_is_not_valid_is_no_uniqueness(source):
    source.execute("CREATE TABLE t(a int)", "INSERT INTO t VALUES (1), (1)")
    with pytest.raises(Exception, match="could not create unique index"):
        source.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON t(a)")

    assert source.columns("t")["a"].is_unique is False


def test_the_key_of_a_table_with_children_is_counted(source):
    source.execute(
        "CREATE TABLE parent(id int PRIMARY KEY)",
        "CREATE TABLE child() INHERITS (parent)",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO child VALUES (1)",
    )

    column = source.columns("parent")["id"]

    assert (column.is_unique, column.n_values, column.n_distinct) == (False, 2, 1)


def test_equal_values_under_a_partial_index_break_a_declared_uniqueness(source):
    source.execute(
        "CREATE TABLE t(id int, email text)",
        "CREATE UNIQUE INDEX ON t(email) WHERE id > 100",
        "INSERT INTO t VALUES (1, 'a'), (2, 'a')",
    )
    declared = {"t": [DeclaredColumn(name="email", logical_type="string", is_unique=True)]}

    codes = [drift.code for drift in find_drift(declared, source.read().tables)]

    assert codes == ["unique-but-repeated", "column-undeclared"]


KEY = tuple(
    DeclaredColumn(name=name, logical_type="integer", is_key_part=True) for name in ("a", "b")
)


@pytest.mark.parametrize(
    ("statements", "codes"),
    [
        (["INSERT INTO t VALUES (1, 1), (1, 2)"], []),
        (["INSERT INTO t VALUES (1, 1), (1, 1)"], ["key-repeated"]),
        (["ALTER TABLE t ADD PRIMARY KEY (b, a)"], []),
        (["ALTER TABLE t ADD UNIQUE (a)"], []),
    ],
)
def test_a_key_of_two_columns_is_enforced_or_counted_as_a_whole(source, statements, codes):
    source.execute("CREATE TABLE t(a int, b int)", *statements)

    tables = source.read(keys=(Key("t", ("a", "b")),)).tables

    assert [drift.code for drift in find_drift({"t": KEY}, tables)] == codes


def test_a_large_table_is_sampled_and_the_catalogue_says_how_many_rows_there_are(source):
    source.execute("CREATE TABLE t AS SELECT g AS a FROM generate_series(1, 1200000) g")
    source.execute("ANALYZE t")

    table = source.tables()["t"]

    assert (table.is_sample, table.rows) == (True, 1_000_000)
    assert table.rows_about == pytest.approx(1_200_000, rel=0.05)


def test_values_come_only_from_columns_that_may_be_shown(source):
    source.execute(
        "CREATE TABLE t(day date, mail text, old timestamp)",
        "INSERT INTO t VALUES ('2026-01-31', 'a@example.org', '0044-03-15 BC'),"
        " ('infinity', NULL, 'infinity')",
    )

    columns = source.columns("t", values_of=("t.day", "t.old"))

    assert (columns["day"].min, columns["day"].max) == ("2026-01-31", "infinity")
    assert columns["old"].min == "0044-03-15 00:00:00 BC"
    assert not columns["mail"].has_values


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"port": "1"}, "unreachable"),
        ({"dbname": "nowhere"}, "no-database"),
        ({"user": "nobody_here"}, "login-refused"),
    ],
)
def test_a_refused_connection_says_what_refused_it(source, change, code):
    source.parameters.update(change)

    with pytest.raises(SourceUnreadable) as error:
        source.read()

    assert error.value.code == code
