"""Data files, whatever is in them: each column for itself, no guess taken for the file."""

import gzip
import io
import json
import os
import re
import time

import duckdb
import pytest

from governance.sandbox.connectors import file as file_connector
from governance.sandbox.connectors.duckdb_types import column_of
from governance.sandbox.runner import require_file, run_child
from governance.sandbox.types import Key, Source, SourceUnreadable


def profile(path, kind, **options):
    """Return the table that the sandbox reads from a file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return run_child(Source(kind=kind, descriptor=descriptor, **options)).tables[0]
    finally:
        os.close(descriptor)


def end_of(path, kind):
    """Return the names of the columns that are read, or the code of the refusal."""
    try:
        return [column.name for column in profile(path, kind).columns]
    except SourceUnreadable as refused:
        return refused.code


def error_of(path, kind):
    with pytest.raises(SourceUnreadable) as refused:
        profile(path, kind)
    return refused.value.code, refused.value.detail


@pytest.fixture
def written(tmp_path):
    """Write a file and return its path."""

    def write(content, name="data"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def parquet(tmp_path):
    """Write the rows of a query as Parquet and return the path."""

    def write(query, name="data.parquet"):
        path = tmp_path / name
        duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)")
        return path

    return write


def types_of(table):
    return {column.name: column.logical_type for column in table.columns}


# Each column for itself


def test_a_column_that_cannot_be_read_is_listed_with_its_reason_and_the_others_are_read(parquet):
    path = parquet("SELECT i AS good, i * 7 AS bad, i % 3 AS fine FROM range(5000) t(i)")
    damage(path, column="bad")

    table = profile(path, "parquet", values_of=("*",))

    good, bad, fine = table.columns
    assert table.rows == 5000
    assert (good.n_distinct, fine.n_distinct, fine.max) == (5000, 3, "2")
    assert (bad.name, bad.physical_type, bad.null_share) == ("bad", "BIGINT", None)
    assert bad.reason.startswith("Not profiled.")
    assert good.reason == fine.reason == ""


def damage(path, *, column):
    """Overwrite the data of one column of a Parquet file."""
    ((start, size),) = duckdb.execute(
        "SELECT coalesce(dictionary_page_offset, data_page_offset), total_compressed_size "
        f"FROM parquet_metadata('{path}') WHERE path_in_schema = '{column}'"
    ).fetchall()
    content = bytearray(path.read_bytes())
    content[start : start + size] = b"\xff" * size
    path.write_bytes(content)


def test_a_wide_file_gives_its_names_and_types_first_and_then_figures_of_every_column(parquet):
    path = parquet(f"SELECT {', '.join(f'{n} AS c{n}' for n in range(3000))}")
    descriptor = os.open(path, os.O_RDONLY)

    started = time.monotonic()
    reading = file_connector.read(Source(kind="parquet", descriptor=descriptor))
    (first,) = next(reading).tables
    seconds = time.monotonic() - started
    *_, last = (part.tables[0] for part in reading)
    os.close(descriptor)

    assert (first.rows, len(first.columns), types_of(first)["c2999"]) == (1, 3000, "integer")
    assert seconds < 2
    assert all(column.n_distinct == 1 or column.reason for column in last.columns)


def test_a_csv_of_500_columns_is_read_whole(written):
    names = ",".join(f"c{n}" for n in range(500))
    line = ",".join(str(n) for n in range(500))

    table = profile(written(f"{names}\n{line}\n{line}\n{line}\n"), "csv", values_of=("*",))

    assert (table.rows, len(table.columns)) == (3, 500)
    assert {column.n_distinct for column in table.columns} == {1}


def test_what_was_not_reached_in_time_has_its_name_type_and_the_reason(parquet):
    descriptor = os.open(parquet("SELECT 1 AS a"), os.O_RDONLY)
    reading = file_connector.read(Source(kind="parquet", descriptor=descriptor), seconds=0.5)

    next(reading)
    time.sleep(0.6)
    *_, last = reading
    os.close(descriptor)

    (column,) = last.tables[0].columns
    assert (column.name, column.logical_type, column.null_share) == ("a", "integer", None)
    assert column.reason == "Not profiled: the time limit was reached."


def test_figures_of_numbers_and_days_have_quantiles_and_a_histogram(parquet):
    path = parquet(
        "SELECT i AS n, DATE '2026-01-01' + i::INT AS day, i / 7.0 AS share, 'x' AS word,"
        " CASE WHEN i = 5 THEN 'inf'::DOUBLE ELSE i END AS wild,"
        " CASE WHEN i % 2 = 0 THEN i END AS gaps FROM range(100) t(i)"
    )

    n, day, share, word, wild, gaps = profile(path, "parquet", values_of=("*",)).columns

    assert [quantile.share for quantile in n.quantiles] == [0.05, 0.25, 0.5, 0.75, 0.95]
    assert (n.histogram[0].low, n.histogram[-1].high) == ("0", "99")
    assert [part.rows for part in n.histogram] == [10] * 10
    assert (day.histogram[0].low, day.histogram[-1].high) == ("2026-01-01", "2026-04-10")
    assert sum(part.rows for part in share.histogram) == 100
    assert sum(part.rows for part in wild.histogram) == 99
    assert [part.rows for part in gaps.histogram] == [5] * 9 + [5]
    assert (word.top_values, word.histogram, word.quantiles) == ((("x", 100),), (), ())


def test_frequent_values_of_many_are_counted_exactly(written):
    lines = "".join(f"{n if n % 3 else 'often'}\n" for n in range(30_000))

    (column,) = profile(written(f"word\n{lines}"), "csv", values_of=("*",)).columns

    assert column.top_values[0] == ("often", 10_000)


def test_a_compound_key_is_counted_as_a_whole(written):
    path = written("a,b\n1,1\n1,1\n1,2\n")

    table = profile(path, "csv", keys=(Key("rows", ("a", "b")),))

    assert [(key.columns, key.duplicates) for key in table.keys] == [(("a", "b"), 1)]


# Types


INTEGERS = "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT"
TYPES = {
    **dict.fromkeys(INTEGERS.split(), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "number"),
    "DECIMAL(10,2)": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS"), "timestamp"),
    "INTERVAL": "string",
    "VARCHAR": "string",
    "BLOB": "string",
    "UUID": "string",
    "ENUM('int', 'date')": "string",
    "STRUCT(id INTEGER)": "object",
    "MAP(VARCHAR, INTEGER)": "object",
    "INTEGER[]": "array",
}


def test_each_type_of_the_engine_has_its_logical_type():
    kinds = duckdb.sql(f"SELECT {', '.join(f'NULL::{name}' for name in TYPES)}").types
    logical = {name: column_of("x", kind) for name, kind in zip(TYPES, kinds, strict=True)}

    assert {name: column.logical_type for name, column in logical.items()} == TYPES


def test_unsigned_numbers_of_parquet_are_integers(parquet):
    table = profile(parquet("SELECT 1::UTINYINT AS a, 2::UBIGINT AS b"), "parquet")

    assert types_of(table) == {"a": "integer", "b": "integer"}


def test_nested_columns_have_names_and_types_and_their_own_type_stays_short(written):
    keys = {f"member_{n}": n for n in range(60)}
    path = written(json.dumps([{"place": {"name": "x", **keys}, "tags": [{"id": 1}]}]))

    place, tags = profile(path, "json").columns

    assert (place.physical_type, place.fields[0].logical_type, len(place.fields)) == (
        "STRUCT",
        "string",
        61,
    )
    assert (tags.physical_type, tags.items.fields[0].name) == ("STRUCT[]", "id")


# Text formats: the whole file decides


def test_a_late_value_makes_a_csv_column_text_and_tells_its_line(written):
    lines = "".join(f"{n}\n" for n in range(30_000))

    (column,) = profile(written(f"id\n{lines}abc\n"), "csv").columns

    assert (column.logical_type, column.n_values) == ("string", 30_001)
    assert column.reason == "Text, because 1 of its values are not BIGINT, first in line 30,002."


def test_a_late_fraction_makes_a_csv_column_a_number(written):
    lines = "".join(f"{n}\n" for n in range(30_000))

    assert types_of(profile(written(f"id\n{lines}1.5\n"), "csv")) == {"id": "number"}


LATE = {
    "a new member": ('{"a":1,"late":2}', {"a": "integer", "late": "integer"}),
    "another type": ('{"a":"x"}', {"a": "string"}),
    "a fraction": ('{"a":1.5}', {"a": "number"}),
}


@pytest.mark.parametrize(("line", "types"), LATE.values(), ids=LATE)
def test_a_late_object_counts_as_much_as_the_first(written, line, types):
    path = written('{"a":1}\n' * 25_000 + line + "\n")

    table = profile(path, "json")

    assert (table.rows, types_of(table)) == (25_001, types)


def test_ragged_lines_are_left_out_and_told(written):
    table = profile(written("id,name\n1,x\n2,y,extra\n3\n"), "csv")

    assert (table.rows, types_of(table)) == (1, {"id": "integer", "name": "string"})
    assert table.reason == (
        "2 lines are left out: line 3 has 3 fields instead of 2, line 4 has 1 of 2 fields."
    )


def test_a_file_of_ragged_lines_only_is_refused_with_the_first_of_them(written):
    code, detail = error_of(written("a,b,c\n1,2\n3,4\n"), "csv")

    assert code == "wrong-format"
    assert detail.startswith("No line fits the first one: line 2 has 2 of 3 fields")


UNUSUAL = {
    "line ends of several kinds": "id,name\n1,a\r\n2,b\r3,c\n",
    "a quote within a text": 'id,name\n1,5" pipe\n2,"b"\n3,c\n',
    "a quote in the header": 'id,"na"me\n1,a\n2,b\n3,c\n',
}


@pytest.mark.parametrize("content", UNUSUAL.values(), ids=UNUSUAL)
def test_unusual_lines_are_read(written, content):
    table = profile(written(content), "csv")

    assert (table.rows, len(table.columns), types_of(table)["id"]) == (3, 2, "integer")


def test_a_title_above_the_header_is_told(written):
    table = profile(written("Report of May\n\nid,name,x\n1,a,3\n2,b,4\n"), "csv")

    assert [column.name for column in table.columns] == ["id", "name", "x"]
    assert table.reason == "The first 2 lines are no part of the table."


ENCODINGS = {
    "UTF-8": ("utf-8", ""),
    "UTF-8 with a byte order mark": ("utf-8-sig", ""),
    "UTF-16": ("utf-16", ""),
    "Latin-1": ("latin-1", "Line 1 is not UTF-8: read as Latin-1."),
}


@pytest.mark.parametrize(("encoding", "reason"), ENCODINGS.values(), ids=ENCODINGS)
def test_a_csv_file_is_read_in_its_encoding(written, encoding, reason):
    table = profile(written("id,näme\n1,Zoë\n".encode(encoding)), "csv", values_of=("*",))

    assert ([column.name for column in table.columns], table.reason) == (["id", "näme"], reason)
    assert table.columns[1].max == "Zoë"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_json_file_is_read_in_its_encoding(written, encoding):
    path = written('[{"id": 1, "näme": "Zoë"}]'.encode(encoding))

    table = profile(path, "json", values_of=("*",))

    assert types_of(table) == {"id": "integer", "näme": "string"}
    assert table.columns[1].max == "Zoë"


def test_json_of_another_encoding_is_refused_with_the_place(written):
    code, detail = error_of(written('[{"a": "Zoë"}]'.encode("latin-1")), "json")

    assert (code, bool(re.fullmatch(r"Byte \d+ of record \d+ is not UTF-8\.", detail))) == (
        "wrong-format",
        True,
    )


def test_malformed_json_is_refused_with_the_line(written):
    code, detail = error_of(written('{"a":1}\n{"a":2\n{"a":3}\n'), "json")

    assert (code, detail) == ("wrong-format", "Byte 8 of line 3 is not valid JSON.")


@pytest.mark.parametrize("kind", ["csv", "json"])
@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_compressed_text_is_read(tmp_path, kind, compression):
    path = tmp_path / "packed"
    rows = "SELECT i AS id FROM range(3) t(i)"
    duckdb.execute(f"COPY ({rows}) TO '{path}' (FORMAT {kind}, COMPRESSION {compression})")

    table = profile(path, kind)

    assert (table.rows, types_of(table)) == (3, {"id": "integer"})


def test_a_compressed_file_that_is_cut_off_is_refused(written):
    packed = gzip.compress(b"id,name\n" + os.urandom(200_000).hex().encode())

    code, detail = error_of(written(packed[:50_000]), "csv")

    assert (code, detail) == ("wrong-format", "Its compressed content is damaged or cut off.")


def test_text_in_an_encoding_that_is_not_read_is_refused_with_the_line(written):
    code, detail = error_of(written("id,price\n1,5 €\n".encode("cp1252")), "csv")

    assert (code, detail) == (
        "wrong-format",
        "Line 2 is neither UTF-8 nor Latin-1; save the file as UTF-8.",
    )


OTHERS = {
    "Parquet": (b"PAR1....", "It is Parquet, not csv."),
    "SQLite": (b"SQLite format 3\x00...", "It is SQLite, not csv."),
    "ZIP": (b"PK\x03\x04....", "It is ZIP, not csv."),
    "DuckDB": (b"\x00" * 8 + b"DUCK" + b"\x00" * 8, "It is DuckDB, not csv."),
    "encrypted": (b"PARE....", "It is encrypted."),
    "nothing": (b"", "The file has no content."),
}


@pytest.mark.parametrize(("content", "detail"), OTHERS.values(), ids=OTHERS)
def test_a_file_that_is_evidently_another_format_is_named(written, content, detail):
    assert error_of(written(content), "csv") == ("wrong-format", detail)


# Names


@pytest.mark.parametrize("kind", ["parquet", "csv", "json"])
def test_names_that_differ_in_case_only_are_kept(written, tmp_path, kind):
    if kind == "csv":
        path = written("id,ID,Id\n1,2,3\n")
    elif kind == "json":
        path = written('[{"id":1,"ID":2,"Id":3}]')
    else:
        path = written(parquet_named(tmp_path / "named", "id", "ID", "Id"))

    table = profile(path, kind, values_of=("*",))

    assert [(column.name, column.max) for column in table.columns] == [
        ("id", "1"),
        ("ID", "2"),
        ("Id", "3"),
    ]


def parquet_named(path, *names):
    """Return a Parquet file with one row of 1, 2, 3 and so on, and columns of these names."""
    places = [f"{n}{'_' * (len(name) - 1)}" for n, name in enumerate(names)]
    columns = ", ".join(f'{n} AS "{place}"' for n, place in enumerate(places, 1))
    duckdb.execute(f"COPY (SELECT {columns}) TO '{path}' (FORMAT parquet)")
    content = path.read_bytes()
    for place, name in zip(places, names, strict=True):
        content = content.replace(place.encode(), name.encode())
    return content


def test_keys_that_are_numbered_by_the_writer_keep_their_names(written):
    table = profile(written('[{"id":1,"id_1":2}]'), "json")

    assert [column.name for column in table.columns] == ["id", "id_1"]


def test_nested_keys_that_differ_in_case_only_do_not_hide_the_file(written):
    table = profile(written('[{"n": 1, "a":{"id":1,"ID":2}}]'), "json")

    assert types_of(table) == {"n": "integer", "a": "object"}


def test_every_key_of_many_different_objects_is_a_column(written):
    path = written("\n".join(json.dumps({"id": n, f"k{n}": n}) for n in range(300)))

    assert len(profile(path, "json").columns) == 301


# No values


@pytest.mark.parametrize(
    ("content", "kind"), [("id,when\n", "csv"), ('[{"id":null,"when":null}]', "json")]
)
def test_a_column_without_values_has_no_type(written, content, kind):
    assert types_of(profile(written(content), kind)) == {"id": "", "when": ""}


def test_a_parquet_file_without_rows_has_types(parquet):
    assert types_of(profile(parquet("SELECT 1 AS id WHERE false"), "parquet")) == {"id": "integer"}


# What is no file, and hostile files


def test_a_folder_or_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, detail in ((tmp_path, "a folder"), (tmp_path / "pipe", "a pipe")):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with pytest.raises(SourceUnreadable) as refused:
            require_file(descriptor)
        os.close(descriptor)
        assert refused.value.code == "not-a-file"
        assert detail in refused.value.detail


def gzip_bomb(line, *, copies):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as stream:
        for _ in range(copies):
            stream.write(line)
    return packed.getvalue()


@pytest.mark.slow
def test_a_file_that_unpacks_to_gigabytes_costs_only_its_limits(written):
    bomb = gzip_bomb(b"id,name\n" + b"1,x\n" * 2_000_000, copies=400)

    started = time.monotonic()
    table = profile(written(bomb), "csv")

    assert time.monotonic() - started < 40
    assert [column.name for column in table.columns] == ["id", "name"]
    assert "too large" in table.reason or table.columns[0].reason


HOSTILE = {
    "deeply nested": (b"[" * 200_000 + b"]" * 200_000, "json"),
    "nested objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "json"),
    "a row of 40 MB": (b"id,name\n1," + b"x" * 40_000_000 + b"\n", "csv"),
    "a string of 40 MB": (b'[{"a":"' + b"x" * 40_000_000 + b'"}]', "json"),
    "a million delimiters": (b"," * 1_000_000 + b"\n" + b"," * 1_000_000, "csv"),
    "quotes": (b'"' * 1_000_000, "csv"),
    "one packed zero": (gzip_bomb(b"\x00" * 1_000_000, copies=300), "csv"),
    "a packed string": (gzip_bomb(b'"' + b"a" * 1_000_000, copies=300), "json"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("content", "kind"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_read_or_refused_with_a_reason(written, content, kind):
    end = end_of(written(content), kind)

    assert end in ("wrong-format", "too-costly") or isinstance(end, list)


def test_a_footer_that_claims_a_billion_rows_costs_only_its_limits(parquet):
    path = parquet("SELECT 7 AS a FROM range(12345)")
    content = path.read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    start = len(content) - 8 - length
    claimed = content[start:-8].replace(varint(12345), varint(1_000_000_000))
    path.write_bytes(content[:start] + claimed + len(claimed).to_bytes(4, "little") + b"PAR1")

    assert end_of(path, "parquet") in ("wrong-format", "too-costly", ["a"])


def varint(number):
    """Return a number as Thrift writes it in a footer."""
    rest, content = number << 1, bytearray()
    while rest > 127:
        content.append(rest & 127 | 128)
        rest >>= 7
    return bytes([*content, rest])
