"""From the rows of GROUP BY statements to the counts of groups; pure.

An engine counts raw values, or the bins of numbers; here they become groups and are added up. All
attributes are counted in one statement if their combinations are few enough, and in pairs if not.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import TypeAlias

from governance.sandbox.groups import (
    MAX_GROUPS,
    MAX_LABEL_VALUES,
    NOT_A_NUMBER,
    NOT_MAPPED,
    Cell,
    GroupCounts,
    Grouping,
    GroupRequest,
    GroupTable,
    bin_names,
)
from governance.sandbox.types import MAX_TEXT_LENGTH, SourceUnreadable

MAX_COMBINATIONS = 20_000
# Raw values of one attribute or of two, before a mapping makes few groups of them.
MAX_ROWS = 300_000
MAX_CELLS = 200_000
# What an engine returns in place of the number of a bin for a value that is no number.
NO_NUMBER = -1

Value: TypeAlias = object
Group: TypeAlias = str | None
# One row: a raw value (or BinNumber) for each grouping, then the number of records.
Row: TypeAlias = Sequence[Value]
# Returns the rows of a GROUP BY of some groupings; None if there are more than a limit.
FetchRows: TypeAlias = Callable[[Sequence[Grouping], int], Sequence[Row] | None]
Counts: TypeAlias = Counter[tuple[Group, ...]]


class BinNumber(int):
    """The number of a bin, counted from 0, or NO_NUMBER."""


def count_groups(request: GroupRequest, fetch: FetchRows) -> GroupCounts:
    """Return the counts of all attributes and pairs. Raises SourceUnreadable."""
    label = [request.label] if request.label else []
    naming = Naming()
    rows = fetch(request.groupings, MAX_COMBINATIONS)
    combined = None if rows is None else naming.counts(request.groupings, rows)
    tables: list[GroupTable] = []
    for size in range(3):
        for attributes in combinations(request.attributes, size):
            groupings = (*attributes, *label)
            if combined is not None:
                counts = _projected(combined, request.groupings, groupings)
            else:
                counts = naming.counts(groupings, _fetch_all(fetch, groupings))
            tables.append(_table(attributes, counts, has_label=bool(label)))
            if size == 1:
                _require_groups(attributes[0], tables[-1])
        if size == 0 and request.label:
            _require_few(request.label, {cell.label for cell in tables[0].cells}, MAX_LABEL_VALUES)
    return GroupCounts(rows=sum(cell.n for cell in tables[0].cells), tables=tuple(tables))


class Naming:
    """Gives values the names of their groups, and remembers them."""

    def __init__(self) -> None:
        self.names: dict[tuple[str, type, Value], Group] = {}

    def counts(self, groupings: Sequence[Grouping], rows: Sequence[Row]) -> Counts:
        """Add up the rows whose values are in the same groups."""
        counts: Counts = Counter()
        for row in rows:
            *values, n = row
            groups = map(self.group, groupings, values)
            counts[tuple(groups)] += int(str(n))
        return counts

    def group(self, grouping: Grouping, value: Value) -> Group:
        # 1, 1.0 and True are one key of a dict.
        key = (grouping.name, type(value), value)
        try:
            return self.names[key]
        except KeyError:
            name = self.names[key] = group_of(grouping, value)
        except TypeError:  # a list or an object
            return group_of(grouping, value)
        return name


def group_of(grouping: Grouping, value: Value) -> Group:
    """Return the group of a value, or None if it is missing. Raises SourceUnreadable."""
    if isinstance(value, BinNumber):
        return NOT_A_NUMBER if value == NO_NUMBER else bin_names(grouping.bins)[value]
    text = text_of(value)
    if text is None or text.strip() in map(str.strip, grouping.missing):
        return None
    if grouping.bins:
        return _bin_of(grouping, text)
    if grouping.mapping:
        return grouping.mapping.get(text) or grouping.mapping.get(text.strip(), NOT_MAPPED)
    if len(text) > MAX_TEXT_LENGTH:
        detail = f"{grouping.name}: a value has more than {MAX_TEXT_LENGTH} characters."
        raise SourceUnreadable("no-groups", detail)
    return text


def text_of(value: Value) -> str | None:
    """Return a value as text, the same from every engine; None for null and NaN."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode(errors="replace")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return None if text.strip() in ("NaN", "nan") else text


def _bin_of(grouping: Grouping, text: str) -> Group:
    try:
        number = float(text)
    except ValueError:
        return NOT_A_NUMBER
    if math.isnan(number):
        return None
    return bin_names(grouping.bins)[sum(number >= edge for edge in grouping.bins)]


def missing_numbers(grouping: Grouping) -> Iterator[float]:
    """Yield the numbers among the texts that mean a missing value."""
    for text in grouping.missing:
        try:
            number = float(text)
        except ValueError:
            continue
        if math.isfinite(number):
            yield number


def _fetch_all(fetch: FetchRows, groupings: Sequence[Grouping]) -> Sequence[Row]:
    rows = fetch(groupings, MAX_ROWS)
    if rows is None:
        names = " × ".join(grouping.name for grouping in groupings)
        detail = f"{names}: there are more than {MAX_ROWS:,} different combinations."
        raise SourceUnreadable("too-many-groups", detail)
    return rows


def _projected(counts: Counts, groupings: Sequence[Grouping], chosen: Sequence[Grouping]) -> Counts:
    places = [groupings.index(grouping) for grouping in chosen]
    projected: Counts = Counter()
    for groups, n in counts.items():
        projected[tuple(groups[place] for place in places)] += n
    return projected


def _table(attributes: Sequence[Grouping], counts: Counts, *, has_label: bool) -> GroupTable:
    names = tuple(attribute.name for attribute in attributes)
    if len(counts) > MAX_CELLS:
        detail = f"{' × '.join(names)}: there are more than {MAX_CELLS:,} different combinations."
        raise SourceUnreadable("too-many-groups", detail)
    cells = (
        Cell(groups[: len(names)], groups[-1] if has_label else None, n)
        for groups, n in counts.items()
    )
    return GroupTable(names, tuple(sorted(cells, key=_order)))


def _order(cell: Cell) -> tuple[tuple[bool, str], ...]:
    return tuple((group is None, group or "") for group in (*cell.groups, cell.label))


def _require_groups(attribute: Grouping, table: GroupTable) -> None:
    _require_few(attribute, {cell.groups[0] for cell in table.cells}, MAX_GROUPS)


def _require_few(grouping: Grouping, groups: set[Group], limit: int) -> None:
    if len(groups - {None}) > limit:
        detail = f"{grouping.name} has more than {limit} different values; is it an id?"
        raise SourceUnreadable("too-many-groups", f"{detail} Bins or a mapping make groups of it.")
