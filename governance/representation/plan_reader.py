"""Reads a plan from JSON, whether it came by form, API or command; pure."""

import math
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from datetime import date
from itertools import pairwise

from catalog.exceptions import ValidationFailed
from catalog.issues import did_you_mean
from catalog.products.tree_reader import TreeReader
from catalog.provenance.projection import ATTRIBUTE
from catalog.types import JSONObject, JSONValue
from governance.representation.hierarchies import MAX_LENGTH, MAX_VALUES, read_hierarchy
from governance.representation.plan import (
    DEFAULT_BAND,
    Frequency,
    Plan,
    PlannedAttribute,
    PlannedLabel,
    Reference,
)
from governance.representation.results import Thresholds
from governance.sandbox.groups import MAX_ATTRIBUTES, MAX_GROUPS

MAX_BINS = 100
MAX_MISSING = 20
TOLERANCE = 1e-6
MEMBERS = ("table", "attributes", "label", "schedule", "band", "thresholds")
ATTRIBUTE_MEMBERS = ("name", "column", "bins", "groups", "hierarchy", "missing", "reference")
# The columns of each table as its contract or its source names them; empty if neither is known.
Tables = Mapping[str, Collection[str]]


def read_plan(body: JSONValue, tables: Tables) -> Plan:
    """Return the plan that JSON describes. Raises ValidationFailed with every issue.

    Locations are JSON Pointers into the plan.
    """
    reader = PlanReader(tables)
    if not isinstance(body, dict):
        raise ValidationFailed.of("", "A plan must be an object.")
    plan = reader.plan(body)
    reader.finish()
    return plan


class PlanReader(TreeReader):
    """Reads the parts of a plan for a source with some tables."""

    def __init__(self, tables: Tables) -> None:
        super().__init__()
        self.tables = tables

    def plan(self, body: JSONObject) -> Plan:
        self.members(body, MEMBERS, "")
        table = self.table(body)
        items = list(self.objects(body, "attributes"))
        if not 1 <= len(items) <= MAX_ATTRIBUTES:
            hint = "Name the sensitive columns, such as sex or age."
            self.add_issue("/attributes", f"Name 1 to {MAX_ATTRIBUTES} attributes.", hint)
        attributes = [self.attribute(item, at, table) for at, item in items[:MAX_ATTRIBUTES]]
        label = self.label(body, table)
        self.distinct_names(attributes, label)
        return Plan(
            attributes=tuple(attributes),
            table=table,
            label=label,
            schedule=self.schedule(body),
            band=self.number(body, "band", "", DEFAULT_BAND),
            thresholds=self.thresholds(body),
        )

    def members(self, item: Mapping[str, JSONValue], known: Collection[str], at: str) -> None:
        for key in item:
            if key not in known:
                hint = did_you_mean(key, known) or f"Known members: {', '.join(known)}."
                self.add_issue(f"{at}/{key}", "Unknown member.", hint)

    def table(self, body: JSONObject) -> str:
        name = self.text(body, "table", "", MAX_LENGTH)
        if not name and len(self.tables) == 1:
            return next(iter(self.tables))
        known = ", ".join(sorted(self.tables)[:20])
        if not name and self.tables:
            self.add_issue("/table", "Name one of the tables.", f"Tables: {known}.")
        elif name and self.tables and name not in self.tables:
            hint = did_you_mean(name, self.tables) or f"Tables: {known}."
            self.add_issue("/table", f"There is no table {name!r}.", hint)
        return name

    def column(self, item: Mapping[str, JSONValue], at: str, table: str) -> str:
        name = self.text(item, "column", at, MAX_LENGTH)
        known = self.tables.get(table, ())
        if not name:
            self.add_issue(f"{at}/column", "Name a column.")
        elif known and name not in known:
            hint = did_you_mean(name, known) or f"Columns: {', '.join(sorted(known)[:20])}."
            self.add_issue(f"{at}/column", f"There is no column {name!r}.", hint)
        return name

    def attribute(
        self, item: Mapping[str, JSONValue], at: str, table: str, known: Collection[str] = ()
    ) -> PlannedAttribute:
        self.members(item, (*ATTRIBUTE_MEMBERS, *known), at)
        column = self.column(item, at, table)
        name = self.text(item, "name", at, 60) or attribute_name(column)
        if column and not ATTRIBUTE.match(name):
            hint = "Use small letters, digits and underscores, such as age_band."
            self.add_issue(f"{at}/name", f"{name!r} is not a name of an attribute.", hint)
        groups = self.groups(item, at)
        bins = self.bins(item, at)
        if bins and groups:
            self.add_issue(f"{at}/bins", "A column has either bins or groups of its values.")
        missing = item.get("missing", [""])
        if not is_texts(missing, MAX_MISSING):
            hint = 'For example ["", "?"].'
            self.add_issue(f"{at}/missing", f"Must be at most {MAX_MISSING} codes.", hint)
            missing = []
        level = self.mapping(item, "hierarchy", at).get("level", 1)
        return PlannedAttribute(
            name=name,
            column=column,
            bins=bins,
            groups=groups,
            hierarchy=self.text(self.mapping(item, "hierarchy", at), "name", f"{at}/hierarchy"),
            level=level if item.get("hierarchy") and isinstance(level, int) else None,
            missing=tuple(missing),
            reference=self.reference(item, at) if item.get("reference") else None,
        )

    def bins(self, item: Mapping[str, JSONValue], at: str) -> tuple[float, ...]:
        bins = item.get("bins") or []
        if not isinstance(bins, list) or not all(map(is_number, bins)) or len(bins) > MAX_BINS:
            hint = "For example [18, 30, 65]."
            self.add_issue(f"{at}/bins", f"Must be at most {MAX_BINS} numbers.", hint)
            return ()
        for index, (low, high) in enumerate(pairwise(bins), start=1):
            if low >= high:
                self.add_issue(f"{at}/bins/{index}", f"{high:g} is not more than {low:g}.")
        return tuple(map(float, bins))

    def groups(self, item: Mapping[str, JSONValue], at: str) -> Mapping[str, str]:
        """Return the group of each value, as given or from a hierarchy as CSV and a level."""
        if hierarchy := self.mapping(item, "hierarchy", at):
            self.members(hierarchy, ("csv", "level", "name"), f"{at}/hierarchy")
            level = hierarchy.get("level", 1)
            if type(level) is not int or not 1 <= level <= 20:
                self.add_issue(f"{at}/hierarchy/level", "Must be a whole number from 1 to 20.")
            elif "csv" in hierarchy or not item.get("groups"):
                text = hierarchy.get("csv")
                try:
                    return read_hierarchy(
                        text if isinstance(text, str) else "", level, at=f"{at}/hierarchy"
                    )
                except ValidationFailed as error:
                    self.issues += error.issues
                    return {}
        groups = self.mapping(item, "groups", at)
        if len(groups) > MAX_VALUES:
            self.add_issue(f"{at}/groups", f"At most {MAX_VALUES:,} values.")
            return {}
        for value, group in groups.items():
            if not isinstance(group, str) or not group or len(group) > MAX_LENGTH:
                self.add_issue(f"{at}/groups/{value}", "Must be the name of a group.")
                return {}
        return groups

    def reference(self, item: Mapping[str, JSONValue], at: str) -> Reference:
        reference, at = self.mapping(item, "reference", at), f"{at}/reference"
        self.members(reference, [field.name for field in fields(Reference)], at)
        port, attribute = reference.get("port"), self.text(reference, "attribute", at, 60)
        if port is not None:
            if type(port) is not int:
                self.add_issue(f"{at}/port", "Must be the id of a port.")
            if not attribute:
                self.add_issue(f"{at}/attribute", "Name the attribute that is measured there.")
            if reference.get("shares"):
                self.add_issue(f"{at}/shares", "Enter shares, or name a port, not both.")
            return Reference(port=port if type(port) is int else 0, attribute=attribute)
        name, day = self.text(reference, "name", at, 200), self.text(reference, "date", at, 10)
        if not name:
            hint = "For example: Census 2020, whole population."
            self.add_issue(f"{at}/name", "A reference needs a name.", hint)
        if not is_date(day):
            self.add_issue(f"{at}/date", "A reference needs a date.", "Write it as 2026-03-31.")
        return Reference(name=name, date=day, shares=self.shares(reference, at))

    def shares(self, reference: Mapping[str, JSONValue], at: str) -> dict[str, float]:
        shares = self.mapping(reference, "shares", at)
        if not 1 <= len(shares) <= MAX_GROUPS:
            hint = 'For example {"female": 0.51, "male": 0.49}.'
            self.add_issue(f"{at}/shares", f"Give the shares of 1 to {MAX_GROUPS} groups.", hint)
            return {}
        for group, share in shares.items():
            if not is_number(share) or not 0 <= share <= 1:
                message, hint = "Must be a number from 0 to 1.", "Write 40 % as 0.4."
                self.add_issue(f"{at}/shares/{group}", message, hint)
                return {}
        if (total := math.fsum(shares.values())) > 1 + TOLERANCE:
            message = f"The shares add up to {total:.4g}, which is more than 1."
            self.add_issue(f"{at}/shares", message)
        return {group: float(share) for group, share in shares.items()}

    def label(self, body: JSONObject, table: str) -> PlannedLabel | None:
        if body.get("label") is None:
            return None
        item = self.mapping(body, "label")
        if item.get("reference"):
            self.add_issue("/label/reference", "A label has no reference.")
        label = self.attribute({**item, "reference": None}, "/label", table, ("favourable",))
        favourable = item.get("favourable") or []
        if not is_texts(favourable, MAX_MISSING):
            self.add_issue("/label/favourable", f"Must be at most {MAX_MISSING} values.")
            favourable = []
        return PlannedLabel(**vars(label), favourable=tuple(favourable))

    def distinct_names(
        self, attributes: Collection[PlannedAttribute], label: PlannedLabel | None
    ) -> None:
        names: set[str] = {label.name} if label else set()
        for index, attribute in enumerate(attributes):
            if attribute.name in names:
                message = f"{attribute.name!r} is the name of another one."
                self.add_issue(f"/attributes/{index}/name", message, "Choose another name.")
            names.add(attribute.name)

    def schedule(self, body: JSONObject) -> Frequency:
        text = self.text(body, "schedule", "", 20) or Frequency.MONTHLY.value
        if text not in list(Frequency):
            hint = f"Use {', '.join(Frequency)}."
            self.add_issue("/schedule", f"Unknown schedule {text!r}.", hint)
            return Frequency.MONTHLY
        return Frequency(text)

    def number(
        self, item: Mapping[str, JSONValue], key: str, at: str, default: float, most: float = 1
    ) -> float:
        value = item.get(key, default)
        if not is_number(value) or not 0 <= value <= most:
            self.add_issue(f"{at}/{key}", f"Must be a number from 0 to {most:g}.")
            return default
        return float(value)

    def thresholds(self, body: JSONObject) -> Thresholds:
        item, default = self.mapping(body, "thresholds"), Thresholds()
        self.members(item, [field.name for field in fields(Thresholds)], "/thresholds")
        numbers = {
            name: self.number(item, name, "/thresholds", getattr(default, name))
            for name in ("max_gap", "min_ratio", "level")
        }
        if not 0.5 <= numbers["level"] < 1:
            self.add_issue("/thresholds/level", "Must be at least 0.5 and less than 1.")
            numbers["level"] = default.level
        small = item.get("small_group", default.small_group)
        if type(small) is not int or not 1 <= small <= 10**6:
            self.add_issue("/thresholds/small_group", "Must be a whole number from 1.")
            small = default.small_group
        return replace(default, **numbers, small_group=small)


def attribute_name(column: str) -> str:
    """Return the name of an attribute that a column suggests; empty if it suggests none."""
    name = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in column.casefold())
    return name.strip("_").lstrip("0123456789_")[:60]


def is_number(value: JSONValue) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and abs(value) < 1e300


def is_texts(value: JSONValue, most: int) -> bool:
    """Return True for a list of short texts."""
    return (
        isinstance(value, list)
        and len(value) <= most
        and all(isinstance(text, str) and len(text) <= MAX_LENGTH for text in value)
    )


def is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
