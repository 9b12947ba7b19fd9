"""Looks for small counts that a reader could compute, as that reader would; pure.

Everything visible of one or two measurements becomes sums with bounds, which are tightened until
nothing changes. Of two measurements of the same columns, records may only have been added in
between, or only deleted, or neither.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from governance.representation.small_counts import SMALL_COUNT, Pair, is_small

MISSING = ""
# As the attribute of a pair is written.
PAIR = " × "
UNBOUNDED = 2**62
MAX_ROUNDS = 60
# The measurement (0 is the one before), the table and the group of a count.
Cell = tuple[int, str, str | Pair]
Bounds = tuple[int, int]


Key = TypeVar("Key", str, Pair)


@dataclass(frozen=True)
class TableView(Generic[Key]):
    """The counts of one table, and those of its keys that are hidden."""

    counts: Mapping[Key, int]
    hidden: frozenset[Key]


@dataclass
class Audit:
    """The sums that a reader knows: `parts` add up to `total`."""

    bounds: dict[Cell, Bounds] = field(default_factory=dict)
    sums: list[tuple[list[Cell], Cell]] = field(default_factory=list)
    orders: list[tuple[Cell, Cell]] = field(default_factory=list)

    def add_list(self, run: int, name: str, table: TableView[str], rows: int) -> None:
        """Add an attribute: the counts of its groups and the missing add up to the rows."""
        cells = [self._add(run, name, key, table, least=1) for key in table.counts]
        self._add_sum(cells, (run, name, "\0rows"), (rows, rows))

    def add_grid(self, run: int, names: Pair, table: TableView[Pair], missing: int) -> None:
        """Add a pair of attributes: each line adds up to a group, but for what lacks the other."""
        name = PAIR.join(names)
        lines: dict[tuple[int, str], list[Cell]] = {}
        for key in table.counts:
            cell = self._add(run, name, key, table, least=0)
            for side in (0, 1):
                lines.setdefault((side, key[side]), []).append(cell)
        for (side, group), cells in lines.items():
            rest = (run, name, f"\0{side}{group}")
            self.bounds[rest] = (0, missing)
            total = (run, names[side], group)
            self._add_sum([*cells, rest], total, self.bounds.get(total, (0, UNBOUNDED)))

    def _add(self, run: int, name: str, key: Key, table: TableView[Key], *, least: int) -> Cell:
        cell, n = (run, name, key), table.counts[key]
        if key not in table.hidden:
            self.bounds[cell] = (n, n)
        elif n < SMALL_COUNT and len(table.hidden) < len(table.counts):
            self.bounds[cell] = (least, SMALL_COUNT - 1)
        else:
            self.bounds[cell] = (0, UNBOUNDED)
        return cell

    def _add_sum(self, parts: list[Cell], total: Cell, bounds: Bounds) -> None:
        self.bounds[total] = bounds
        self.sums.append((parts, total))

    def computable(self, small: Iterable[Cell]) -> Iterator[Cell]:
        """Yield the small counts that have one possible value, whatever is assumed."""
        then_and_now = [(cell, (1, *cell[1:])) for cell in self.bounds if cell[0] == 0]
        orders = [pair for pair in then_and_now if pair[1] in self.bounds]
        for order in (orders, [(now, then) for then, now in orders]):
            bounds = self._tightened(order)
            if bounds is not None:
                yield from (cell for cell in small if bounds[cell][0] == bounds[cell][1])
            if not orders:
                return

    def _tightened(self, orders: list[tuple[Cell, Cell]]) -> dict[Cell, Bounds] | None:
        """Return the bounds that follow; None if what is assumed cannot be."""
        bounds = dict(self.bounds)
        for _ in range(MAX_ROUNDS):
            before = dict(bounds)
            for parts, total in self.sums:
                _tighten(bounds, parts, total)
            for less, more in orders:
                low, high = bounds[less][0], bounds[more][1]
                bounds[less] = (low, min(bounds[less][1], high))
                bounds[more] = (max(bounds[more][0], low), high)
            if any(low > high for low, high in bounds.values()):
                return None
            if bounds == before:
                break
        return bounds


def _tighten(bounds: dict[Cell, Bounds], parts: list[Cell], total: Cell) -> None:
    low = sum(bounds[part][0] for part in parts)
    high = sum(bounds[part][1] for part in parts)
    lowest, highest = max(bounds[total][0], low), min(bounds[total][1], high)
    bounds[total] = (lowest, highest)
    for part in parts:
        least, most = bounds[part]
        bounds[part] = max(least, lowest - (high - most)), min(most, highest - (low - least))


def small_cells(run: int, name: str, table: TableView[Key]) -> Iterator[Cell]:
    for key, n in table.counts.items():
        if is_small(n):
            yield run, name, key
