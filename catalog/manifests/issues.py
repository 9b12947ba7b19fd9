"""What is wrong with a document: where it is, which rule it breaks, and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from catalog.issues import Issue

Token = str | int


@dataclass(frozen=True, kw_only=True)
class DocumentIssue(Issue):
    """An issue in a file. Lines and columns count from 1; 0 where there is no place."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.severity}: {self.message} [{self.code} at {self.location or '/'}]"

    def as_json(self) -> dict[str, str | int]:
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "location": self.location,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "severity": self.severity.value,
        }


def in_order(problems: Iterable[DocumentIssue]) -> list[DocumentIssue]:
    """Return problems in the order in which a reader of the file meets them."""
    return sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))


def pointer(tokens: Sequence[Token]) -> str:
    """The JSON pointer (RFC 6901) of a path; empty for the document itself."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def tokens_of(path: str) -> list[str]:
    """The steps of a JSON pointer; list positions stay digits in text."""
    steps = path.split("/")[1:]
    return [step.replace("~1", "/").replace("~0", "~") for step in steps]


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A sentence with the nearest known word, or an empty text where none is near."""
    by_fold = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold()[:80], list(by_fold), n=1, cutoff=0.75)
    return f"Did you mean {by_fold[near[0]]}?" if near else ""


def shortened(text: str, limit: int = 80) -> str:
    """The text, cut in the middle where it would flood a message."""
    if len(text) <= limit:
        return text
    half = (limit - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
