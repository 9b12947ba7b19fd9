"""JSON text as events: the grammar is a table of what may come next, so depth costs no stack."""

import re
from collections.abc import Iterator
from json import loads

from catalog.manifests.events import (
    Event,
    Kind,
    Misread,
    Scalar,
    finite,
    integer,
    line_starts,
    place_of,
)

_LEXEME = re.compile(
    r'[ \t\r\n]*(?:(?P<string>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![0-9.]))"
    r"|(?P<word>true|false|null)|(?P<sign>[\[\]{}:,]))"
)
_BLANK = re.compile(r"[ \t\r\n]*")
_JSON_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


def json_events(text: str) -> Iterator[Event]:
    """The events of the one JSON value in the text. Raises Misread."""
    return _JsonReader(text).events()


class _JsonReader:
    """JSON's grammar as a table of what may come next; the stack is a list, not the call stack."""

    def __init__(self, text: str) -> None:
        self.text, self.starts = text, line_starts(text)
        self.offset = 0
        self.open: list[str] = []
        self.expected = frozenset({"value"})

    def events(self) -> Iterator[Event]:
        yield Event(Kind.DOCUMENT, 1, 1)
        while "end" not in self.expected:
            found = _LEXEME.match(self.text, self.offset)
            start = _BLANK.match(self.text, self.offset).end()  # type: ignore[union-attr]
            if found is None:
                raise self._misread(start)
            self.offset = found.end()
            yield from self._step(str(found.lastgroup), found.group().lstrip(" \t\r\n"), start)
        rest = _BLANK.match(self.text, self.offset).end()  # type: ignore[union-attr]
        if rest < len(self.text):
            raise self._misread(rest)

    def _step(self, group: str, lexeme: str, start: int) -> Iterator[Event]:
        line, column = place_of(self.starts, start)
        if group != "sign":
            role = "key" if group == "string" and "key" in self.expected else "value"
            self._expect(role, start)
            self.expected = frozenset({":"}) if role == "key" else self._after_value()
            yield Event(Kind.SCALAR, line, column, self._value(group, lexeme, start))
        elif lexeme in "[{":
            self._expect("value", start)
            self.open.append(lexeme)
            self.expected = frozenset({"value", "]"} if lexeme == "[" else {"key", "}"})
            yield Event(Kind.LIST if lexeme == "[" else Kind.MAPPING, line, column)
        elif lexeme in "]}":
            self._expect(lexeme, start)
            self.open.pop()
            self.expected = self._after_value()
            yield Event(Kind.END, line, column)
        else:
            self._expect(lexeme, start)
            self.expected = frozenset(
                {"key"} if lexeme == "," and self.open[-1] == "{" else {"value"}
            )

    def _after_value(self) -> frozenset[str]:
        if not self.open:
            return frozenset({"end"})
        return frozenset({",", "]" if self.open[-1] == "[" else "}"})

    def _expect(self, role: str, start: int) -> None:
        if role not in self.expected:
            raise self._misread(start)

    def _value(self, group: str, lexeme: str, start: int) -> Scalar:
        try:
            if group == "string":
                return str(loads(lexeme)) if "\\" in lexeme else lexeme[1:-1]
            if group == "number":
                return finite(lexeme) if set(lexeme) & set(".eE") else integer(lexeme)
        except ValueError as error:
            line, column = place_of(self.starts, start)
            raise Misread(
                line,
                column,
                "json-value",
                f"{lexeme[:40]} cannot be read: {error}",
                "Write a shorter number, or a text in double quotes with valid escapes.",
            ) from None
        return _JSON_WORDS[lexeme]

    def _misread(self, offset: int) -> Misread:
        line, column = place_of(self.starts, offset)
        found = repr(self.text[offset : offset + 12]) if offset < len(self.text) else "the end"
        wanted = " or ".join(sorted(self.expected - {"end"})) or "nothing more"
        return Misread(
            line,
            column,
            "json-syntax",
            f"not well-formed JSON: {found} where {wanted} is expected",
            "Look at the commas, quotes and brackets at this line and the one before it.",
        )
