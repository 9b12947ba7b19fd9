"""What is wrong with a document, with the line and column at which it was written."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.issues import Issue


@dataclass(frozen=True, kw_only=True)
class DocumentIssue(Issue):
    """An issue in a file. Lines and columns count from 1; 0 if the position is unknown."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        position = f"{self.file}:{self.line}:{self.column}"
        return (
            f"{position}: {self.severity}: {self.message} [{self.code} at {self.location or '/'}]"
        )


class ParseError(Exception):
    """A text cannot be read; `issue` says where, why, and how to fix it."""

    def __init__(
        self,
        file: str,
        line: int,
        column: int,
        code: str,
        message: str,
        hint: str,
        location: str = "",
    ) -> None:
        self.issue = DocumentIssue(
            file=file,
            line=line,
            column=column,
            location=location,
            code=f"reading.{code}",
            message=message,
            hint=hint,
        )
        super().__init__(str(self.issue))


def by_position(issues: Iterable[DocumentIssue]) -> list[DocumentIssue]:
    return sorted(issues, key=lambda issue: (issue.file, issue.line, issue.column))
