"""A datasheet as PDF/UA by Typst; loads a library of 80 MB, so views load it by its path."""

import json
import re
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path

import typst
from django.utils.translation import gettext as _

from catalog.types import JSONObject, JSONValue
from governance.web.representation.datasheet import Datasheet, Fact, Section, Table

LAYOUT = Path(__file__).with_name("datasheet.typ").read_bytes()
REPLACEMENT = "\u25a1"
# Typst names each text that no font can show, as a string of Rust.
_MISSING = re.compile(r'the text `"(.*?)"` could not be displayed')
_RUST_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")
_DROPPED = ("Cc", "Cs", "Cn", "Co")


def pdf_of(
    datasheet: Datasheet, *, identifier: str, at: datetime, fonts: typst.Fonts | None = None
) -> bytes:
    """Return a datasheet as PDF, the same bytes for the same datasheet, moment and fonts.

    Characters that no font has (of Typst, or installed on this machine) are printed as a box, and
    a note says so.
    """
    fonts = fonts or _fonts()
    data = _datasheet(datasheet) | {"identifier": _clean(identifier)}
    try:
        return _compile(data, at, fonts)
    except typst.TypstError as error:
        missing = _missing_characters(error.diagnostic)
        if not missing:
            raise
    data = _translate(data, dict.fromkeys(map(ord, missing), REPLACEMENT))
    data["sections"].append(_section(_missing_note(missing)))
    return _compile(data, at, fonts)


@cache
def _fonts() -> typst.Fonts:
    """Return the fonts of Typst and those that are installed on this machine."""
    return typst.Fonts()


def _compile(data: JSONObject, at: datetime, fonts: typst.Fonts) -> bytes:
    return typst.compile(
        LAYOUT,
        font_paths=fonts,
        sys_inputs={"datasheet": json.dumps(data)},
        pdf_standards="ua-1",
        timestamp=int(at.timestamp()),
        format="pdf",
    )


def _missing_characters(diagnostic: str) -> list[str]:
    """Return the characters that the errors of Typst name, in their order."""
    texts = (_RUST_ESCAPE.sub(_unescape, text) for text in _MISSING.findall(diagnostic))
    return sorted({char for text in texts for char in text})


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}.get(match[2], match[2])


def _missing_note(missing: list[str]) -> Section:
    names = {unicodedata.name(char, _("unnamed")).split()[0].title() for char in missing}
    text = _(
        "{count} different characters are printed as {box}, because no font of this installation "
        "has them ({scripts}). The page and the Markdown file show them."
    )
    note = text.format(count=len(missing), box=REPLACEMENT, scripts=", ".join(sorted(names)))
    return Section(code="fonts", title=_("About this file"), notes=(note,))


def _translate(value: JSONValue, table: dict[int, str]) -> JSONValue:
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, list):
        return [_translate(item, table) for item in value]
    if isinstance(value, dict):
        return {
            key: item if key == "url" else _translate(item, table) for key, item in value.items()
        }
    return value


def _clean(text: str) -> str:
    """Return one line without control characters, lone surrogates and unassigned code points."""
    line = " ".join(text.split())
    return "".join(char for char in line if unicodedata.category(char) not in _DROPPED).strip()


def _heading(text: str) -> str:
    """Return one line; PDF/UA has no empty headings."""
    return _clean(text) or "–"


def _paragraphs(text: str) -> list[list[str]]:
    lines = [_clean(line) for line in text.strip().splitlines()]
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [part for part in paragraphs if part]


def _datasheet(datasheet: Datasheet) -> JSONObject:
    return {
        "title": _heading(datasheet.title),
        "summary": _paragraphs(datasheet.summary),
        "language": datasheet.language.partition("-")[0],
        "facts": [_fact(fact) for fact in datasheet.facts],
        "sections": [_section(section) for section in datasheet.sections],
    }


def _section(section: Section) -> JSONObject:
    return {
        "title": _heading(section.title),
        "facts": [_fact(fact) for fact in section.facts],
        "tables": [_table(table) for table in section.tables],
        "notes": [_paragraphs(note) for note in section.notes],
    }


def _fact(fact: Fact) -> JSONObject:
    return {
        "label": _clean(fact.label),
        "text": _paragraphs(fact.text),
        "state": _clean(fact.state),
        "url": fact.url if fact.url.isascii() else "",
    }


def _table(table: Table) -> JSONObject:
    return {
        "caption": _heading(table.caption),
        "columns": [_clean(column) for column in table.columns],
        "rows": [[_clean(cell) for cell in row] for row in table.rows],
        "numbers": table.numbers,
        "notes": [_paragraphs(note) for note in table.notes],
    }
