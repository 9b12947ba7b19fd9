"""The period that a text states plainly, such as "2019 to 2024" or "since 2021-03"; pure."""

import re
from calendar import monthrange
from datetime import date
from typing import NamedTuple

_DATE = r"(?<![\d.,/-])(\d{4}(?:-\d{2}(?:-\d{2})?)?)(?![\d.,/-]\d)"
_INTERVAL = re.compile(rf"{_DATE}\s*(?:to|until|till|through|–|—|/|\s-\s)\s*{_DATE}", re.IGNORECASE)
_SINCE = re.compile(rf"\b(?:since|from)\s+{_DATE}", re.IGNORECASE)


class Period(NamedTuple):
    """Dates as ISO 8601 writes them, a year, a month or a day; `end` is empty if it goes on."""

    start: str
    end: str = ""

    @property
    def interval(self) -> str:
        return f"{self.start}/{self.end or '..'}"

    @property
    def first_day(self) -> date:
        return _first_day(self.start)

    @property
    def last_day(self) -> date | None:
        """Return the last day of the year, month or day that ends the period."""
        if not self.end:
            return None
        first = _first_day(self.end)
        if len(self.end) == len("2026"):
            return first.replace(month=12, day=31)
        is_month = len(self.end) == len("2026-03")
        return first.replace(day=monthrange(first.year, first.month)[1]) if is_month else first


def period_of(answer: str) -> Period | None:
    """Return the one period of a text; None where it states none, several, or no real dates."""
    intervals = _INTERVAL.findall(answer)
    starts = [] if intervals else [(start, "") for start in _SINCE.findall(answer)]
    stated = [*intervals, *starts]
    if len(stated) != 1:
        return None
    start, end = stated[0]
    is_real = _is_date(start) and (not end or (_is_date(end) and start[:4] <= end[:4]))
    return Period(start, end) if is_real else None


def _is_date(stated: str) -> bool:
    try:
        _first_day(stated)
    except ValueError:
        return False
    return True


def _first_day(stated: str) -> date:
    """Return the first day of a year, a month or a day. Raises ValueError."""
    return date.fromisoformat(stated + "-01-01"[len(stated) - len("2026") :])
