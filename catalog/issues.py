"""What is wrong with input, however it came: one class for files, forms, the API and queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Severity(StrEnum):
    """An error stops the act; a warning only informs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One thing wrong with input.

    `location` is a JSON Pointer into a document, or the name of a field; `hint` says how to fix it.
    """

    message: str
    code: str = "invalid"
    hint: str = ""
    severity: Severity = Severity.ERROR
    location: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def as_json(self) -> dict[str, str | int]:
        return vars(self) | {"severity": self.severity.value}


def closest(word: str, known: Iterable[str]) -> str:
    """Return the nearest known word, or an empty text if none is near."""
    by_casefold = {name.casefold(): name for name in known}
    matches = get_close_matches(word.casefold()[:80], list(by_casefold), n=1, cutoff=0.75)
    return by_casefold[matches[0]] if matches else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a sentence with the nearest known word, or an empty text if none is near."""
    match = closest(word, known)
    return f"Did you mean {match}?" if match else ""


def shortened(text: str, limit: int = 80) -> str:
    """Return a text, cut in the middle if it would flood a message."""
    if len(text) <= limit:
        return text
    half = (limit - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
