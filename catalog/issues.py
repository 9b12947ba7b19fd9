"""What is wrong with input, however it came: one class for files, forms, the API and queries."""

from __future__ import annotations

from dataclasses import dataclass
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
