"""Hours in which a recipient is not disturbed; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from catalog.issues import Issue, did_you_mean
from catalog.types import JSONObject

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z")
KEYS = {"from", "to", "timezone", "days"}
ALL_DAYS = tuple(range(7))


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """From `start` until the next `end`, on `days` (0 is Monday) as the local clock begins them."""

    start: time
    end: time
    zone: ZoneInfo
    days: frozenset[int] = frozenset(ALL_DAYS)

    def until(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end that `now` is in; None if it is in none."""
        ends = [end for begin, end in self._around(now) if begin <= now < end]
        return max(ends, default=None)

    def _around(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        today = now.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            if day.weekday() in self.days:
                last_day = day if self.start < self.end else day + timedelta(days=1)
                begin = datetime.combine(day, self.start, self.zone)
                end = datetime.combine(last_day, self.end, self.zone)
                # Compared in UTC: the local clock is set twice a year.
                yield begin.astimezone(UTC), end.astimezone(UTC)


def parse_quiet_hours(value: JSONObject) -> QuietHours | None:
    """Return valid quiet hours as saved; None for none."""
    if not value:
        return None
    return QuietHours(
        start=time.fromisoformat(value["from"]),
        end=time.fromisoformat(value["to"]),
        zone=ZoneInfo(value.get("timezone") or "UTC"),
        days=frozenset(value.get("days") or ALL_DAYS),
    )


def quiet_hours_issues(value: JSONObject) -> Iterator[Issue]:
    """Yield what is wrong with quiet hours as they are sent."""
    if not value:
        return
    for key in sorted(set(value) - KEYS):
        yield Issue(
            location=f"quiet_hours.{key}", message="Unknown field.", hint=did_you_mean(key, KEYS)
        )
    for key in ("from", "to"):
        if not isinstance(value.get(key), str) or not _CLOCK.match(value[key]):
            yield Issue(
                location=f"quiet_hours.{key}",
                message="This is not a time of the day.",
                hint="Write it as 22:00.",
            )
    zone = value.get("timezone") or "UTC"
    if not isinstance(zone, str) or zone not in available_timezones():
        yield Issue(
            location="quiet_hours.timezone",
            message="This is not the name of a time zone.",
            hint=did_you_mean(str(zone), available_timezones()) or "Write it as Europe/Oslo.",
        )
    days = value.get("days", [])
    if not isinstance(days, list) or not set(map(str, days)) <= set(map(str, ALL_DAYS)):
        yield Issue(
            location="quiet_hours.days",
            message="Days are a list of numbers from 0 (Monday) to 6 (Sunday).",
        )
