"""When a condition that comes and goes is flapping, so nobody hears of every change; pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

# A condition that begins again within this time is the same alert.
REOPENS_WITHIN = timedelta(hours=1)
# Turns (begin or end) within REOPENS_WITHIN that make an alert flapping: it begins thrice.
FLAPPING_TURNS = 5
# Without a turn for this long it has settled.
SETTLED_AFTER = timedelta(minutes=30)


def recent_turns(turns: Sequence[str], now: datetime) -> list[str]:
    """Return the turns (ISO times) of the last hour; those ahead are of a clock set back."""
    return [turn for turn in turns if now - REOPENS_WITHIN < datetime.fromisoformat(turn) <= now]


def is_flapping(turns: Sequence[str], now: datetime) -> bool:
    return len(recent_turns(turns, now)) >= FLAPPING_TURNS


def has_settled(turns: Sequence[str], now: datetime) -> bool:
    """Return True if the last turn is long ago; one that is ahead is of a clock set back."""
    last = datetime.fromisoformat(turns[-1]) if turns else None
    return last is None or not now - SETTLED_AFTER < last <= now
