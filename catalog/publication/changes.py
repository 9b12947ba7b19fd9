"""What changed between two versions of a product and of the contracts that it serves; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from jsonpointer import escape

from catalog.contracts.compatibility import compare_contracts
from catalog.ports.projection import PortKey, end_of, major_of, port_key
from catalog.products.changes import (
    Change,
    ChangeClass,
    Comparison,
    changed_value,
    ignore,
    objects_of,
)
from catalog.products.json_diff import is_same
from catalog.types import JSONObject, JSONValue

# Members of the document that a version does not publish.
UNPUBLISHED = ("version", "status", "domain", "kind")
SETTINGS = frozenset({"assayVisibility", "assaySuccessor", "assayEndReason"})
CUSTOM_LABELS = {
    "assayEndsOn": "end",
    "assayInterval": "probe interval",
    "assayObjectives": "objectives (SLOs)",
    "assayProvenance": "provenance answers",
    "assaySensitivity": "sensitivity",
    "assaySlug": "URL name",
    "assayUsedIn": "uses",
}
CUSTOM_TEXTS = frozenset({"assayProvenance", "assayUsedIn"})


PortPair = tuple[PortKey | None, PortKey | None]


@dataclass(frozen=True)
class ServedContract:
    """The contract version that a port serves."""

    identifier: str
    version: str
    tree: JSONObject

    def __str__(self) -> str:
        return f"{self.identifier}@{self.version}"


@dataclass(frozen=True)
class Content:
    """What a version of a product publishes: its document, and the contract of each port."""

    tree: JSONObject
    contracts: Mapping[PortKey, ServedContract]

    @property
    def ports(self) -> dict[PortKey, JSONObject]:
        return {port_key(entry): entry for entry in objects_of(self.tree.get("outputPorts"))}


class BreakKind(StrEnum):
    """What happens to a port that consumers can no longer read as before."""

    CHANGED = "changed"
    REMOVED = "removed"
    ENDS_EARLY = "ends early"


@dataclass(frozen=True)
class PortBreak:
    """A port that consumers can no longer read as before, and the changes that break them."""

    name: str
    version: str
    contract_identifier: str
    changes: tuple[Change, ...]
    kind: BreakKind = BreakKind.CHANGED

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Notice:
    """A port that ends on a day, and the port of the next major version that replaces it."""

    port: PortBreak
    replaced_by: str
    ends_on: date | None


@dataclass(frozen=True)
class Release:
    """All changes between two versions, the greatest class first.

    `breaks` are the ports that break at once, `notices` those that are current for a notice period.
    """

    changes: tuple[Change, ...]
    breaks: tuple[PortBreak, ...] = ()
    notices: tuple[Notice, ...] = ()


def compare_contents(
    before: Content, after: Content, *, today: date, notice_until: date
) -> Release:
    """Return the changes of one version after another one.

    A port that is to end before `notice_until`, and was not announced to end then, breaks.
    """
    comparison = _Products(before=before, after=after, today=today, notice_until=notice_until)
    comparison.members(
        before.tree,
        after.tree,
        "",
        "The product",
        {
            **dict.fromkeys(UNPUBLISHED, ignore),
            "outputPorts": comparison.output_ports,
            "inputPorts": comparison.input_ports,
            "customProperties": comparison.custom_properties,
            "description": comparison.description,
        },
    )
    comparison.served_contracts()
    changes = sorted(comparison.changes, key=lambda change: -change.change_class)
    return Release(tuple(changes), tuple(comparison.breaks), tuple(comparison.notices))


@dataclass(kw_only=True)
class _Products(Comparison):
    """Collects the changes of two versions of a product."""

    before: Content
    after: Content
    today: date
    notice_until: date
    breaks: list[PortBreak] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    of_entries: dict[PortKey, list[Change]] = field(default_factory=dict)

    @cached_property
    def pairs(self) -> list[PortPair]:
        return pair_ports(self.before.ports, self.after.ports)

    def description(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        if isinstance(before or {}, dict) and isinstance(after or {}, dict):
            texts = dict.fromkeys(("purpose", "limitations", "usage"), self.text)
            self.members(before or {}, after or {}, at, subject, texts)
        else:
            self.text(before, after, at, subject)

    def text(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        message = f"{subject}: {changed_value(at.rpartition('/')[2], before, after)}"
        self.add(at, ChangeClass.TEXT, message)

    def custom_properties(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        for name, location, old, new in self.parts(
            before, after, at, lambda item: item.get("property")
        ):
            if is_same(old, new) or name in SETTINGS:
                continue
            change_class = ChangeClass.TEXT if name in CUSTOM_TEXTS else ChangeClass.COMPATIBLE
            values = (item.get("value") if item else None for item in (old, new))
            text = changed_value(CUSTOM_LABELS.get(name, name), *values)
            self.add(location, change_class, f"{subject}: {text}")

    def input_ports(self, before: JSONValue, after: JSONValue, at: str, _subject: str) -> None:
        for name, location, old, new in self.parts(before, after, at, _port_text):
            if not is_same(old, new):
                message = changed_value(f"Input port {name}", old, new)
                self.add(location, ChangeClass.COMPATIBLE, message)

    def output_ports(self, _before: JSONValue, _after: JSONValue, at: str, _subject: str) -> None:
        old_ports, new_ports = self.before.ports, self.after.ports
        own = {"version": self.plain, "contractId": ignore, "type": self.guarantee}
        own["customProperties"] = self.custom_properties
        for old_key, new_key in self.pairs:
            location = f"{at}/{escape(' '.join(new_key or old_key or ()))}"
            if old_key is None and new_key is not None:
                message = f"Port {' '.join(new_key)} was added."
                self.add(location, ChangeClass.COMPATIBLE, message)
            elif old_key is not None and new_key is None:
                self.removed_port(old_ports[old_key], location)
            elif old_key is not None and new_key is not None:
                old, new, start = old_ports[old_key], new_ports[new_key], len(self.changes)
                self.members(old, new, location, f"Port {' '.join(new_key)}", own)
                self.of_entries[old_key] = _breaking(self.changes[start:])
                self.end_of_port(old, new, location)
        if _order(old_ports, self.pairs, 0) != _order(new_ports, self.pairs, 1):
            self.add(at, ChangeClass.COMPATIBLE, "The order of output ports changed.")

    def end_of_port(self, before: JSONObject, after: JSONObject, at: str) -> None:
        """Add that a port is to end sooner than was announced, and than the notice period."""
        was_end, end = end_of(before), end_of(after)
        if end is None or end >= self.notice_until or (was_end is not None and was_end <= end):
            return
        earliest = self.notice_until.isoformat()
        message = f"Port {_port_text(after)} ends on {end.isoformat()}, before {earliest}."
        self.add(at, ChangeClass.BREAKING, message)
        self.breaks.append(self.break_of(port_key(before), self.changes[-1:], BreakKind.ENDS_EARLY))

    def removed_port(self, port: JSONObject, at: str) -> None:
        """Add the removal of a port, which is no surprise on the day that was announced for it."""
        end = end_of(port)
        if end is not None and end <= self.today:
            message = f"Port {_port_text(port)} was removed: it ended on {end.isoformat()}."
            self.add(at, ChangeClass.COMPATIBLE, message)
            return
        self.add(at, ChangeClass.BREAKING, f"Port {_port_text(port)} was removed.")
        self.breaks.append(self.break_of(port_key(port), self.changes[-1:], BreakKind.REMOVED))

    def served_contracts(self) -> None:
        """Compare the contract of each port with what it was, or with that of its former major."""
        compared: dict[str, list[Change]] = {}
        for old_key, key in self.pairs:
            if key is not None and old_key is not None:
                old, new = self.before.contracts.get(old_key), self.after.contracts.get(key)
                breaking = self.contract_of_port(key, old, new, compared)
                if breaking := [*self.of_entries.get(old_key, ()), *breaking]:
                    self.breaks.append(self.break_of(old_key, breaking))
            elif key is not None and (former := self.former_major(key)):
                self.new_major(key, former)

    def contract_of_port(
        self,
        key: PortKey,
        old: ServedContract | None,
        new: ServedContract | None,
        compared: dict[str, list[Change]],
    ) -> list[Change]:
        """Add the changes of the contract of a port; return those that break."""
        at, subject = f"/outputPorts/{escape(' '.join(key))}/contract", f"Port {' '.join(key)}"
        if old is None or new is None:
            if old is not new:
                was_removed = new is None
                change_class = ChangeClass.BREAKING if was_removed else ChangeClass.COMPATIBLE
                word = "has no contract any more" if was_removed else "has a contract now"
                self.add(at, change_class, f"{subject} {word}.")
            changes = self.changes[-1:] if old and not new else []
        else:
            pair = f"{old} {new}"
            if pair not in compared:
                at = f"/contracts/{escape(new.identifier)}"
                compared[pair] = _contract_changes(old, new, at)
                self.changes += compared[pair]
            changes = compared[pair]
        return _breaking(changes)

    def former_major(self, key: PortKey) -> PortKey | None:
        """Return the port of the same name that a new one replaces, if it is of another major."""
        name, version = key
        former = [
            other
            for other in self.before.ports
            if other[0] == name and major_of(other[1]) != major_of(version)
        ]
        return former[-1] if former else None

    def new_major(self, key: PortKey, former: PortKey) -> None:
        """Add what breaks for consumers who go from one major of a port to the next."""
        old, new = self.before.contracts.get(former), self.after.contracts.get(key)
        still = dict(self.pairs).get(former)
        if old is None or new is None or still is None:
            return
        at = f"/outputPorts/{escape(' '.join(key))}/contract"
        breaking = _breaking(_contract_changes(old, new, at))
        self.changes += [
            Change(change.location, change.change_class, f"In {' '.join(key)}: {change.message}")
            for change in breaking
        ]
        if breaking:
            port = self.break_of(former, breaking)
            self.notices.append(Notice(port, " ".join(key), end_of(self.after.ports[still])))

    def break_of(
        self, key: PortKey, changes: Sequence[Change], kind: BreakKind = BreakKind.CHANGED
    ) -> PortBreak:
        identifier = str(self.before.ports[key].get("contractId") or "")
        return PortBreak(*key, identifier, tuple(changes), kind)


def _breaking(changes: Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.change_class is ChangeClass.BREAKING]


def pair_ports(
    before: Mapping[PortKey, JSONObject], after: Mapping[PortKey, JSONObject]
) -> list[PortPair]:
    """Return the keys of each port before and after.

    A port is the same if it has the same name and version, else the same name and major version.
    """
    same = {key: key for key in before if key in after}
    for key in before:
        if key not in same:
            free = (other for other in after if other not in same.values())
            major = (key[0], major_of(key[1]))
            match = next((other for other in free if (other[0], major_of(other[1])) == major), None)
            if match:
                same[key] = match
    added = [key for key in after if key not in same.values()]
    return [(key, same.get(key)) for key in before] + [(None, key) for key in added]


def _order(
    ports: Mapping[PortKey, JSONObject], pairs: Sequence[PortPair], side: int
) -> list[PortPair]:
    """Return the pairs of ports that both versions have, in the order of one of them."""
    both = {pair[side]: pair for pair in pairs if None not in pair}
    return [both[key] for key in ports if key in both]


def _contract_changes(old: ServedContract, new: ServedContract, at: str) -> list[Change]:
    return [
        Change(f"{at}{change.location}", change.change_class, change.message)
        for change in compare_contracts(old.tree, new.tree)
    ]


def _port_text(port: JSONObject) -> str:
    return " ".join(port_key(port))
