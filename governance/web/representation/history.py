"""How the shares of an attribute's groups went through the measurements of a port."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.web.components.humanize import gap_points
from governance.representation.visible import VisibleRepresentation
from governance.web.representation.cards import NONE, share_text


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One group: its share in each measurement, the oldest first; a hidden one is None."""

    group: str
    values: Sequence[float | None]
    first: str
    last: str
    change: str


@dataclass(frozen=True, kw_only=True)
class History:
    """The lines of one attribute between two moments."""

    attribute: str
    since: datetime
    until: datetime
    count: int
    lines: Sequence[HistoryLine]


def history_of(
    attribute: str, measured: Sequence[tuple[datetime, VisibleRepresentation]]
) -> History | None:
    """Return the history of an attribute, from its measurements in time; None of a single one."""
    results = [
        (at, result)
        for at, representation in measured
        for result in representation.attributes
        if result.attribute == attribute
    ]
    if len(results) < 2:
        return None
    shares = [{group.group: group.share for group in result.groups} for _at, result in results]
    newest = results[-1][1]
    return History(
        attribute=attribute,
        since=results[0][0],
        until=results[-1][0],
        count=len(results),
        lines=[
            _line(group.group, [row.get(group.group) for row in shares]) for group in newest.groups
        ],
    )


def _line(group: str, values: Sequence[float | None]) -> HistoryLine:
    first, last = values[0], values[-1]
    change = None if first is None or last is None else last - first
    return HistoryLine(
        group=group,
        values=values,
        first=share_text(first),
        last=share_text(last),
        change=gap_points(change) or NONE,
    )
