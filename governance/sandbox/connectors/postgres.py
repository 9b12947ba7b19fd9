"""Postgres databases, read over a checked address inside the sandbox."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from governance.sandbox.types import (
    ColumnProfile,
    Source,
    SourceProfile,
    SourceUnreadable,
    TableProfile,
    logical_type_of,
)

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       coalesce(bool_or(i.indisprimary), false),
       coalesce(bool_or(i.indisunique AND i.indnatts = 1), false)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND a.attnum = ANY (i.indkey)
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (%s = '' OR c.relname = %s)
GROUP BY c.relname, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull
ORDER BY c.relname, a.attnum
"""
MAX_ROWS = 1_000_000

CatalogRow: TypeAlias = TupleRow


def read(source: Source) -> Iterator[SourceProfile]:
    """Return the tables of a schema, or only the named one. Raises SourceUnreadable."""
    database = source.database
    schema, table = database.get("schema", "public"), database.get("table", "")
    try:
        with psycopg.connect(
            host=database.get("host"),
            hostaddr=database.get("hostaddr"),
            port=database.get("port"),
            dbname=database.get("dbname"),
            user=database.get("user"),
            password=database.get("password"),
            connect_timeout=5,
            options="-c statement_timeout=15000",
            application_name="assay",
        ) as connection:
            connection.read_only = True
            rows = connection.execute(COLUMNS, [schema, table, table]).fetchall()
            # Ordered by table, so the columns of a table follow one another.
            tables = [list(columns) for _, columns in groupby(rows, key=itemgetter(0))]
            for columns in tables[: source.max_tables]:
                columns = columns[: source.max_columns]
                yield SourceProfile([_table(connection, schema, columns)])
    except psycopg.OperationalError as error:
        raise SourceUnreadable("unreachable") from error
    except psycopg.Error as error:
        raise SourceUnreadable("not-readable-here") from error


def _table(
    connection: psycopg.Connection[TupleRow], schema: str, columns: list[CatalogRow]
) -> TableProfile:
    """Count at most a million rows: enough for shares, and bounded."""
    name = columns[0][0]
    counted = [
        sql.SQL("count({0}), count(DISTINCT {0}::text)").format(sql.Identifier(column[1]))
        for column in columns
    ]
    statement = sql.SQL("SELECT {parts} FROM (SELECT * FROM {table} LIMIT {limit}) AS t").format(
        parts=sql.SQL(", ").join([sql.SQL("count(*)"), *counted]),
        table=sql.Identifier(schema, name),
        limit=sql.Literal(MAX_ROWS),
    )
    rows, *counts = connection.execute(statement).fetchone() or (0,)
    profiles = [
        ColumnProfile(
            name=column[1],
            physical_type=column[2],
            logical_type=logical_type_of(column[2]),
            is_required=column[3],
            is_primary_key=column[4],
            is_unique=column[5],
            null_share=1 - present / rows if rows else None,
            n_distinct=n_distinct,
            is_exact=rows < MAX_ROWS,
        )
        for column, present, n_distinct in zip(columns, counts[::2], counts[1::2], strict=True)
    ]
    is_sample = rows >= MAX_ROWS
    return TableProfile(name=name, rows=rows, columns=tuple(profiles), is_sample=is_sample)
