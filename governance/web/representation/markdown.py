"""A datasheet as Markdown (CommonMark with tables); what people wrote is never markup; pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from governance.web.representation.datasheet import Datasheet, Fact, Section, Table

_SPECIAL = re.compile(r"[\\`*_\[\]<#|~&$]")
# What begins a list, a quotation, a rule or the line below a heading.
_AT_START = re.compile(r"^(\d*)([-+=>.)])")
_URL_CHARACTERS = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&'*+,;=%]")


def markdown_of(datasheet: Datasheet) -> str:
    """Return a datasheet as a Markdown document."""
    return "\n".join(_lines(datasheet)).rstrip("\n") + "\n"


def escape_text(text: str) -> str:
    """Return one line that Markdown shows as it was written."""
    line = " ".join(_visible(text).split())
    return _AT_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", line))


def _visible(text: str) -> str:
    """Return a text without control characters, lone surrogates and changes of direction."""
    visible = ("\n" if char in "\r\n\u2028\u2029" else char for char in text)
    return "".join(
        char
        for char in visible
        if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn")
    )


def _lines(datasheet: Datasheet) -> Iterator[str]:
    yield from (f"# {escape_text(datasheet.title)}", "")
    if datasheet.summary:
        yield from (*_paragraphs(datasheet.summary), "")
    yield from _facts(datasheet.facts)
    for section in datasheet.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield from (f"## {escape_text(section.title)}", "")
    yield from _facts(section.facts)
    for table in section.tables:
        yield from _table(table)
    for note in section.notes:
        yield from (*_paragraphs(note), "")


def _facts(facts: Sequence[Fact]) -> Iterator[str]:
    for fact in facts:
        yield from (f"**{escape_text(fact.label)}**", "")
        if fact.state:
            yield from (f"*{escape_text(fact.state)}*", "")
        text = list(_paragraphs(fact.text))
        if fact.url and len(text) == 1:
            text = [f"[{text[0]}](<{_URL_CHARACTERS.sub(_percent, fact.url)}>)"]
        if text:
            yield from (*text, "")


def _table(table: Table) -> Iterator[str]:
    yield from (f"### {escape_text(table.caption)}", "")
    rulers = ["---:" if table.is_number(index) else "---" for index in range(len(table.columns))]
    yield _row([escape_text(column) for column in table.columns])
    yield _row(rulers)
    for row in table.rows:
        yield _row([escape_text(cell) for cell in row])
    yield ""
    for note in table.notes:
        yield from (*_paragraphs(note), "")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of a text: a line break stays one, an empty line ends a paragraph."""
    lines = [escape_text(line) for line in _visible(text).strip().split("\n")]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line or following:
            yield f"{line}\\" if line and following else line


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))
