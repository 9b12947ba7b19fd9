"""What a text is made of, as one flat stream: nothing is built here, nothing recurses."""

import re
from bisect import bisect_right
from enum import Enum, auto
from typing import NamedTuple

Scalar = str | int | float | bool | None


class Kind(Enum):
    DOCUMENT = auto()
    MAPPING = auto()
    LIST = auto()
    END = auto()
    SCALAR = auto()
    ALIAS = auto()


class Event(NamedTuple):
    """One step of a document; lines and columns count from 1."""

    kind: Kind
    line: int
    column: int
    value: Scalar = None
    text: str | None = None
    """The words of an unquoted scalar, as written: `1.0` for the number 1.0."""
    anchor: str | None = None


class Misread(Exception):
    """The text cannot be read on: at this line, column and JSON pointer, for this reason."""

    def __init__(
        self, line: int, column: int, rule: str, message: str, hint: str, path: str = ""
    ) -> None:
        super().__init__(message)
        self.line, self.column, self.code = line, column, rule
        self.message, self.hint, self.path = message, hint, path


MAX_DIGITS = 40


def integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a whole number of more than {MAX_DIGITS} digits")
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number too large for JSON")
    return number


def line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def place_of(starts: list[int], offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character offset."""
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1
