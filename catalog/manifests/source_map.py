"""A parsed document: its tree, and the line and column at which each value was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jsonpointer import JsonPointer

from catalog.issues import Severity
from catalog.manifests.issues import DocumentIssue
from catalog.types import JSONObject


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@dataclass(slots=True)
class SourcePosition:
    """Where a value was written: at its key, if it has one. `text` is that of an unquoted one."""

    line: int
    column: int
    text: str | None = None
    children: dict[str, SourcePosition] | list[SourcePosition] | None = None

    def child(self, token: str) -> SourcePosition | None:
        if isinstance(self.children, dict):
            return self.children.get(token)
        children = self.children or []
        index = int(token) if token.isdecimal() and len(token) < 9 else -1
        return children[index] if 0 <= index < len(children) else None


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its tree, and where every value of it was written."""

    file: str
    tree: JSONObject
    position: SourcePosition

    def position_of(self, location: str) -> SourcePosition:
        """Return the position of a JSON Pointer, or of its nearest ancestor that was written."""
        position = self.position
        for token in JsonPointer(location).parts:
            child = position.child(token)
            if child is None:
                break
            position = child
        return position

    def issue(
        self,
        path: Sequence[str | int],
        code: str,
        message: str,
        hint: str,
        severity: Severity = Severity.ERROR,
    ) -> DocumentIssue:
        location = JsonPointer.from_parts(path).path
        position = self.position_of(location)
        return DocumentIssue(
            file=self.file,
            line=position.line,
            column=position.column,
            location=location,
            code=code,
            message=message,
            hint=hint,
            severity=severity,
        )
