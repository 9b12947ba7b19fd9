"""How the groups of a port are measured: attributes, label, references, schedule; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from catalog.types import JSONObject
from governance.representation.results import Thresholds
from governance.sandbox.groups import Grouping

DEFAULT_BAND = 0.05
DAY = 24 * 60 * 60


class Frequency(StrEnum):
    """How often a port is measured."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    ON_DEMAND = "on-demand"

    @property
    def seconds(self) -> int | None:
        """Return the time between two measurements; None if only people ask for them."""
        return {"daily": DAY, "weekly": 7 * DAY, "monthly": 30 * DAY}.get(self.value)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What the groups of an attribute are compared with: named, and dated (ISO date).

    Its `shares` by group (0 to 1) were entered; or they are those of an `attribute` that is
    measured in another `port` (its id), and name and date are those of that measurement.
    """

    name: str = ""
    date: str = ""
    shares: Mapping[str, float] = field(default_factory=dict)
    port: int | None = None
    attribute: str = ""

    @property
    def is_entered(self) -> bool:
        return self.port is None


@dataclass(frozen=True, kw_only=True)
class PlannedAttribute:
    """One sensitive attribute: its column and how the values become groups.

    `bins` are the ascending edges of number groups, `groups` is from value to group;
    `hierarchy` is the name of the file that the latter came from, and `level` its column, from 1.
    """

    name: str
    column: str
    bins: tuple[float, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    hierarchy: str = ""
    level: int | None = None
    missing: tuple[str, ...] = ("",)
    reference: Reference | None = None

    @property
    def grouping(self) -> Grouping:
        return Grouping(
            column=self.column,
            name=self.name,
            bins=self.bins,
            mapping=self.groups,
            missing=self.missing,
        )

    @classmethod
    def from_json(cls, attribute: JSONObject) -> PlannedAttribute:
        reference = attribute["reference"]
        return cls(
            **attribute
            | {
                "bins": tuple(attribute["bins"]),
                "missing": tuple(attribute["missing"]),
                "reference": Reference(**reference) if reference else None,
            }
        )


@dataclass(frozen=True, kw_only=True)
class PlannedLabel(PlannedAttribute):
    """The label, such as a decision; `favourable` are the values that are good for a person."""

    favourable: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, label: JSONObject) -> PlannedLabel:
        tuples = {name: tuple(label[name]) for name in ("bins", "missing", "favourable")}
        return cls(**label | tuples)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plan of one port; `table` is empty if its contract describes one table."""

    attributes: tuple[PlannedAttribute, ...]
    table: str = ""
    label: PlannedLabel | None = None
    schedule: Frequency = Frequency.MONTHLY
    band: float = DEFAULT_BAND
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def counted(self) -> Plan:
        """Return what decides the counts: two measurements of equal ones are comparable."""
        attributes = tuple(replace(item, reference=None) for item in self.attributes)
        return Plan(attributes=attributes, table=self.table, label=self.label)

    def as_json(self) -> JSONObject:
        return asdict(self)

    @classmethod
    def from_json(cls, plan: JSONObject) -> Plan:
        label = plan["label"]
        return cls(
            **plan
            | {
                "attributes": tuple(map(PlannedAttribute.from_json, plan["attributes"])),
                "label": PlannedLabel.from_json(label) if label else None,
                "schedule": Frequency(plan["schedule"]),
                "thresholds": Thresholds(**plan["thresholds"]),
            }
        )
