"""Which counts of a measurement are hidden from readers who may not see the data; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from governance.representation.audit import MISSING, Audit, Cell, TableView, small_cells
from governance.representation.results import AttributeResult, PairResult, Representation
from governance.representation.small_counts import (
    Pair,
    hidden_in_grid,
    hidden_in_list,
    is_small,
)
from governance.representation.visible import VisibleRepresentation


@dataclass(frozen=True)
class Before:
    """The measurement before, by the same plan: all of it, and what readers saw of it."""

    result: Representation
    visible: VisibleRepresentation


@dataclass(frozen=True)
class HiddenCounts:
    """The groups of each attribute, and the cells of each pair, that are hidden."""

    lists: dict[str, frozenset[str]]
    grids: dict[str, frozenset[Pair]]


def hidden_counts(result: Representation, before: Before | None) -> HiddenCounts | None:
    """Return what to hide; None if, with the one before, a small count could be computed anyway.

    What was hidden before is hidden again if a reader could compute a small count otherwise.
    """
    earlier = _hidden_before(before) if before else None
    choices = _choices(result, earlier)
    return next(
        (choice for choice in choices if not any(_computable(result, choice, before, earlier))),
        None,
    )


def _choices(result: Representation, earlier: HiddenCounts | None) -> Iterator[HiddenCounts]:
    """Yield what may be hidden, from the least to the most."""
    counts = {item.attribute: list_of(item) for item in result.attributes}
    lists = {name: hidden_in_list(counts[name]) for name in counts}
    for name in _refining(result):
        lists[name] = frozenset(counts[name]) if lists[name] else lists[name]
    yield (least := HiddenCounts(lists, _grids(result, lists)))
    if earlier is not None:
        lists = {name: lists[name] | earlier.lists.get(name, frozenset()) for name in lists}
        again = _grids(result, lists)
        grids = {name: again[name] | earlier.grids.get(name, frozenset()) for name in again}
        yield (least := HiddenCounts(lists, grids))
    cells = {pair.attribute: frozenset(grid_of(pair)) for pair in result.pairs}
    grids = {name: cells[name] if least.grids[name] else frozenset() for name in cells}
    yield HiddenCounts(lists, grids)
    lists = {name: frozenset(counts[name]) if lists[name] else frozenset() for name in lists}
    yield HiddenCounts(lists, grids)


def _grids(
    result: Representation, lists: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[Pair]]:
    """Return what to hide of each pair: all, if something of one of its attributes is hidden."""
    return {
        pair.attribute: frozenset(grid_of(pair))
        if lists[pair.first] or lists[pair.second] or is_small(pair.missing)
        else hidden_in_grid(grid_of(pair))
        for pair in result.pairs
    }


def _hidden_before(before: Before) -> HiddenCounts:
    lists, grids = {}, {}
    for item in before.visible.attributes:
        keys = {group.group for group in item.groups if group.is_hidden and not group.is_rest}
        keys |= {MISSING} if item.missing.n is None else set()
        lists[item.attribute] = frozenset(keys)
    for item in before.visible.pairs:
        cells = {as_pair(g.parts) for g in item.groups if g.is_hidden and not g.is_rest}
        grids[item.attribute] = frozenset(cells)
    return HiddenCounts(lists, grids)


def _computable(
    result: Representation,
    hidden: HiddenCounts,
    before: Before | None,
    earlier: HiddenCounts | None,
) -> Iterator[Cell]:
    """Yield the small counts that could be computed if this is hidden."""
    runs = [(0, before.result, earlier)] if before and earlier else []
    runs.append((1, result, hidden))
    partly = {
        pair.attribute
        for _, measured, choice in runs
        for pair in measured.pairs
        if 0 < len(choice.grids[pair.attribute]) < len(pair.groups)
    }
    audit = Audit()
    small: list[Cell] = []
    for run, measured, choice in runs:
        for item in measured.attributes:
            table = TableView(list_of(item), choice.lists[item.attribute])
            audit.add_list(run, item.attribute, table, measured.rows)
            small += small_cells(run, item.attribute, table)
        for pair in measured.pairs:
            if pair.attribute in partly:
                cells = TableView(grid_of(pair), choice.grids[pair.attribute])
                audit.add_grid(run, (pair.first, pair.second), cells, pair.missing)
                small += small_cells(run, pair.attribute, cells)
    yield from audit.computable(small)


def list_of(attribute: AttributeResult) -> dict[str, int]:
    """Return the counts of an attribute by group, and the missing; their total is that of rows."""
    counts = {group.group: group.n for group in attribute.groups if not group.is_rest}
    return counts | {MISSING: attribute.missing}


def grid_of(pair: PairResult) -> dict[Pair, int]:
    return {as_pair(group.parts): group.n for group in pair.groups if not group.is_rest}


def as_pair(parts: tuple[str, ...]) -> Pair:
    first, second = parts
    return first, second


def _refining(result: Representation) -> Iterator[str]:
    """Yield the attributes each group of which lies within one group of another attribute.

    Sums of their counts are known by the other one, so to hide two of them protects neither. Of
    two attributes whose pair is too large to be a result, that is not known.
    """
    known = {frozenset((pair.first, pair.second)) for pair in result.pairs}
    names = [attribute.attribute for attribute in result.attributes]
    for first, second in combinations(names, 2):
        if frozenset((first, second)) not in known:
            yield from (first, second)
    for pair in result.pairs:
        for side, name in enumerate((pair.first, pair.second)):
            wholes: dict[str, set[str]] = {}
            for parts, n in grid_of(pair).items():
                if n:
                    wholes.setdefault(parts[side], set()).add(parts[1 - side])
            is_split = len(set().union(*wholes.values())) > 1
            if is_split and all(len(others) == 1 for others in wholes.values()):
                yield name
