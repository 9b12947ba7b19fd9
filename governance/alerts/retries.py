"""When a delivery that failed is tried again; pure."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

# As the Standard Webhooks specification proposes: the last attempt is three days after the first.
DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
MAX_WAIT = timedelta(days=1)
# Receivers that fail together are not asked again together.
JITTER = 0.1


def delay_after(attempts: int, *, spread: float) -> timedelta | None:
    """Return how long to wait after this number of failed attempts; None if that was the last.

    `spread` (0 to 1) is where in the tenth of the delay that is added for jitter.
    """
    if attempts > len(DELAYS):
        return None
    return DELAYS[attempts - 1] * (1 + JITTER * spread)


def parse_retry_after(value: str, now: datetime) -> timedelta:
    """Return what a Retry-After header asks for (seconds or a date), a day at most."""
    try:
        wait = timedelta(seconds=int(value))
    except (ValueError, OverflowError):
        try:
            wait = parsedate_to_datetime(value) - now
        except (ValueError, TypeError):
            return timedelta(0)
    return min(max(wait, timedelta(0)), MAX_WAIT)
