"""Two versions of a document, line by line next to each other; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

CONTEXT = 3
MAX_LINES = 1500


@dataclass(frozen=True)
class Row:
    """A line of each version, with its number; None where a version has none.

    `is_gap` marks lines that are equal and left out.
    """

    before: tuple[int, str] | None = None
    after: tuple[int, str] | None = None
    is_changed: bool = False
    is_gap: bool = False


def side_by_side(before: str, after: str) -> list[Row] | None:
    """Return the lines that differ, with three equal ones around them.

    None if more than MAX_LINES lines lie between the first and the last difference: comparing
    them costs the square of their number.
    """
    old, new = before.splitlines(), after.splitlines()
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    if max(len(old), len(new)) - start - end > MAX_LINES:
        return None
    first, last = max(0, start - CONTEXT), max(0, end - CONTEXT)
    old_part, new_part = old[first : len(old) - last], new[first : len(new) - last]
    groups = SequenceMatcher(None, old_part, new_part, autojunk=False).get_grouped_opcodes(CONTEXT)
    rows: list[Row] = []
    for group in groups:
        if rows or first + group[0][1]:
            rows.append(Row(is_gap=True))
        for tag, low, high, new_low, new_high in group:
            lines = (
                _numbered(old_part, low, high, first),
                _numbered(new_part, new_low, new_high, first),
            )
            rows += [Row(*pair, is_changed=tag != "equal") for pair in zip_longest(*lines)]
    return rows


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many lines are equal at the start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _numbered(lines: Sequence[str], low: int, high: int, first: int) -> Iterator[tuple[int, str]]:
    return ((first + number + 1, lines[number]) for number in range(low, high))
