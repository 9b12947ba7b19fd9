"""Proposes the classification and the term of observed columns; pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog.types import JSONObject
from governance.inspection.classification import ClassifiableColumn, ColumnKey, suggest
from governance.inspection.declarations import physical_name
from governance.sandbox.types import ColumnProfile, TableProfile

WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


@dataclass(frozen=True, kw_only=True)
class ColumnProposal:
    """What one column may be: a classification, or a term with the URL of its definition."""

    table: str
    column: str
    classification: str = ""
    evidence: str = ""
    term: str = ""
    term_url: str = ""

    @property
    def key(self) -> str:
        """Return what a form sends for an accepted proposal."""
        return f"{self.table}/{self.column}/{self.classification}{self.term_url}"


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a column's name in lower case: "customerId" has customer and id."""
    return tuple(word.lower() for word in WORDS.findall(name))


def propose(
    tables: Iterable[TableProfile], terms: Mapping[tuple[str, ...], tuple[str, str]]
) -> Iterator[ColumnProposal]:
    """Yield what the names and the values of columns suggest.

    `terms` has the name and the URL of each term, by the words of each of its spellings.
    """
    for table in tables:
        for column in table.columns:
            for suggestion in suggest([_unclassified(table, column)], rejected=()):
                yield ColumnProposal(
                    table=table.name,
                    column=column.name,
                    classification=suggestion.classification,
                    evidence=suggestion.evidence,
                )
            if term := terms.get(words_of(column.name)):
                name, url = term
                yield ColumnProposal(table=table.name, column=column.name, term=name, term_url=url)


def _unclassified(table: TableProfile, column: ColumnProfile) -> ClassifiableColumn:
    return ClassifiableColumn(
        key=ColumnKey("", table.name, column.name),
        name=column.name,
        table=table.name,
        path=column.name,
        logical_type=column.logical_type,
        observed=column,
    )


def with_proposals(
    schema: Sequence[JSONObject], accepted: Iterable[ColumnProposal]
) -> list[JSONObject]:
    """Return schema objects with accepted proposals, where people have written nothing yet."""
    by_column: dict[tuple[str, str], list[ColumnProposal]] = {}
    for proposal in accepted:
        by_column.setdefault((proposal.table, proposal.column), []).append(proposal)

    def proposed(table: JSONObject, column: JSONObject) -> JSONObject:
        key = (physical_name(table), physical_name(column))
        for proposal in by_column.get(key, ()):
            if proposal.classification:
                column = {"classification": proposal.classification} | column
            if proposal.term_url and not column.get("authoritativeDefinitions"):
                definition = {"type": "businessDefinition", "url": proposal.term_url}
                column = column | {"authoritativeDefinitions": [definition]}
        return column

    return [
        table | {"properties": [proposed(table, column) for column in table.get("properties", ())]}
        for table in schema
    ]
