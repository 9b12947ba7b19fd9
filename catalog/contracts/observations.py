"""The seam by which a page learns what the sources of a contract hold; pure.

Values are in it only where they may be shown at the moment of asking.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from catalog.contracts.models import SchemaObject, SchemaProperty
from catalog.products.models import DataProduct


class ValueRange(NamedTuple):
    """How many rows have a value from `low` to `high`."""

    low: str
    high: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class ObservedColumn:
    """The figures of one column; `null_share` and the shares of quantiles are from 0 to 1.

    `reason` says, as a sentence, why figures or values are missing. `drift` are sentences that say
    how the source differs from the contract, with True for what breaks it. `suggestion` is a
    classification that nobody has decided yet, shown only to editors. `source_name` is the name
    in the source, empty if the column was not found there.
    """

    source_name: str = ""
    null_share: float | None = None
    n_distinct: int | None = None
    is_exact: bool = False
    min: str | None = None
    max: str | None = None
    quantiles: Sequence[tuple[float, str]] = ()
    histogram: Sequence[ValueRange] = ()
    top_values: Sequence[tuple[str, int]] = ()
    reason: str = ""
    drift: Sequence[tuple[str, bool]] = ()
    suggestion: str = ""


@dataclass(frozen=True, kw_only=True)
class ObservedTable:
    """What one port's source says of a table; `columns` are by the key of the property.

    `note` says, as a sentence, what is missing of the whole table.
    """

    port: str = ""
    observed_at: datetime | None = None
    rows: int | None = None
    is_sample: bool = False
    note: str = ""
    columns: Mapping[int, ObservedColumn] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TableRequest:
    """A table, those of its columns that are shown, and the ports that serve it."""

    table: SchemaObject
    columns: Sequence[SchemaProperty]
    port_ids: Collection[int]


class Observer(Protocol):
    """Answers each request; `for_editors` asks for what only they see."""

    def __call__(
        self, product: DataProduct, requests: Sequence[TableRequest], *, for_editors: bool
    ) -> Sequence[ObservedTable]: ...


_observers: list[Observer] = []


def register_observer(observer: Observer) -> None:
    """Register what knows the sources."""
    _observers[:] = [observer]


def observe(
    product: DataProduct, requests: Sequence[TableRequest], *, for_editors: bool
) -> Sequence[ObservedTable]:
    """Return what is known of each table; nothing where nobody observes."""
    if not _observers or not requests:
        return [ObservedTable() for _ in requests]
    return _observers[0](product, requests, for_editors=for_editors)
