"""The columns of a JSON file: an array of objects, or objects one after another.

What is sent in one object (`{"data": [...]}`) or with a byte order mark comes by json_text.
"""
# ruff: noqa: S608 - names and the path are quoted

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import duckdb

from governance.sandbox.connectors.content import Content
from governance.sandbox.connectors.duckdb_types import column_of
from governance.sandbox.connectors.engine import Engine, literal, quoted
from governance.sandbox.connectors.opening import OpenFile
from governance.sandbox.types import ColumnProfile, TableProfile

SAMPLE, EVERY_OBJECT = 2048, -1
# Whatever keys its objects have, each is a column.
OPTIONS = "maximum_object_size=16777216, map_inference_threshold=-1, field_appearance_threshold=0"
KINDS = {
    "OBJECT": "object",
    "ARRAY": "array",
    "BOOLEAN": "boolean",
    "VARCHAR": "string",
    "DOUBLE": "number",
}
PORTION = 50


def open_json(engine: Engine, path: str, content: Content) -> Iterator[OpenFile]:
    """Yield the file by its first objects, then by all: a late one may have other types.

    Raises duckdb.Error.
    """
    if content.is_pipe:
        # A pipe can be read once.
        decoded = _relation(path, OPTIONS, EVERY_OBJECT)
        engine.fetch(f"CREATE TEMP TABLE decoded AS SELECT * FROM {decoded}")
        yield _complete(engine, "decoded")
        return
    options = OPTIONS + _packed(content)
    try:
        described = engine.describe(_relation(path, options, SAMPLE))
    except duckdb.NotImplementedException:
        # Nested objects have keys that differ in case only, which no type of DuckDB can hold.
        options += ", maximum_depth=1"
        described = engine.describe(_relation(path, options, SAMPLE))
    columns = tuple(replace(column_of(*pair), logical_type="") for pair in described)
    early = TableProfile(name="rows", rows=None, columns=columns)
    yield OpenFile(table=early, relation="", sql=())
    try:
        yield _complete(engine, _relation(path, options, EVERY_OBJECT))
    except duckdb.NotImplementedException:
        yield _complete(engine, _relation(path, f"{options}, maximum_depth=1", EVERY_OBJECT))


def _relation(path: str, options: str, sample: int) -> str:
    return f"read_json({literal(path)}, {options}, sample_size={sample})"


def records_relation(path: str, content: Content, columns: Sequence[str]) -> str:
    """Return the SQL that reads some keys of all objects as text, in one pass."""
    kinds = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in dict.fromkeys(columns))
    options = f"maximum_object_size=16777216, records=true{_packed(content)}"
    return f"read_json({literal(path)}, columns={{{kinds}}}, {options})"


def count_values_of_key(engine: Engine, path: str, content: Content, key: str) -> int:
    """Return how many objects have a key, with a value or null."""
    objects = f"read_json_objects({literal(path)}, maximum_object_size=16777216{_packed(content)})"
    has_key = f"list_contains(json_keys(json), {literal(key)})"
    return int(engine.one(f"SELECT count(*) FROM {objects} WHERE {has_key}")[0])


def _packed(content: Content) -> str:
    return f", compression={literal(content.compression)}" if content.compression else ""


def _complete(engine: Engine, relation: str) -> OpenFile:
    described = engine.describe(relation)
    ((rows,),) = engine.fetch(f"SELECT count(*) FROM {relation}")
    columns = [column_of(*pair) for pair in described]
    mixed = [index for index, column in enumerate(columns) if column.physical_type == "JSON"]
    for start in range(0, len(mixed), PORTION):
        portion = mixed[start : start + PORTION]
        parts = (f"histogram(json_type({quoted(columns[index].name)}))" for index in portion)
        counted = engine.one(f"SELECT {', '.join(parts)} FROM {relation}")
        for index, kinds in zip(portion, counted, strict=True):
            columns[index] = _with_kinds(columns[index], kinds)
    table = TableProfile(
        name="rows",
        rows=rows,
        columns=tuple(_with_own_names(engine, relation, columns)),
    )
    sql = tuple(
        f"{quoted(name)}->>'$'" if column.physical_type == "JSON" else quoted(name)
        for (name, _), column in zip(described, columns, strict=True)
    )
    return OpenFile(table=table, relation=relation, sql=sql)


def _with_kinds(column: ColumnProfile, counts: dict[str, int] | None) -> ColumnProfile:
    """Return a column of mixed values with the type that all of them have, or string."""
    kinds = {KINDS.get(kind, "integer") for kind in counts or () if kind != "NULL"}
    if kinds == {"integer", "number"}:
        kinds = {"number"}
    if len(kinds) < 2:
        return replace(column, logical_type=kinds.pop() if kinds else "")
    reason = f"It has values of several types: {', '.join(sorted(kinds))}."
    return replace(column, logical_type="string", reason=reason)


def _with_own_names(
    engine: Engine, relation: str, columns: Sequence[ColumnProfile]
) -> list[ColumnProfile]:
    """Undo the renaming of keys that differ from another in case only: `ID` became `ID_1`."""
    names = {column.name.casefold() for column in columns}
    renamed = [
        stem[1]
        for column in columns
        if (stem := re.fullmatch(r"(.*)_\d+", column.name)) and stem[1].casefold() in names
    ]
    if not renamed or not relation.startswith("read_json("):
        return list(columns)
    objects = relation.replace("read_json(", "read_json_objects(", 1)
    objects = re.sub(r", (map_inference|field_appear|sample_|maximum_d)\w+=[-\d]+", "", objects)
    keys = {
        str(key)
        for (key,) in engine.fetch(f"SELECT DISTINCT unnest(json_keys(json)) FROM {objects}")
    }
    return [
        replace(column, name=column.name.rpartition("_")[0])
        if column.name not in keys and column.name.rpartition("_")[0] in keys
        else column
        for column in columns
    ]
