"""What is counted of the groups in a table, and the counts; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import NamedTuple

from catalog.types import JSONObject

# An attribute of more groups is rather an id; a pair of attributes may have their product.
MAX_GROUPS = 200
MAX_LABEL_VALUES = 50
MAX_ATTRIBUTES = 10
# Groups of values that have no place in the grouping that was asked for.
NOT_MAPPED = "(not in the mapping)"
NOT_A_NUMBER = "(not a number)"


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """How the values of a column become groups, which are called `name` as a whole.

    `bins` are ascending edges of numbers: n edges make n + 1 groups. `mapping` is from value to
    group; what it lacks is the group NOT_MAPPED. Null, NaN and the texts in `missing` (compared
    without surrounding spaces) have no group.
    """

    column: str
    name: str
    bins: tuple[float, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ("",)

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the groups that exist whether a record is in them or not."""
        return bin_names(self.bins) if self.bins else tuple(dict.fromkeys(self.mapping.values()))

    @classmethod
    def from_json(cls, grouping: JSONObject) -> Grouping:
        tuples = {name: tuple(grouping[name]) for name in ("bins", "missing")}
        return cls(**grouping | tuples)


def bin_names(edges: Sequence[float]) -> tuple[str, ...]:
    """Return the names of the groups between ascending edges; the lower edge is within a group."""
    texts = [f"{edge:.12g}" for edge in edges]
    between = (f"{low} to under {high}" for low, high in pairwise(texts))
    return (f"under {texts[0]}", *between, f"{texts[-1]} or more")


@dataclass(frozen=True, kw_only=True)
class GroupRequest:
    """The attributes of a table that are counted, alone and in pairs, each with the label.

    `table` is ignored for files, which have one. Attributes and label have different names.
    """

    table: str
    attributes: tuple[Grouping, ...]
    label: Grouping | None = None

    @property
    def groupings(self) -> tuple[Grouping, ...]:
        return self.attributes if self.label is None else (*self.attributes, self.label)

    @classmethod
    def from_json(cls, request: JSONObject) -> GroupRequest:
        label = request["label"]
        return cls(
            table=request["table"],
            attributes=tuple(map(Grouping.from_json, request["attributes"])),
            label=Grouping.from_json(label) if label else None,
        )


class Cell(NamedTuple):
    """`n` records of one group of each attribute and one value of the label; None is missing."""

    groups: tuple[str | None, ...]
    label: str | None
    n: int


@dataclass(frozen=True)
class GroupTable:
    """The cells of no attribute, of one, or of two crossed; every record is in one of them."""

    attributes: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class GroupCounts:
    """All tables of one source: of no attribute, of each one, of each pair.

    `note` says, as a sentence, what of the source was counted; `is_sample` if not all of it.
    """

    rows: int
    tables: tuple[GroupTable, ...]
    note: str = ""
    is_sample: bool = False

    def table(self, *attributes: str) -> GroupTable:
        return next(table for table in self.tables if table.attributes == attributes)

    def as_json(self) -> JSONObject:
        return asdict(self)

    @classmethod
    def from_json(cls, counts: JSONObject) -> GroupCounts:
        tables = tuple(
            GroupTable(
                tuple(attributes),
                tuple(Cell(tuple(groups), label, n) for groups, label, n in cells),
            )
            for attributes, cells in map(dict.values, counts["tables"])
        )
        return cls(**counts | {"tables": tables})
