"""Which counts of a table have to be hidden so that no small one can be computed; pure.

A count from 1 to 9 is small. What is hidden in addition (the secondary counts) is chosen so that
each small count alone could have any value from 1 to 9, with everything visible the same. Source of
the method: cell suppression, Hundepool et al., Statistical Disclosure Control (2012), chapter 4.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from itertools import islice
from typing import TypeVar

SMALL_COUNT = 10
# A count that hides a small one: less by up to nine it is still none of the small ones.
MIN_PARTNER = 2 * SMALL_COUNT
MAX_PARTNERS = 20
# Of a larger table with a small count nothing is shown: to check it would take seconds.
MAX_CELLS = 2_500

Key = TypeVar("Key", bound=Hashable)
Pair = tuple[str, str]


def is_small(n: int) -> bool:
    return 0 < n < SMALL_COUNT


def hidden_in_list(counts: Mapping[Key, int]) -> frozenset[Key]:
    """Return what to hide of counts whose total is known; all of them if nothing less protects."""
    small = {key for key, n in counts.items() if is_small(n)}
    if not small:
        return frozenset()
    partners = [key for key, n in counts.items() if n >= MIN_PARTNER]
    if not partners:
        return frozenset(counts)
    return frozenset({*small, min(partners, key=lambda key: (counts[key], str(key)))})


def hidden_in_grid(counts: Mapping[Pair, int]) -> frozenset[Pair]:
    """Return what to hide of a two-way table whose rows and columns have known totals.

    A zero is hidden like a small count, because it says of everybody in its row that they are not
    in its column; it is visible if its row or its column is empty. Each of them is hidden together
    with three counts of MIN_PARTNER or more that form a rectangle with it: what one gains, its
    neighbours lose.
    """
    rows, columns = _lines(counts, 0), _lines(counts, 1)
    totals = [
        {key: sum(map(counts.__getitem__, line)) for key, line in lines.items()}
        for lines in (rows, columns)
    ]
    small = [
        (row, column)
        for (row, column), n in counts.items()
        if n < SMALL_COUNT and totals[0][row] and totals[1][column]
    ]
    if small and len(counts) > MAX_CELLS:
        return frozenset(counts)
    hidden = set(small)
    for row, column in small:
        others = _partners(rows[row], counts, hidden), _partners(columns[column], counts, hidden)
        corner = next(
            (
                (other_row, other_column)
                for _, other_column in others[0]
                for other_row, _ in others[1]
                if counts[other_row, other_column] >= MIN_PARTNER
            ),
            None,
        )
        if corner is None:
            return frozenset(counts)
        hidden |= {corner, (row, corner[1]), (corner[0], column)}
    return frozenset(hidden)


def _lines(counts: Iterable[Pair], side: int) -> dict[str, list[Pair]]:
    lines: dict[str, list[Pair]] = {}
    for pair in counts:
        lines.setdefault(pair[side], []).append(pair)
    return lines


def _partners(
    line: Iterable[Pair], counts: Mapping[Pair, int], hidden: Collection[Pair]
) -> list[Pair]:
    """Return the counts of a line that may hide a small one: first those that are hidden anyway."""
    large = [pair for pair in line if counts[pair] >= MIN_PARTNER]
    ordered = sorted(large, key=lambda pair: (pair not in hidden, counts[pair], pair))
    return list(islice(ordered, MAX_PARTNERS))
