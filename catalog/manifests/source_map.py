"""A document that was read: its tree, and the line and column where each value was written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.issues import Severity
from catalog.manifests.issues import DocumentIssue, Token, pointer, tokens_of

Tree = dict[str, Any]


class SourcePosition:
    """Where a value stands (at its key, if it has one) and, unquoted, how it was written."""

    __slots__ = ("children", "column", "line", "text")

    def __init__(self, line: int, column: int, text: str | None = None) -> None:
        self.line, self.column, self.text = line, column, text
        self.children: dict[str, SourcePosition] | list[SourcePosition] = []

    def child(self, token: str) -> "SourcePosition | None":
        if isinstance(self.children, dict):
            return self.children.get(token)
        position = int(token) if token.isdecimal() and len(token) < 9 else -1
        return self.children[position] if 0 <= position < len(self.children) else None


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its tree, and where every value of it was written."""

    file: str
    tree: Tree
    mark: SourcePosition

    def position_of(self, path: str) -> SourcePosition:
        """The mark at a JSON pointer, or of its nearest ancestor that was written."""
        mark = self.mark
        for token in tokens_of(path):
            below = mark.child(token)
            if below is None:
                break
            mark = below
        return mark

    def problem(
        self,
        tokens: Sequence[Token],
        rule: str,
        message: str,
        hint: str,
        severity: Severity = Severity.ERROR,
    ) -> DocumentIssue:
        """A problem of this document, at a path."""
        path = pointer(tokens)
        mark = self.position_of(path)
        return DocumentIssue(
            file=self.file,
            line=mark.line,
            column=mark.column,
            location=path,
            code=rule,
            message=message,
            hint=hint,
            severity=severity,
        )
