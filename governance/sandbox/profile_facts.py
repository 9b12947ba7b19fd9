"""What the profiles of a table had in common in several readings, and the checks it proposes; pure.

Facts are merged reading by reading, so no former profile is kept. Only exact counts of whole tables
are evidence: an estimate or a first part says nothing of the other rows. Values are kept only as
long as the profile may show those of the column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation

from catalog.types import JSONObject
from governance.sandbox.checks import Check
from governance.sandbox.types import NUMBERS, ColumnProfile, TableProfile

# Fewer readings, or rows in one of them, propose nothing.
MIN_READINGS = 3
MIN_ROWS = 20
# A column of more different values is none of few allowed ones.
MAX_ALLOWED = 5


@dataclass(frozen=True, kw_only=True)
class ColumnFacts:
    """What was true of a column in each of `n_readings` readings of `min_rows` to `max_rows` rows.

    `values` are all its values if they were the same few each time; None if they were not, or may
    not be read. `low` and `high` are bounds of numbers that were the same each time, else the sign
    that they had: 0 as `low`. These three are of the last `n_shown` readings.
    """

    name: str
    logical_type: str = ""
    n_readings: int = 0
    n_shown: int = 0
    min_rows: int = 0
    max_rows: int = 0
    is_never_null: bool = True
    is_unique: bool = True
    values: tuple[str, ...] | None = None
    low: str | None = None
    high: str | None = None

    @classmethod
    def from_json(cls, facts: JSONObject) -> ColumnFacts:
        values = facts["values"]
        return cls(**facts | {"values": None if values is None else tuple(values)})

    def without_values(self) -> ColumnFacts:
        return replace(self, n_shown=0, values=None, low=None, high=None)


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """The facts of a table's columns."""

    name: str
    columns: tuple[ColumnFacts, ...] = ()

    def as_json(self) -> JSONObject:
        return asdict(self)

    @classmethod
    def from_json(cls, facts: JSONObject) -> TableFacts:
        return cls(**facts | {"columns": tuple(map(ColumnFacts.from_json, facts["columns"]))})


@dataclass(frozen=True, kw_only=True)
class ProposedCheck:
    """A check that would have passed in every reading, and the sentence that says on what basis."""

    check: Check
    reason: str
    n_readings: int


def merge_reading(facts: TableFacts | None, profile: TableProfile) -> TableFacts:
    """Return facts that hold in one reading more; a reading without exact counts changes none.

    A column that is new begins with this reading, one that is gone is left out.
    """
    if facts is None:
        facts = TableFacts(name=profile.name)
    if profile.is_sample or profile.rows is None or profile.rows < MIN_ROWS:
        return facts
    known = {column.name: column for column in facts.columns}
    columns = tuple(
        _with_reading(known.get(column.name), column, profile.rows)
        if column.n_values is not None
        else known.get(column.name, ColumnFacts(name=column.name))
        for column in profile.columns
    )
    return replace(facts, columns=columns)


def merge_profile(facts: Iterable[TableFacts], profile: Iterable[TableProfile]) -> list[TableFacts]:
    """Return the facts of a source with one reading more; a table that is gone is left out.

    `profile` has only those values that may be shown.
    """
    former, tables = {table.name: table for table in facts}, list(profile)
    return without_hidden(
        [merge_reading(former.get(table.name), table) for table in tables], tables
    )


def without_hidden(
    facts: Iterable[TableFacts], profile: Iterable[TableProfile]
) -> list[TableFacts]:
    """Return facts without the values of columns of which the profile shows none."""
    open_columns = {
        (table.name, column.name)
        for table in profile
        for column in table.columns
        if column.has_values
    }
    return [
        replace(
            table,
            columns=tuple(
                column if (table.name, column.name) in open_columns else column.without_values()
                for column in table.columns
            ),
        )
        for table in facts
    ]


def _with_reading(facts: ColumnFacts | None, column: ColumnProfile, rows: int) -> ColumnFacts:
    n_values = column.n_values or 0
    is_unique = column.is_unique or (column.is_exact and column.n_distinct == n_values > 0)
    low, high = _bounds_of(column)
    reading = ColumnFacts(
        name=column.name,
        logical_type=column.logical_type,
        n_readings=1,
        n_shown=int(column.has_values),
        min_rows=rows,
        max_rows=rows,
        is_never_null=column.null_share == 0,
        is_unique=is_unique,
        values=_all_values_of(column),
        low=low,
        high=high,
    )
    if facts is None or facts.n_readings == 0 or facts.logical_type != column.logical_type:
        return reading
    merged = replace(
        reading,
        n_readings=facts.n_readings + 1,
        min_rows=min(facts.min_rows, rows),
        max_rows=max(facts.max_rows, rows),
        is_never_null=facts.is_never_null and reading.is_never_null,
        is_unique=facts.is_unique and reading.is_unique,
    )
    if not facts.n_shown or not reading.n_shown:
        return merged
    has_sign = _is_not_negative(facts.low) and _is_not_negative(low)
    return replace(
        merged,
        n_shown=facts.n_shown + 1,
        values=facts.values if facts.values == reading.values else None,
        low=low if low == facts.low else "0" if has_sign else None,
        high=high if high == facts.high else None,
    )


def _all_values_of(column: ColumnProfile) -> tuple[str, ...] | None:
    """Return the values of a column whose every row was counted; None if there are others."""
    is_complete = sum(n for _, n in column.top_values) == column.n_values
    if column.logical_type != "string" or not column.is_exact or not is_complete:
        return None
    return tuple(sorted(value for value, _ in column.top_values))[: MAX_ALLOWED + 1] or None


def _bounds_of(column: ColumnProfile) -> tuple[str | None, str | None]:
    if column.logical_type not in NUMBERS:
        return None, None
    return column.min, column.max


def _is_not_negative(text: str | None) -> bool:
    try:
        return text is not None and Decimal(text) >= 0
    except InvalidOperation:
        return False


def propose_checks(facts: TableFacts) -> Iterator[ProposedCheck]:
    """Yield the checks that every reading would have passed, once there were enough of them."""
    for column in facts.columns:
        if column.n_readings >= MIN_READINGS:
            yield from _proposals_for(column, facts.name)


def _proposals_for(column: ColumnFacts, table: str) -> Iterator[ProposedCheck]:
    name, columns = f"{table}.{column.name}", (column.name,)
    if column.is_never_null:
        missing = Check(key=f"{name}:missing", kind="missing", columns=columns)
        yield _proposal(missing, column, "was never null")
    if column.is_unique:
        unique = Check(key=f"{name}:duplicates", kind="duplicates", columns=columns)
        yield _proposal(unique, column, "had no value twice")
    if column.n_shown < MIN_READINGS or column.is_unique:
        return
    if column.values and len(column.values) <= MAX_ALLOWED:
        allowed = Check(
            key=f"{name}:values", kind="allowed_values", columns=columns, allowed=column.values
        )
        yield _proposal(allowed, column, f"had exactly the values {', '.join(column.values)}")
    if column.low is not None:
        bounds = Check(
            key=f"{name}:range",
            kind="range",
            columns=columns,
            minimum=column.low,
            maximum=column.high,
        )
        high = f" and at most {column.high}" if column.high is not None else ""
        yield _proposal(bounds, column, f"was at least {column.low}{high}")


def _proposal(check: Check, column: ColumnFacts, fact: str) -> ProposedCheck:
    n_readings = column.n_readings if check.kind in ("missing", "duplicates") else column.n_shown
    rows = f"{column.min_rows:,}"
    if column.max_rows != column.min_rows:
        rows += f" to {column.max_rows:,}"
    # The rows are those of all readings, so of some of them too.
    reason = f"“{column.name}” {fact} in {n_readings} readings of {rows} rows."
    return ProposedCheck(check=check, reason=reason, n_readings=n_readings)
