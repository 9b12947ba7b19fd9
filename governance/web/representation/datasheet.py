"""A datasheet as text that every format prints: facts, tables and notes in sections; pure."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One labelled text; `state` says what it is if it is no answer, such as "unknown".

    `url` is an address of the web or of mail, or empty.
    """

    label: str
    text: str = ""
    state: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of texts; `numbers` counts the columns at the end that are figures."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0
    notes: tuple[str, ...] = ()

    def is_number(self, index: int) -> bool:
        return index >= len(self.columns) - self.numbers


@dataclass(frozen=True, kw_only=True)
class Section:
    """One heading and what is below it: facts first, then tables, then notes."""

    code: str
    title: str
    facts: tuple[Fact, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Datasheet:
    """A whole datasheet; `language` is that of its texts."""

    title: str
    summary: str
    language: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]

    def texts(self) -> Iterator[str]:
        """Yield every text, as often as it is printed."""
        yield from (self.title, self.summary)
        yield from _fact_texts(self.facts)
        for section in self.sections:
            yield section.title
            yield from section.notes
            yield from _fact_texts(section.facts)
            for table in section.tables:
                yield from (table.caption, *table.columns, *table.notes)
                yield from (text for row in table.rows for text in row)


def _fact_texts(facts: tuple[Fact, ...]) -> Iterator[str]:
    for fact in facts:
        yield from (fact.label, fact.text, fact.state, fact.url)
