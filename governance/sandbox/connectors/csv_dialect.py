"""How the lines of a CSV file are parsed: DuckDB's guess from the first ones, and the header."""
# ruff: noqa: S608 - texts are quoted

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import duckdb

from governance.sandbox.connectors.content import Content
from governance.sandbox.connectors.engine import Engine, literal

SNIFFED = (
    "Delimiter, Quote, Escape, Comment, SkipRows, HasHeader, DateFormat, TimestampFormat, Columns"
)
MAX_LINE = 4 * 1024 * 1024
# As a whole number DuckDB also reads 1.5 and 1e3.
WHOLE_NUMBER = r"\s*[+-]?\d+\s*"


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The parts of a line, and the columns and types that the first lines seem to have."""

    delimiter: str
    quote: str
    escape: str
    comment: str
    skip: int
    has_header: bool
    date_format: str | None
    timestamp_format: str | None
    names: Sequence[str]
    types: Sequence[str]
    storage: str

    def relation(
        self, path: str, errors: str, *, has_header: bool, types: Sequence[str] = ()
    ) -> str:
        """Return the SQL that reads the lines as c0, c1 and so on; without `types` as text."""
        kinds = types or ["VARCHAR"] * len(self.names)
        columns = ", ".join(f"'c{index}': '{kind}'" for index, kind in enumerate(kinds))
        return (
            f"read_csv({literal(path)}, auto_detect=false, delim={literal(self.delimiter)}, "
            f"quote={literal(self.quote)}, escape={literal(self.escape)}, "
            f"comment={literal(self.comment)}, skip={self.skip}, header={has_header}, "
            f"columns={{{columns}}}, max_line_size={MAX_LINE}, {errors}{self.storage})"
        )

    def value(self, index: int, kind: str) -> str:
        """Return the SQL of a column's texts as values of a type; null where they are none."""
        name = f"c{index}"
        if kind == "BIGINT":
            text = f"CASE WHEN regexp_full_match({name}, '{WHOLE_NUMBER}') THEN {name} END"
            return f"TRY_CAST({text} AS BIGINT)"
        form = {"DATE": self.date_format, "TIMESTAMP": self.timestamp_format}.get(kind)
        if form:
            return f"TRY_CAST(try_strptime({name}, {literal(form)}) AS {kind})"
        return name if kind == "VARCHAR" else f"TRY_CAST({name} AS {kind})"


def sniff(engine: Engine, path: str, content: Content, *, encoding: str = "") -> Dialect:
    """Return the dialect of a file. Raises duckdb.Error, so for text that is not UTF-8.

    Lines that do not fit may hide the delimiter; a title above the header may be taken for it:
    the guess with more columns is right.
    """
    options = {
        "encoding": encoding or content.encoding.removesuffix("-sig").removeprefix("utf-8"),
        "compression": content.compression,
    }
    storage = "".join(f", {name}={literal(value)}" for name, value in options.items() if value)
    guesses = []
    for ragged in ("false", "true"):
        with suppress(duckdb.InvalidInputException):
            guesses.append(_guess(engine, path, storage, ragged))
    if not guesses:
        # Line ends of several kinds, or quotes within texts.
        guesses.append(_guess(engine, path, f"{storage}, strict_mode=false", "true"))
    return max(guesses, key=lambda guess: len(guess.names))


def _guess(engine: Engine, path: str, storage: str, ragged: str) -> Dialect:
    row = engine.one(
        f"SELECT {SNIFFED} FROM sniff_csv({literal(path)}, ignore_errors={ragged}, "
        f"max_line_size={MAX_LINE}{storage})"
    )
    texts = ["" if value in (None, "(empty)") else str(value) for value in row[:4]]
    delimiter, quote, escape, comment = texts
    columns = row[-1]
    return Dialect(
        delimiter=delimiter or ",",
        # The first lines may have none that later ones have.
        quote=quote or '"',
        escape=escape or quote or '"',
        comment=comment,
        skip=row[4],
        has_header=row[5],
        date_format=row[6],
        timestamp_format=row[7],
        names=[column["name"] for column in columns],
        types=[column["type"] for column in columns],
        storage=storage,
    )


def header_names(engine: Engine, path: str, dialect: Dialect) -> list[str]:
    """Return the names in the header as they are written; a column without one has a number."""
    if not dialect.has_header:
        return list(dialect.names)
    lines = engine.fetch(
        f"SELECT * FROM {dialect.relation(path, 'ignore_errors=true', has_header=False)} LIMIT 1"
    )
    if not lines:
        return list(dialect.names)
    pairs = zip(lines[0], dialect.names, strict=True)
    return [name if written is None else str(written) for written, name in pairs]
