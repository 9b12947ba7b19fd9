"""Sums of shares that are rounded: whether they are the whole, exceed it, or leave a rest; pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

_SMALLEST_UNIT = 2


def exceeding_index(shares: Sequence[float | None]) -> int | None:
    """Return the position of the share with which they exceed the whole; None if they do not."""
    total, allowed = 0.0, 1.0 + rounding(shares)
    for index, share in enumerate(shares):
        total += share or 0.0
        if total > allowed:
            return index
    return None


def rounding(shares: Iterable[float | None]) -> float:
    """Return by how much shares may miss the whole because each is rounded, to a point or finer."""
    digits = [_digits(share) for share in shares if share is not None]
    return sum(0.5 * 10.0**-count for count in digits) + 1e-9


def _digits(share: float) -> int:
    exponent = Decimal(repr(share)).as_tuple().exponent
    return max(_SMALLEST_UNIT, -exponent if isinstance(exponent, int) else _SMALLEST_UNIT)


def is_whole(shares: Sequence[float | None]) -> bool:
    known = [share for share in shares if share is not None]
    return len(known) == len(shares) and 1 - sum(known) <= rounding(known)


def rest_share(shares: Sequence[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return None
    return max(0.0, round(1 - sum(known), 9))
