"""What changed between two documents: a walk that classes each change; pure."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from jsonpointer import escape

from catalog.issues import shortened
from catalog.products.json_diff import is_same
from catalog.types import JSONObject, JSONValue

TEXT_KEYS = frozenset(
    "apiVersion authoritativeDefinitions businessImpact businessName context contractCreatedTs "
    "dataGranularityDescription description dimension examples id name support synonyms tags team "
    "transformDescription transformLogic transformSourceObjects".split()
)
_LISTS = {"properties": "columns", "schema": "tables"}


class ChangeClass(IntEnum):
    """How much a change touches consumers; the greater, the more."""

    TEXT = 1
    COMPATIBLE = 2
    BREAKING = 3

    @property
    def label(self) -> str:
        return "text only" if self is ChangeClass.TEXT else self.name.lower()


@dataclass(frozen=True)
class Change:
    """One change of a document.

    `location` is a path like a JSON Pointer, with the names of tables, columns, servers and ports
    in place of their positions, so that it means the same in both versions.
    """

    location: str
    change_class: ChangeClass
    message: str

    def as_json(self) -> dict[str, str]:
        return {
            "location": self.location,
            "change_class": self.change_class.name.lower(),
            "message": self.message,
        }


def greatest_class(changes: Iterable[Change]) -> ChangeClass | None:
    return max((change.change_class for change in changes), default=None)


Compare = Callable[[JSONValue, JSONValue, str, str], None]


def ignore(_before: JSONValue, _after: JSONValue, _at: str, _subject: str) -> None:
    """Leave out a member that another one already describes."""


@dataclass
class Comparison:
    """Collects the changes of two documents.

    Each method compares one kind of part, which is None if a version does not have it; `at` is its
    location and `subject` its name in messages.
    """

    changes: list[Change] = field(default_factory=list)

    def add(self, at: str, change_class: ChangeClass, message: str) -> None:
        self.changes.append(Change(at, change_class, message))

    def members(
        self,
        before: Mapping[str, JSONValue],
        after: Mapping[str, JSONValue],
        at: str,
        subject: str,
        compare: Mapping[str, Compare],
    ) -> None:
        """Compare two objects member by member: those with a meaning of their own by `compare`."""
        for key in dict.fromkeys((*before, *after)):
            old, new = before.get(key), after.get(key)
            if is_same(old, new):
                continue
            known = compare.get(key)
            if known:
                known(old, new, f"{at}/{escape(key)}", subject)
            else:
                self.plain(old, new, f"{at}/{escape(key)}", subject)

    def plain(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        """Add a change of a member that promises nothing of the data."""
        key = at.rpartition("/")[2]
        change_class = ChangeClass.TEXT if key in TEXT_KEYS else ChangeClass.COMPATIBLE
        self.add(at, change_class, f"{subject}: {changed_value(key, before, after)}")

    def breaking(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        key = at.rpartition("/")[2]
        message = f"{subject}: {changed_value(key, before, after)}"
        self.add(at, ChangeClass.BREAKING, message)

    def guarantee(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        """Add a change of what holds for all values: only a new promise is compatible."""
        (self.plain if before is None else self.breaking)(before, after, at, subject)

    def flag(self, before: JSONValue, after: JSONValue, at: str, subject: str) -> None:
        loosens = is_on(before) and not is_on(after)
        (self.breaking if loosens else self.plain)(before, after, at, subject)

    def parts(
        self, before: JSONValue, after: JSONValue, at: str, name_of: Callable[[JSONObject], object]
    ) -> Iterator[tuple[str, str, JSONObject | None, JSONObject | None]]:
        """Yield name, location and both versions of each part of two lists; note a new order.

        The second part of a name has its number in its name.
        """
        key = at.rpartition("/")[2]
        old, new = _by_name(before, name_of), _by_name(after, name_of)
        for name in dict.fromkeys((*old, *new)):
            yield name, f"{at}/{escape(name)}", old.get(name), new.get(name)
        common = [name for name in old if name in new]
        if common != [name for name in new if name in old]:
            message = f"The order of {_LISTS.get(key, key)} changed."
            self.add(at, ChangeClass.COMPATIBLE, message)
        if not is_same(_others(before), _others(after)):
            message = f"Entries of {_LISTS.get(key, key)} that are not objects changed."
            self.add(at, ChangeClass.COMPATIBLE, message)


def changed_value(name: str, before: JSONValue, after: JSONValue) -> str:
    """Return a sentence on a value that was added, removed or changed; a short one is shown."""
    if before is None:
        return f"{name} was added{_of(after)}."
    if after is None:
        return f"{name} was removed{_of(before)}."
    if isinstance(before, dict | list) or isinstance(after, dict | list):
        return f"{name} changed."
    return f"{name} changed from {shown_value(before)} to {shown_value(after)}."


def _of(value: JSONValue) -> str:
    return "" if isinstance(value, dict | list) else f": {shown_value(value)}"


def shown_value(value: JSONValue) -> str:
    return f"“{shortened(value)}”" if isinstance(value, str) else json.dumps(value)


def shown_list(values: Iterable[JSONValue]) -> str:
    return shortened(", ".join(shown_value(value) for value in values), 200)


def _by_name(items: JSONValue, name_of: Callable[[JSONObject], object]) -> dict[str, JSONObject]:
    counts: Counter[str] = Counter()
    parts: dict[str, JSONObject] = {}
    for item in objects_of(items):
        name = text = str(name_of(item) or "without a name")
        while text in parts:
            counts[name] += 1
            text = f"{name} ({counts[name] + 1})"
        parts[text] = item
    return parts


def objects_of(items: JSONValue) -> list[JSONObject]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _others(items: JSONValue) -> JSONValue:
    if not isinstance(items, list):
        return items
    return [item for item in items if not isinstance(item, dict)] or None


def is_on(flag: JSONValue) -> bool:
    return str(flag).strip().lower() in {"true", "1"}


def differing_keys(before: Mapping[str, JSONValue], after: Mapping[str, JSONValue]) -> set[str]:
    keys = {*before, *after}
    return {key for key in keys if not is_same(before.get(key), after.get(key))}
