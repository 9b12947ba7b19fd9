"""A tree read member by member: what is wrong with it is gathered, each with its pointer; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue

LONGEST_TEXT = 20_000


@dataclass
class TreeReading:
    """The faults found so far in a document; `at` is the pointer of what is read."""

    issues: list[Issue] = field(default_factory=list)

    def issue(self, location: str, message: str, hint: str = "") -> None:
        """Note what is wrong at a place."""
        self.issues.append(Issue(location=location, message=message, hint=hint))

    def text(self, item: Mapping[str, Any], key: str, at: str, longest: int = LONGEST_TEXT) -> str:
        """Return a text without blanks around it, empty where there is none or a fault."""
        value = item.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.issue(f"{at}/{key}", "This is a text.", "Put it in quotes.")
            return ""
        if len(value) > longest:
            self.issue(f"{at}/{key}", f"This has at most {longest} characters.")
            return ""
        return value.strip()

    def objects(self, tree: Mapping[str, Any], key: str, at: str) -> Iterator[tuple[str, Any]]:
        """Yield each object of a list with its pointer."""
        value = tree.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            self.issue(f"{at}/{key}", "This is a list.")
            return
        for index, item in enumerate(value):
            location = f"{at}/{key}/{index}"
            if isinstance(item, Mapping):
                yield location, item
            else:
                self.issue(location, "This is an object.")

    def finish(self) -> None:
        """Raise Invalid if anything was wrong."""
        if self.issues:
            raise ValidationFailed(self.issues)
