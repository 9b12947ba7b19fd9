"""What changed between two versions of a contract, and whether it breaks consumers; pure.

A change is breaking if data may come that the earlier version ruled out, or if something that
consumers read is missing. So a column that is no longer required breaks, and a new one does not.
"""

import json
from dataclasses import dataclass
from functools import partial

from jsonpointer import escape

from catalog.contracts.guarantees import (
    loosens_bounds,
    loosens_freshness,
    loosens_quality,
    pair_rules,
)
from catalog.products.changes import (
    TEXT_KEYS,
    Change,
    ChangeClass,
    Compare,
    Comparison,
    changed_value,
    differing_keys,
    ignore,
    is_on,
    objects_of,
    shown_list,
)
from catalog.products.json_diff import is_same
from catalog.types import JSONObject, JSONValue

# Options of a type that say how values are written; a consumer's parser depends on them.
FORMAT_OPTIONS = frozenset(
    "format timezone defaultTimezone multipleOf pattern dimensions embeddingModel "
    "embeddingModelVersion normalized".split()
)
BOUNDS = (
    ("minimum", "exclusiveMinimum"),
    ("maximum", "exclusiveMaximum"),
    ("minLength",),
    ("maxLength",),
    ("minItems",),
    ("maxItems",),
    ("minProperties",),
    ("maxProperties",),
)


def compare_contracts(before: JSONObject, after: JSONObject) -> list[Change]:
    """Return the changes between two documents of a contract, its version number left out.

    The list is empty if, and only if, nothing else differs; null and an empty list mean the same
    as a member that is missing.
    """
    comparison = Contracts()
    comparison.members(
        before,
        after,
        "",
        "The contract",
        {
            "version": ignore,
            "schema": comparison.tables,
            "slaProperties": comparison.service_levels,
            "servers": comparison.servers,
            "description": comparison.description,
        },
    )
    return comparison.changes


class Contracts(Comparison):
    """Collects the changes of two contracts."""

    def description(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        self.add(at, ChangeClass.TEXT, f"{subject}: {changed_value('description', before, after)}")

    def tables(self, before: JSONValue, after: JSONValue, at: str, _subject: str) -> None:
        for name, location, old, new in self.parts(before, after, at, _name):
            subject = f"Table {name}"
            if old is None:
                self.add(location, ChangeClass.COMPATIBLE, f"{subject} was added.")
            elif new is None:
                self.add(location, ChangeClass.BREAKING, f"{subject} was removed.")
            elif not is_same(old, new):
                self.table(old, new, location, name)

    def table(self, before: JSONObject, after: JSONObject, at: str, name: str) -> None:
        keys = max(_count_keys(before), _count_keys(after))
        comparison = Columns(self.changes, table=name, has_composite_key=keys > 1)
        subject = f"Table {name}"
        comparison.physical_name(before, after, at, subject)
        comparison.members(
            before,
            after,
            at,
            subject,
            {
                "physicalName": ignore,
                "properties": comparison.columns,
                "quality": comparison.quality,
                "relationships": comparison.relationships,
            },
        )

    def servers(self, before: JSONValue, after: JSONValue, at: str, _subject: str) -> None:
        def name_of(server: JSONObject) -> object:
            return server.get("server") or server.get("id") or "server"

        parts = list(self.parts(before, after, at, name_of))
        # What replaces a server serves the same format in the same environment.
        added = {_kind_of_server(new) for _, _, old, new in parts if new and old is None}
        for name, location, old, new in parts:
            subject = f"Server {name}"
            if old is None:
                self.add(location, ChangeClass.COMPATIBLE, f"{subject} was added.")
            elif new is None:
                is_replaced = _kind_of_server(old) in added
                change_class = ChangeClass.COMPATIBLE if is_replaced else ChangeClass.BREAKING
                self.add(location, change_class, f"{subject} was removed.")
            else:
                guarantees = {"type": self.guarantee, "format": self.guarantee}
                self.members(old, new, location, subject, guarantees)

    def service_levels(self, before: JSONValue, after: JSONValue, at: str, _subject: str) -> None:
        for name, location, old, new in self.parts(
            before, after, at, lambda entry: entry.get("property")
        ):
            if is_same(old, new):
                continue
            loosens = name == "freshness" and loosens_freshness(old or {}, new or {})
            change_class = ChangeClass.BREAKING if loosens else ChangeClass.COMPATIBLE
            only_text = differing_keys(old or {}, new or {}) <= TEXT_KEYS
            if old and new and only_text:
                change_class = ChangeClass.TEXT
            self.add(location, change_class, changed_value(f"Service level {name}", old, new))


@dataclass
class Columns(Comparison):
    """Collects the changes of the columns of one table."""

    table: str = ""
    has_composite_key: bool = False

    def columns(self, before: JSONValue, after: JSONValue, at: str, _subject: str) -> None:
        for name, location, old, new in self.parts(before, after, at, _name):
            subject = f"Column {name} of {self.table}"
            if old is None:
                self.add(location, ChangeClass.COMPATIBLE, f"{subject} was added.")
            elif new is None:
                self.add(location, ChangeClass.BREAKING, f"{subject} was removed.")
            elif not is_same(old, new):
                self.column(old, new, location, subject)

    def column(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        """Compare two columns, or what the values of an array or map are."""
        if not isinstance(before, dict) or not isinstance(after, dict):
            self.guarantee(before, after, at, subject)
            return
        self.physical_name(before, after, at, subject)
        is_whole = after.get("logicalType") in ("integer", "date")
        self.members(
            before,
            after,
            at,
            subject,
            {
                "physicalName": ignore,
                "logicalType": self.guarantee,
                "physicalType": self.guarantee,
                "required": self.flag,
                "unique": self.flag,
                "primaryKey": self.key,
                "logicalTypeOptions": partial(self.options, is_whole=is_whole),
                "enum": self.allowed_values,
                "quality": self.quality,
                "relationships": self.relationships,
                "properties": self.columns,
                "items": self.column,
                "map": self.map,
            },
        )

    def physical_name(self, before: JSONObject, after: JSONObject, at: str, subject: str) -> None:
        """Compare the names in the source, which are the names of the contract unless given."""
        old, new = before.get("physicalName"), after.get("physicalName")
        if is_same(old, new):
            return
        is_renamed = (old or before.get("name")) != (new or after.get("name"))
        add = self.breaking if is_renamed else self.plain
        add(old, new, f"{at}/physicalName", subject)

    def key(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        if self.has_composite_key and is_on(before) != is_on(after):
            # The key of several columns is another one, so it is unique in another way.
            self.breaking(before, after, at, subject)
        else:
            self.flag(before, after, at, subject)

    def map(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        old, new = before or {}, after or {}
        if isinstance(old, dict) and isinstance(new, dict):
            self.members(old, new, at, subject, {"key": self.column, "value": self.column})
        else:
            self.breaking(before, after, at, subject)

    def options(
        self, before: JSONValue, after: JSONValue, at: str, subject: str, *, is_whole: bool = False
    ) -> None:
        """Compare the options of a type: bounds by the values that they let through."""
        old, new = before or {}, after or {}
        if not isinstance(old, dict) or not isinstance(new, dict):
            self.breaking(before, after, at, subject)
            return
        compare: dict[str, Compare] = dict.fromkeys(FORMAT_OPTIONS, self.guarantee)
        compare |= {
            "required": self.required_members,
            "uniqueItems": self.flag,
            "elementType": self.element_type,
        }
        for keys in BOUNDS:
            loosens = loosens_bounds(old, new, keys, is_whole=is_whole)
            compare |= dict.fromkeys(keys, self.breaking if loosens else self.plain)
        self.members(old, new, at, subject, compare)

    def element_type(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        is_same_type = (before or "float32") == (after or "float32")
        (self.plain if is_same_type else self.breaking)(before, after, at, subject)

    def required_members(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        missing = set(_allowed(before)) - set(_allowed(after))
        (self.breaking if missing else self.plain)(before, after, at, subject)

    def allowed_values(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        old, new = _allowed(before), _allowed(after)
        added = [value for text, value in new.items() if text not in old]
        removed = [value for text, value in old.items() if text not in new]
        if before is None:
            self.add(at, ChangeClass.COMPATIBLE, f"{subject}: allowed values were listed.")
        elif after is None:
            self.add(at, ChangeClass.BREAKING, f"{subject}: any value is allowed now.")
        elif added:
            message = f"{subject}: new allowed values: {shown_list(added)}."
            self.add(at, ChangeClass.BREAKING, message)
        elif removed:
            message = f"{subject}: values no longer allowed: {shown_list(removed)}."
            self.add(at, ChangeClass.COMPATIBLE, message)
        else:
            message = f"{subject}: the descriptions or the order of the allowed values changed."
            self.add(at, ChangeClass.TEXT, message)

    def relationships(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        def name_of(item: JSONObject) -> object:
            return item.get("id") or f"{item.get('from', '')} to {item.get('to', '')}"

        for name, location, old, new in self.parts(before, after, at, name_of):
            if is_same(old, new):
                continue
            was_key, is_key = (
                item is not None and (item.get("type") or "foreignKey") == "foreignKey"
                for item in (old, new)
            )
            is_other = bool(old and new and {"from", "to"} & differing_keys(old, new))
            loosens = was_key and (not is_key or is_other)
            change_class = ChangeClass.BREAKING if loosens else ChangeClass.COMPATIBLE
            self.add(location, change_class, f"{subject}: {changed_value(name, old, new)}")

    def quality(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        is_of_column = "/properties/" in at
        for name, old, new in pair_rules(objects_of(before), objects_of(after)):
            if is_same(old, new):
                continue
            changed = differing_keys(old or {}, new or {})
            if loosens_quality(old or {}, new or {}, is_of_column=is_of_column):
                change_class = ChangeClass.BREAKING
            elif old and new and changed <= TEXT_KEYS:
                change_class = ChangeClass.TEXT
            else:
                change_class = ChangeClass.COMPATIBLE
            message = f"{subject}: {changed_value(f'quality rule {name}', old, new)}"
            self.add(f"{at}/{escape(name)}", change_class, message)


def _kind_of_server(server: JSONObject) -> str:
    return json.dumps([server.get(key) for key in ("environment", "type", "format")])


def _count_keys(table: JSONObject) -> int:
    return sum(is_on(column.get("primaryKey")) for column in objects_of(table.get("properties")))


def _allowed(values: JSONValue) -> dict[str, JSONValue]:
    """Return the values of an `enum` by their JSON; an entry is a value or describes one."""
    entries = values if isinstance(values, list) else []
    allowed = [entry.get("value") if isinstance(entry, dict) else entry for entry in entries]
    return {json.dumps(value): value for value in allowed}


def _name(item: JSONObject) -> object:
    return item.get("name")
