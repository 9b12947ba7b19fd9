"""Makes the demo's rows with the SQL in `demo/sql` and writes the files that its contracts name.

A relation is called `<domain>.<product>`, or `<domain>.<object>` where a contract has several
objects. The same seed and day always give the same rows. The only module here that loads DuckDB.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb

from catalog.types import JSONObject, JSONValue
from config.demo.manifests import DemoProduct
from config.demo.paths import DEMO

SEED = 7
TYPES = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
COPY_OPTIONS = {
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    "csv": "FORMAT csv, HEADER true",
    "json": "FORMAT json, ARRAY true",
}
Connection = duckdb.DuckDBPyConnection


def make_rows(*, day: date, seed: int = SEED) -> Connection:
    """Return a database in memory with every relation of `demo/sql`, as of a day."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "threads": "2"})
    _run(connection, f"CREATE MACRO as_of_day() AS DATE '{day.isoformat()}'")
    _run(connection, f"CREATE MACRO seed() AS {seed:d}")
    for path in sorted((DEMO / "sql").glob("*.sql")):
        _run(connection, path.read_text(encoding="utf-8"))
    return connection


def write_files(
    products: Iterable[DemoProduct], *, files: Path, answers: Path, day: date
) -> list[Path]:
    """Write the data of every port that has some; return the files.

    Files of `local` servers go below `files`, the rows of `api` servers below `answers`. A retired
    product has no file any more, and the rows of far servers are not ours.
    """
    connection, written = make_rows(day=day), []
    for product in products:
        for contract in product.contracts if product.status != "retired" else ():
            server = contract["servers"][0]
            if server["type"] == "local":
                target, data_format = files / server["path"], server["format"]
            elif server["type"] == "api":
                target, data_format = answers / f"{endpoint_of(server)}.json", "json"
            else:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{target.name}.new")
            temporary.unlink(missing_ok=True)
            relations = list(relations_of(product, contract))
            if data_format == "sqlite":
                _write_sqlite(connection, contract["schema"], relations, temporary)
            else:
                select = _select(contract["schema"][0], relations[0])
                path = str(temporary).replace("'", "''")
                _run(connection, f"COPY ({select}) TO '{path}' ({COPY_OPTIONS[data_format]})")
            temporary.replace(target)
            written.append(target)
    connection.close()
    return written


def relations_of(product: DemoProduct, contract: JSONObject) -> Iterator[str]:
    names = [schema_object["name"] for schema_object in contract["schema"]]
    for name in names if len(names) > 1 else [product.slug]:
        yield f"{product.domain}.{name}".replace("-", "_")


def endpoint_of(server: JSONObject) -> str:
    return str(server["location"]).rpartition("/v1/")[2]


def _write_sqlite(
    connection: Connection, objects: list[JSONObject], relations: list[str], target: Path
) -> None:
    database = sqlite3.connect(target)
    with database:
        for schema_object, relation in zip(objects, relations, strict=True):
            name, columns = schema_object["name"], schema_object["properties"]
            types = ", ".join(f'"{column["name"]}" {column["physicalType"]}' for column in columns)
            database.execute(f'CREATE TABLE "{name}" ({types})')
            rows = connection.execute(_select(schema_object, relation)).fetchall()
            placeholders = ", ".join("?" for _ in columns)
            database.executemany(
                f'INSERT INTO "{name}" VALUES ({placeholders})',  # noqa: S608  our own names
                [tuple(map(_sqlite_value, row)) for row in rows],
            )
    database.close()


def _sqlite_value(value: JSONValue) -> JSONValue:
    """Return dates and times as ISO 8601 text, because SQLite has no type for them."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else value


def _select(schema_object: JSONObject, relation: str) -> str:
    """Return a query of an object's columns, in the order and types of the contract."""
    columns = ", ".join(
        f'CAST("{column["name"]}" AS {TYPES[column["logicalType"]]}) AS "{column["name"]}"'
        if column["logicalType"] in TYPES
        else f'"{column["name"]}"'
        for column in schema_object["properties"]
    )
    return f"SELECT {columns} FROM {relation} ORDER BY ALL"  # noqa: S608  our own names


def _run(connection: Connection, statement: str) -> None:
    # DuckDB answers as a stream; until it is read to its end the next statement is refused.
    connection.execute(statement).fetchall()
