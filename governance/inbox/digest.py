"""Which digest of a person is due, and since when; pure."""

from datetime import UTC, date, datetime, time, timedelta

# A digest is sent in the morning; in UTC, as all that is measured.
SENT_AFTER = time(6, tzinfo=UTC)
MAX_ATTEMPTS = 6


def period_of(now: datetime, *, is_weekly: bool) -> date:
    """Return the first day of the period of which the digest is due at a moment."""
    day = (now - timedelta(hours=SENT_AFTER.hour)).date()
    return day - timedelta(days=day.weekday()) if is_weekly else day


def begins_at(period: date) -> datetime:
    """Return from when on the digest of a period is sent."""
    return datetime.combine(period, SENT_AFTER)


def retry_delay(attempts: int) -> timedelta:
    """Return how long to wait after a failed attempt: 2, 4, 8 minutes and so on."""
    return timedelta(minutes=2**attempts)
