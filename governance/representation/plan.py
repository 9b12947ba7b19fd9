"""How the groups of a port are measured: attributes, label, references, schedule; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from hashlib import sha256

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

    @classmethod
    def from_json(cls, reference: JSONObject) -> Reference:
        return cls(**reference | {"shares": dict(reference["shares"])})


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
                "groups": dict(attribute["groups"]),
                "reference": Reference.from_json(reference) if reference else None,
            }
        )


@dataclass(frozen=True, kw_only=True)
class PlannedLabel(PlannedAttribute):
    """The label, such as a decision; `favourable` are the values that are good for a person."""

    favourable: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, label: JSONObject) -> PlannedLabel:
        tuples = {name: tuple(label[name]) for name in ("bins", "missing", "favourable")}
        return cls(**label | tuples | {"groups": dict(label["groups"])})


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

    @property
    def comparison_key(self) -> str:
        """Return a digest of `counted`."""
        text = json.dumps(self.counted.as_json(), sort_keys=True)
        return sha256(text.encode()).hexdigest()

    @property
    def measured_references(self) -> dict[str, Reference]:
        """Return the references to other ports, by attribute."""
        references = {item.name: item.reference for item in self.attributes if item.reference}
        return {name: item for name, item in references.items() if not item.is_entered}

    def as_json(self) -> JSONObject:
        """Return the plan with its mappings as pairs: Postgres does not keep the order of keys."""
        plan = asdict(self)
        for item in filter(None, (*plan["attributes"], plan["label"])):
            item["groups"] = list(item["groups"].items())
            if item["reference"]:
                item["reference"]["shares"] = list(item["reference"]["shares"].items())
        return plan

    def as_body(self) -> JSONObject:
        """Return the plan as people write it: `plan_reader.read_plan` makes the same plan of it."""
        body = asdict(self)
        for item in filter(None, (*body["attributes"], body["label"])):
            name, level = item.pop("hierarchy"), item.pop("level")
            item |= {"bins": list(item["bins"]), "missing": list(item["missing"])}
            item["hierarchy"] = {"name": name, "level": level} if level is not None else None
        if body["label"]:
            body["label"]["favourable"] = list(body["label"]["favourable"])
            del body["label"]["reference"]
        return body | {"attributes": list(body["attributes"])}

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
