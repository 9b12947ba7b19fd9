"""The text of a JSON file that DuckDB cannot read as it is, through a pipe.

DuckDB knows no byte order mark, and takes one object with all rows in a list for one row.
"""
# ruff: noqa: S608 - the path is quoted

import codecs
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from governance.sandbox.connectors.content import Content
from governance.sandbox.connectors.engine import literal, restricted_connection
from governance.sandbox.types import SourceUnreadable

MAX_TEXT = 64 * 1024 * 1024
# What interfaces call their list of rows, and the objects that hold it.
LIST_NAMES = frozenset(
    (
        *("data", "items", "results", "result", "records", "rows", "value", "values", "entries"),
        *("content", "elements", "list", "objects", "features", "hits", "documents", "response"),
        *("payload", "_embedded", "embedded", "page"),
    )
)
# What answers call the place of their next page; it is null on the last one.
NEXT_NAMES = frozenset(
    (
        *("next", "next_page", "nextpage", "next_url", "nexturl", "nextlink", "next_link"),
        *("@odata.nextlink", "next_cursor", "nextcursor", "next_page_token", "nextpagetoken"),
        *("has_more", "hasmore", "has_next", "hasnext"),
    )
)
PAGING_MEMBERS = frozenset(("links", "_links", "paging", "pagination", "meta", "metadata", "page"))
FIRST_PAGE = "Only the first page of the answer was read: it names another one."
MAX_DEPTH = 4
MAX_MEMBERS = 1000
MEMBERS = f"""
SELECT name, json_type(json, place), json_type(json, place || '/0')
FROM (
  SELECT json, name, $place || '/' || replace(replace(name, '~', '~0'), '/', '~1') AS place
  FROM (SELECT json, unnest(json_keys(json, $place)) AS name FROM document) LIMIT {MAX_MEMBERS}
)
"""

VALUES = f"""
SELECT name, json_type(json, place),
  CASE WHEN json_type(json, place) <> 'ARRAY' THEN json_extract(json, place)::VARCHAR END
FROM (
  SELECT json, name, $place || '/' || replace(replace(name, '~', '~0'), '/', '~1') AS place
  FROM (SELECT json, unnest(json_keys(json, $place)) AS name FROM document) LIMIT {MAX_MEMBERS}
)
"""


def open_text(path: str, content: Content) -> tuple[str, Content]:
    """Return the path to read the rows of a JSON file from: its own, or that of a pipe.

    What cannot be decoded ends the text, and so is no JSON. Raises SourceUnreadable.
    """
    if content.has_mark:
        _require_decodable(path, content)

    def readable() -> str:
        if not content.has_mark:
            return path
        return _pipe(lambda: _decoded(path, content.encoding))

    wrapped = _rows_within(readable(), content) if _may_be_one_object(content) else None
    if wrapped is not None:
        rows, is_first_page = wrapped
        return _pipe(lambda: [rows]), replace(content, is_pipe=True, is_first_page=is_first_page)
    return readable(), replace(content, is_pipe=content.has_mark)


def _require_decodable(path: str, content: Content) -> None:
    if content.compression:
        raise SourceUnreadable("wrong-format", "It is compressed and has a byte order mark.")
    if Path(path).stat().st_size > MAX_TEXT:
        raise SourceUnreadable(
            "wrong-format", "It begins with a byte order mark; over 64 MB it is read only without."
        )


def _may_be_one_object(content: Content) -> bool:
    """Return False for what begins as an array or as objects on lines of their own."""
    if content.compression == "zstd":
        return True
    text = content.head.decode(content.encoding or "utf-8", "replace").lstrip()
    line, _, more = text.partition("\n")
    if not text.startswith("{") or not more.strip():
        return text.startswith("{")
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return True
    return False


def _rows_within(path: str, content: Content) -> tuple[str, bool] | None:
    """Return the text of the one list of objects in a file's one object, and whether it names a
    further page; None if it has none.

    Raises SourceUnreadable if it has several that may be meant.
    """
    packed = f", compression={literal(content.compression)}" if content.compression else ""
    options = f"format='unstructured', maximum_object_size={MAX_TEXT}{packed}"
    with closing(restricted_connection(path)) as connection:
        try:
            connection.execute(
                "CREATE TEMP TABLE document AS "
                f"SELECT json FROM read_json_objects({literal(path)}, {options}) LIMIT 2"
            )
            if connection.execute("SELECT list(json_type(json)) FROM document").fetchall() != [
                (["OBJECT"],)
            ]:
                return None
            place = _place_of_rows(
                lambda place: connection.execute(MEMBERS, {"place": place}).fetchall()
            )
            extracted = (
                place
                and connection.execute(
                    "SELECT json_extract(json, $place)::VARCHAR FROM document", {"place": place}
                ).fetchone()
            )
            has_next = bool(extracted) and _names_next_page(connection)
        except duckdb.Error:
            # Reading the rows fails the same way, and says why.
            return None
    return (str(extracted[0]), has_next) if extracted else None


def _names_next_page(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return True if the object, or one in it that describes pages, names a further page."""
    members = connection.execute(VALUES, {"place": ""}).fetchall()
    for name, kind, _ in list(members):
        if kind == "OBJECT" and name.casefold() in PAGING_MEMBERS:
            place = f"/{name.replace('~', '~0').replace('/', '~1')}"
            members += connection.execute(VALUES, {"place": place}).fetchall()
    return any(
        name.casefold() in NEXT_NAMES and text not in (None, "", "null", "false", '""', "0")
        for name, _, text in members
    )


def _place_of_rows(
    members_at: Callable[[str], list[tuple[str, str | None, str | None]]],
) -> str | None:
    """Return where the list of rows is, as a JSON pointer: `/data`, `/hits/hits`."""
    place = ""
    for _ in range(MAX_DEPTH):
        members = members_at(place)
        known = [
            member for member in members if len(members) == 1 or member[0].casefold() in LIST_NAMES
        ]
        lists = [name for name, kind, first in known if (kind, first) == ("ARRAY", "OBJECT")]
        lists = lists or [name for name, kind, first in known if kind == "ARRAY" and not first]
        if len(lists) > 1:
            names = ", ".join(f"“{name}”" for name in sorted(lists))
            reason = f"It is one object with several lists that may be its rows: {names}."
            raise SourceUnreadable("wrong-format", reason)
        inner = lists or [name for name, kind, _ in known if kind == "OBJECT"]
        if len(inner) != 1:
            return None
        place += f"/{inner[0].replace('~', '~0').replace('/', '~1')}"
        if lists:
            return place
    return None


def _pipe(pieces: Callable[[], Iterable[str]]) -> str:
    """Return the path of a pipe that has a text as UTF-8."""
    out, into = os.pipe()

    def write() -> None:
        with suppress(OSError, UnicodeError), os.fdopen(into, "wb") as pipe:
            pipe.writelines(piece.encode() for piece in pieces())

    threading.Thread(target=write, daemon=True).start()
    return f"/proc/self/fd/{out}"


def _decoded(path: str, encoding: str) -> Iterator[str]:
    with codecs.open(path, encoding=encoding) as text:
        while piece := text.read(1 << 16):
            yield piece
