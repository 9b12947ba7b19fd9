"""DuckDB with one file open and a deadline, and what its errors mean.

The text of an error may hold a value of the data, so only known messages are passed on.
"""
# ruff: noqa: S608 - relations are quoted by their readers

import re
import threading
import time
from typing import Any, TypeAlias

import duckdb
from duckdb.sqltypes import DuckDBPyType

from governance.sandbox.checks import MAX_PATTERN_LENGTH
from governance.sandbox.types import SourceUnreadable

SETTINGS = (
    "autoinstall_known_extensions=false",
    "autoload_known_extensions=false",
    "allow_community_extensions=false",
    "python_enable_replacements=false",
    "enable_progress_bar=false",
    "temp_directory=''",
)
LOCKS = ("enable_external_access=false", "lock_configuration=true")
Row: TypeAlias = tuple[Any, ...]
# After one of these the connection answers nothing any more.
FATAL = (duckdb.FatalException, duckdb.InternalException)

# What the engine says, as a pattern, and the reason that it means; groups are numbers or
# names of types, never values.
REASONS = (
    (
        r"Int96 timestamp is out of range",
        "A timestamp (INT96) is outside of the years 290307 BC to 294247.",
    ),
    (
        r"BYTE_STREAM_SPLIT encoding is only supported for ([A-Z0-9, ]+(?: or [A-Z0-9]+)?)",
        "It is encoded as BYTE_STREAM_SPLIT, which DuckDB reads only for {0}.",
    ),
    (
        r"failed to allocate data of size ([\d.]+ \w+)",
        "It needs {0} of memory, more than is allowed.",
    ),
    (
        r"Variant column must have|shredded",
        "It is a VARIANT that is stored in a way that DuckDB does not read.",
    ),
    (
        r"JSON exceeds maximum recursion depth of (\d+)",
        "Its values are nested more than {0} levels deep.",
    ),
    (r"at byte (\d+) in (line|record)\S* (\d+): UTF-16 encoding", "It is not encoded as UTF-8."),
    (
        r"at byte (\d+) in (line|record)\S* (\d+): invalid UTF-8",
        "Byte {0} of {1} {2} is not UTF-8.",
    ),
    (r"at byte (\d+) in (line|record)\S* (\d+)", "Byte {0} of {1} {2} is not valid JSON."),
    (
        r"in (line|record)\S* (\d+): Object .* has duplicate key",
        "The object in {0} {1} has a key twice.",
    ),
    (r"in (line|record)\S* (\d+)", "The value in {0} {1} does not fit."),
    (r"maximum_object_size\" of (\d+) bytes", "One record has more than {0} bytes."),
    (r"No magic bytes found|too small to be a Parquet", "It does not end as a Parquet file does."),
    (r"encrypted|[Ee]ncryption", "It is encrypted."),
    (r"Geoparquet column .* does not have geometry types", "Its geometry metadata are incomplete."),
    (r"TProtocolException|[Tt]hrift", "Its footer is damaged."),
    (r"MAP_KEY_VALUE requires two children", "It has a map without values."),
    (
        r"Unsupported compression codec|compression codec .*not supported",
        "Its compression is not supported.",
    ),
    (
        r"end of GZIP stream|decode gzip|not a GZIP|ZSTD",
        "Its compressed content is damaged or cut off.",
    ),
    (r"File is not latin-1", "It is neither UTF-8 nor Latin-1; save it as UTF-8."),
    (r"Error when sniffing file", "Its lines cannot be divided into columns."),
    (r"Invalid string encoding|Invalid unicode", "A text in it is not UTF-8."),
    (r"converted type can only be set", "Its footer names a type that its storage cannot have."),
    (r"Missing closing brace", "It ends within an array."),
    (r"Not implemented Error: STRUCT", "It has a group without columns."),
    (
        (
            r"[Cc]orrupt|Out of buffer|header inconsistency|Invalid dictionary page|miniblocks"
            r"|outside file|exceed buffer capacity|Failed to read (Parquet )?file"
        ),
        "Its data are damaged.",
    ),
    (r"Maximum line size of (\d+) bytes", "One line has more than {0} bytes."),
)


class OutOfTime(Exception):
    """The deadline of the reading has passed."""


class Engine:
    """A connection that reads only the open files at `paths`, until the deadline."""

    def __init__(self, *paths: str, seconds: float, threads: int = 1) -> None:
        self.paths = paths
        self.threads = threads
        self.ends_at = time.monotonic() + seconds
        self.connection = restricted_connection(*paths, threads=threads)
        timer = threading.Timer(seconds, self.connection.interrupt)
        timer.daemon = True
        timer.start()

    def fetch(self, statement: str) -> list[Row]:
        """Return the rows of a statement. Raises OutOfTime, duckdb.Error."""
        if time.monotonic() >= self.ends_at:
            raise OutOfTime
        try:
            return self.connection.execute(statement).fetchall()
        except duckdb.InterruptException as error:
            raise OutOfTime from error
        except FATAL:
            self.connection = restricted_connection(*self.paths, threads=self.threads)
            raise

    def one(self, statement: str) -> Row:
        return self.fetch(statement)[0]

    def describe(self, relation: str) -> list[tuple[str, DuckDBPyType]]:
        """Return the names and types of a relation's columns. Raises duckdb.Error."""
        described = self.connection.sql(f"SELECT * FROM {relation}")
        return list(zip(described.columns, described.types, strict=True))


def restricted_connection(*paths: str, threads: int = 1) -> duckdb.DuckDBPyConnection:
    """Return a connection that can read only these files."""
    connection = duckdb.connect(config={"threads": threads, "memory_limit": "400MB"})
    allowed = ", ".join(map(literal, paths))
    for setting in (*SETTINGS, f"allowed_paths=[{allowed}]", *LOCKS):
        connection.execute(f"SET {setting}")
    return connection


def require_pattern(connection: duckdb.DuckDBPyConnection, pattern: str) -> None:
    """Raise SourceUnreadable if a text is no pattern of RE2, whose time grows with the text only.

    So a pattern that takes exponential time in other engines is never tried in them.
    """
    if len(pattern) > MAX_PATTERN_LENGTH:
        detail = f"It has more than {MAX_PATTERN_LENGTH:,} characters."
        raise SourceUnreadable("invalid-pattern", detail)
    try:
        connection.execute("SELECT regexp_matches('', $1)", [pattern]).fetchall()
    except duckdb.Error as error:
        problem = str(error).removeprefix("Invalid Input Error: ").splitlines()[0]
        raise SourceUnreadable("invalid-pattern", f"({problem})") from error


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def reason_of(error: duckdb.Error) -> str:
    """Return why DuckDB could not read something, as a sentence without a value of the data."""
    for pattern, sentence in REASONS:
        if match := re.search(pattern, str(error)):
            return sentence.format(*match.groups())
    if isinstance(error, duckdb.OutOfMemoryException):
        return "It needs more memory than is allowed."
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        return "A value does not fit its type."
    return f"DuckDB cannot read it ({type(error).__name__})."
