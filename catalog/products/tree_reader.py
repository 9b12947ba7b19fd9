"""Reads a tree member by member and collects its issues, each with its JSON Pointer; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from catalog.exceptions import require_valid
from catalog.identifiers import fit
from catalog.issues import Issue
from catalog.products.document_size import MAX_CHARACTERS
from catalog.types import JSONValue

MAX_TEXT = 20_000


@dataclass
class TreeReader:
    """`at` is always the JSON Pointer of the object that is read; empty for the document."""

    issues: list[Issue] = field(default_factory=list)

    def add_issue(self, location: str, message: str, hint: str = "") -> None:
        self.issues.append(Issue(location=location, message=message, hint=hint))

    def text(
        self, item: Mapping[str, JSONValue], key: str, at: str, max_length: int = MAX_TEXT
    ) -> str:
        """Return a stripped text, empty if it is missing or invalid."""
        value = item.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.add_issue(f"{at}/{key}", "Must be a string.", "Put it in quotes.")
            return ""
        if len(value) > max_length:
            self.add_issue(f"{at}/{key}", f"At most {max_length} characters.")
            return ""
        return value.strip()

    def key(self, item: Mapping[str, JSONValue], key: str, at: str, max_length: int) -> str:
        """Return a text that identifies something, fitted to a column; the tree keeps it whole."""
        return fit(self.text(item, key, at, MAX_CHARACTERS), max_length)

    def words(
        self, item: Mapping[str, JSONValue], key: str, at: str, max_length: int = MAX_TEXT
    ) -> str:
        """Return the beginning of a text that people read; the tree keeps it whole."""
        return self.text(item, key, at, MAX_CHARACTERS)[:max_length].strip()

    def mapping(
        self, item: Mapping[str, JSONValue], key: str, at: str = ""
    ) -> Mapping[str, JSONValue]:
        value = item.get(key)
        if value is not None and not isinstance(value, Mapping):
            self.add_issue(f"{at}/{key}", "Must be an object.")
        return value if isinstance(value, Mapping) else {}

    def objects(
        self, item: Mapping[str, JSONValue], key: str, at: str = ""
    ) -> Iterator[tuple[str, Mapping[str, JSONValue]]]:
        """Yield each object of a list with its JSON Pointer."""
        value = item.get(key)
        if value is not None and not isinstance(value, list):
            self.add_issue(f"{at}/{key}", "Must be a list.")
        for index, member in enumerate(value if isinstance(value, list) else ()):
            if isinstance(member, Mapping):
                yield f"{at}/{key}/{index}", member
            else:
                self.add_issue(f"{at}/{key}/{index}", "Must be an object.")

    def finish(self) -> None:
        require_valid(self.issues)
