"""The columns of a CSV file: the whole file decides a type, or the column is text.

Columns are read by position and as text, so nothing is renamed; a line that does not fit is left
out and reported.
"""
# ruff: noqa: S608 - texts are quoted

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

import duckdb

from governance.sandbox.connectors.content import Content
from governance.sandbox.connectors.csv_dialect import MAX_LINE, Dialect, header_names, sniff
from governance.sandbox.connectors.duckdb_types import LOGICAL_TYPES
from governance.sandbox.connectors.engine import Engine
from governance.sandbox.connectors.opening import OpenFile
from governance.sandbox.types import ColumnProfile, SourceUnreadable, TableProfile

PORTION = 100
MAX_REJECTS = 1000
MAX_EXAMPLES = 3
IGNORE = "ignore_errors=true"
STORE = f"store_rejects=true, rejects_limit={MAX_REJECTS}"
# The type that is tried if a later line has no value of that of the first ones.
FALLBACK = {"BIGINT": "DOUBLE", "DATE": "TIMESTAMP"}
REJECTIONS = {
    "MISSING COLUMNS": "has {1} of {0} fields",
    "TOO MANY COLUMNS": "has {1} fields instead of {0}",
    "UNQUOTED VALUE": "has a quote that does not end",
    "LINE SIZE OVER MAXIMUM": f"has more than {MAX_LINE:,} bytes",
    "INVALID ENCODING": "is not UTF-8",
}


class Reject(NamedTuple):
    """A line that does not fit, and why."""

    line: int
    kind: str
    message: str

    def __str__(self) -> str:
        numbers = re.findall(r"\d+", self.message)
        try:
            text = REJECTIONS[self.kind].format(*numbers)
        except (KeyError, IndexError):
            text = "cannot be parsed"
        return f"line {self.line:,} {text}"


@dataclass(frozen=True, kw_only=True)
class Survey:
    """All lines of a file in a dialect: how many there are, and those that do not fit."""

    dialect: Dialect
    rows: int
    rejects: Sequence[Reject]

    def has(self, kind: str) -> bool:
        return any(reject.kind == kind for reject in self.rejects)


@dataclass(frozen=True, kw_only=True)
class TypeSurvey(Survey):
    """All lines, and for each column the type that all its values have.

    `misfits` counts the values of a column that do not have the type of the first lines.
    """

    types: Sequence[str]
    misfits: Sequence[int]


SurveyT = TypeVar("SurveyT", bound=Survey)


@dataclass(frozen=True)
class Lines(Generic[SurveyT]):
    """A survey of a file in the dialect that fits, the names in its header, a note if Latin-1."""

    survey: SurveyT
    names: Sequence[str]
    note: str


def open_csv(engine: Engine, path: str, content: Content) -> Iterator[OpenFile]:
    """Yield the file by its header, then by all lines. Raises duckdb.Error, SourceUnreadable."""
    _, names, _ = _first_lines(engine, path, content)
    yield OpenFile(table=_table(names, [""] * len(names)), relation="", sql=())
    lines = read_lines(engine, path, content, lambda dialect: _survey(engine, path, dialect))
    yield _open(engine, path, lines)


def read_lines(
    engine: Engine, path: str, content: Content, survey_in: Callable[[Dialect], SurveyT]
) -> Lines[SurveyT]:
    """Survey a file in the dialect that fits. Raises duckdb.Error, SourceUnreadable."""
    dialect, names, note = _first_lines(engine, path, content)
    survey = survey_in(dialect)
    if survey.has("INVALID ENCODING"):
        line = min(item.line for item in survey.rejects if item.kind == "INVALID ENCODING")
        dialect, names, note = _latin(engine, path, content, line)
        survey = survey_in(dialect)
    if survey.has("UNQUOTED VALUE") or not survey.rows:
        # The quote may be part of a text.
        unquoted = survey_in(replace(dialect, quote="", escape=""))
        if unquoted.rows > survey.rows:
            survey, names = unquoted, header_names(engine, path, unquoted.dialect)
    if survey.rejects and not survey.rows:
        raise SourceUnreadable("wrong-format", f"No line fits the first one: {_examples(survey)}.")
    return Lines(survey, names, note)


def _first_lines(engine: Engine, path: str, content: Content) -> tuple[Dialect, list[str], str]:
    """Return dialect and names by the first lines, and a note if they are in Latin-1."""
    try:
        dialect = sniff(engine, path, content)
        return dialect, header_names(engine, path, dialect), ""
    except duckdb.InvalidInputException as error:
        match = re.search(r"on Line: (\d+)\n.*not utf-8", str(error))
        if match is None:
            raise
        return _latin(engine, path, content, int(match[1]))


def _latin(
    engine: Engine, path: str, content: Content, line: int
) -> tuple[Dialect, list[str], str]:
    """Return dialect, names and a note of a file in Latin-1, as a line that is not UTF-8 shows."""
    try:
        dialect = sniff(engine, path, content, encoding="latin-1")
        names = header_names(engine, path, dialect)
    except duckdb.InvalidInputException as error:
        reason = f"Line {line:,} is neither UTF-8 nor Latin-1; save the file as UTF-8."
        raise SourceUnreadable("wrong-format", reason) from error
    return dialect, names, f"Line {line:,} is not UTF-8: read as Latin-1."


def _open(engine: Engine, path: str, lines: Lines[TypeSurvey]) -> OpenFile:
    survey, dialect = lines.survey, lines.survey.dialect
    reason = f"{lines.note} {left_out(survey)}".strip()
    table = replace(_table(lines.names, survey.types), rows=survey.rows, reason=reason)
    reasons = _misfit_reasons(engine, path, survey)
    columns = [
        replace(column, reason=reasons.get(index, "")) for index, column in enumerate(table.columns)
    ]
    return OpenFile(
        table=replace(table, columns=tuple(columns)),
        relation=dialect.relation(path, IGNORE, has_header=dialect.has_header),
        sql=tuple(
            dialect.value(index, kind or "VARCHAR") for index, kind in enumerate(survey.types)
        ),
    )


def left_out(survey: Survey) -> str:
    """Return which lines are no part of the table, as sentences."""
    notes = []
    if survey.dialect.skip:
        notes.append(f"The first {survey.dialect.skip:,} lines are no part of the table.")
    if survey.rejects:
        many = "At least " if len(survey.rejects) >= MAX_REJECTS else ""
        count = f"{many}{len(survey.rejects):,} lines are left out"
        notes.append(f"{count}: {_examples(survey)}.")
    return " ".join(notes)


def _table(names: Sequence[str], types: Sequence[str]) -> TableProfile:
    columns = tuple(
        ColumnProfile(
            name=name,
            physical_type=kind or "VARCHAR",
            logical_type=LOGICAL_TYPES.get(kind.casefold(), ""),
        )
        for name, kind in zip(names, types, strict=True)
    )
    return TableProfile(name="rows", rows=None, columns=columns, is_text=True)


def _examples(survey: Survey) -> str:
    first = sorted(survey.rejects)[:MAX_EXAMPLES]
    rest = ", and others" if len(survey.rejects) > MAX_EXAMPLES else ""
    return ", ".join(map(str, first)) + rest


@contextmanager
def rejects_of(engine: Engine, path: str, dialect: Dialect) -> Iterator[tuple[str, list[Reject]]]:
    """Give the SQL that reads all lines, and after they are read the ones that do not fit."""
    engine.fetch("DROP TABLE IF EXISTS reject_errors")
    engine.fetch("DROP TABLE IF EXISTS reject_scans")
    rejects: list[Reject] = []
    yield dialect.relation(path, STORE, has_header=dialect.has_header), rejects
    rows = engine.fetch(
        "SELECT line, any_value(error_type)::VARCHAR, arg_max(error_message, byte_position) "
        "FROM reject_errors GROUP BY line"
    )
    rejects += [Reject(*row) for row in rows]


def _survey(engine: Engine, path: str, dialect: Dialect) -> TypeSurvey:
    """Read all lines, and find for each column a type that all of its values have."""
    with rejects_of(engine, path, dialect) as (relation, rejects):
        rows, types, misfits = _types(engine, relation, dialect)
    return TypeSurvey(dialect=dialect, rows=rows, rejects=rejects, types=types, misfits=misfits)


def _types(engine: Engine, relation: str, dialect: Dialect) -> tuple[int, list[str], list[int]]:
    """Return the number of rows, and the type and the misfits of each column."""
    rows, types, misfits = 0, [], []
    for start in range(0, len(dialect.types), PORTION):
        portion = list(enumerate(dialect.types))[start : start + PORTION]
        parts = [
            ", ".join(f"count({dialect.value(index, kind)})" for kind in _candidates(first))
            for index, first in portion
        ]
        total, *counts = engine.one(f"SELECT count(*), {', '.join(parts)} FROM {relation}")
        rows = total
        for _, first in portion:
            kinds = _candidates(first)
            present, *fitting = counts[: len(kinds)]
            del counts[: len(kinds)]
            fits = dict(zip(kinds[1:], fitting, strict=True))
            kind = next((kind for kind in kinds[1:] if fits[kind] == present), "VARCHAR")
            types.append(kind if present else "")
            misfits.append(present - fits.get(first, present))
    return rows, types, misfits


def _candidates(first: str) -> list[str]:
    """Return text, the type of the first lines and what else it may be."""
    kinds = ["VARCHAR", first, FALLBACK.get(first, "")]
    return [kind for index, kind in enumerate(kinds) if kind and kind not in kinds[:index]]


def _misfit_reasons(engine: Engine, path: str, survey: TypeSurvey) -> dict[int, str]:
    """Return of each column that is text for some late values only which is the first of them."""
    late = {
        index: survey.dialect.types[index]
        for index, kind in enumerate(survey.types)
        if kind == "VARCHAR" and survey.misfits[index]
    }
    if not late:
        return {}
    types = [late.get(index, "VARCHAR") for index in range(len(survey.types))]
    relation = survey.dialect.relation(
        path, STORE, has_header=survey.dialect.has_header, types=types
    )
    engine.fetch("DELETE FROM reject_errors")
    counts = ", ".join(f"count(c{index})" for index in late)
    engine.fetch(f"SELECT {counts} FROM {relation}")
    lines: dict[str, int] = dict(
        engine.fetch("SELECT column_name, min(line) FROM reject_errors GROUP BY 1")
    )
    reasons = {}
    for index, kind in late.items():
        line = f", first in line {lines[f'c{index}']:,}" if f"c{index}" in lines else ""
        n = survey.misfits[index]
        reasons[index] = f"Text, because {n:,} of its values are not {kind}{line}."
    return reasons
