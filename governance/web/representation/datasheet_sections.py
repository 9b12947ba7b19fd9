"""A datasheet's sections: those of Datasheets for Datasets (Gebru et al. 2021), filled from facts.

What nobody answered is listed as not answered; what is unknown is printed as unknown.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.contracts.columns import Column, iter_columns
from catalog.provenance.answers import ANSWERED, NOT_APPLICABLE, UNKNOWN, answer_texts
from catalog.provenance.projection import DeclaredAnswer
from catalog.provenance.question_types import Question
from catalog.types import JSONValue
from catalog.web.components.badges import lifecycle_style, sensitivity_label
from catalog.web.components.humanize import day
from catalog.web.products.links import Link, contact_of, declared_usages, safe_url
from governance.web.representation.datasheet import Datasheet, Fact, Section, Table
from governance.web.representation.datasheet_measured import (
    declared_table,
    measured_section,
    statement_sections,
)
from governance.web.representation.datasheet_source import DatasheetSource

MAX_COLUMNS = 300
NO_VALUE = "–"
# The topics of the questions that each section answers.
TOPICS = {
    "motivation": ("purpose",),
    "composition": ("content", "people"),
    "collection": ("collection",),
    "preprocessing": ("preparation", "annotation"),
    "imbalances": ("bias",),
    "uses": ("uses",),
    "distribution": ("rights",),
    "maintenance": ("maintenance",),
    "provenance": ("derivation",),
}


def datasheet_of(source: DatasheetSource) -> Datasheet:
    columns = source.columns
    sections = [
        _motivation(source, columns.purpose),
        _section(source, "composition", _("Composition"), _composition(source)),
        _section(source, "collection", _("Collection")),
        _section(source, "preprocessing", _("Preprocessing and labelling")),
        _imbalances(source),
        *map(measured_section, source.measured),
        *_statements(source),
        _section(source, "uses", _("Uses"), _uses(source, columns.usage, columns.limitations)),
        _section(source, "distribution", _("Distribution"), _distribution(source)),
        _section(source, "maintenance", _("Maintenance"), _maintenance(source)),
        _provenance(source),
        *_contracts(source),
    ]
    return Datasheet(
        title=_("Datasheet: {name}").format(name=columns.name),
        summary=_summary(source),
        language=get_language() or "en",
        facts=_head(source),
        sections=tuple(sections),
    )


def _summary(source: DatasheetSource) -> str:
    """Return how much of the datasheet is answered, and what its figures rest on."""
    questions, answers = len(source.questions.questions), source.provenance.answers
    states = [answer.state for answer in answers]
    if source.problem:
        text = _("The provenance of this version cannot be read by the rules of today: {problem}")
        return text.format(problem=source.problem)
    if not answers:
        text = _("None of the {questions} questions about this data is answered.")
        return text.format(questions=questions)
    counts = [
        (_("{n} of {questions} questions are answered"), states.count(ANSWERED)),
        (_("{n} are marked unknown"), states.count(UNKNOWN)),
        (_("{n} are marked not applicable"), states.count(NOT_APPLICABLE)),
        (_("{n} are not answered"), len(source.open_questions)),
    ]
    parts = [
        text.format(n=n, questions=questions) for text, n in counts if n or text is counts[0][0]
    ]
    return f"{', '.join(parts)}."


def _head(source: DatasheetSource) -> tuple[Fact, ...]:
    product = source.product
    label = _("Published") if source.is_published else _("Entry changed")
    state = "" if source.is_published else _("a draft, not published")
    return (
        Fact(label=_("Identifier"), text=source.iri, url=source.iri),
        Fact(label=_("Version"), text=source.version, state=state),
        Fact(label=label, text=day(source.dated)),
        Fact(label=_("Status"), text=str(lifecycle_style(product.status).label)),
        Fact(label=_("Domain"), text=product.domain.name),
    )


def _motivation(source: DatasheetSource, purpose: str) -> Section:
    return _section(source, "motivation", _("Motivation"), [_stated(_("What it is for"), purpose)])


def _composition(source: DatasheetSource) -> list[Fact]:
    return [Fact(label=_("Sensitivity"), text=sensitivity_label(source.columns.sensitivity))]


def _uses(source: DatasheetSource, usage: str, limitations: str) -> list[Fact]:
    used = (
        [_link_fact(link) for link in declared_usages(source.product)] if source.is_latest else []
    )
    return [
        _stated(_("How to use it"), usage),
        _stated(_("Limitations"), limitations),
        *used,
    ]


def _link_fact(link: Link) -> Fact:
    return Fact(label=_("Used in"), text=" ".join(filter(None, (link.label, link.note))))


def _distribution(source: DatasheetSource) -> list[Fact]:
    reuse = source.reuse
    licence = " – ".join(filter(None, (reuse.license, reuse.license_name)))
    ports = "\n".join(f"{name}@{version}" for name, version in source.content.contracts)
    return [
        _stated(_("Licence"), licence, url=reuse.license_url),
        Fact(label=_("Citation"), text=source.citation),
        _stated(_("Output ports with a contract"), ports),
    ]


def _maintenance(source: DatasheetSource) -> list[Fact]:
    team, contact = source.product.domain.owner_team, contact_of(source.product)
    label, url = (contact.label, contact.url) if contact else ("", "")
    return [
        _stated(_("Maintained by"), team.name if team else ""),
        _stated(_("Contact"), label, url=url),
    ]


def _provenance(source: DatasheetSource) -> Section:
    facts = []
    for line in source.inputs:
        text = line.port.source_name or line.port.contract_identifier
        url = ""
        if line.product is not None:
            text = f"{line.product.name} ({line.product.domain.name})"
            url = settings.ASSAY_BASE_IRI.rstrip("/") + line.product.path
        facts.append(_stated(_("Input {name}").format(name=line.port.name), text, url=url))
    if not facts:
        facts = [Fact(label=_("Inputs"), state=_("none declared"))]
    return _section(source, "provenance", _("Provenance"), facts)


def _stated(label: str, text: str, url: str = "") -> Fact:
    """Return a fact of the document; an empty one is not stated."""
    state = "" if text.strip() else _("not stated")
    return Fact(label=label, text=text, state=state, url=safe_url(url))


def _section(source: DatasheetSource, code: str, title: str, facts: Iterable[Fact] = ()) -> Section:
    """Return a section: its facts, the answers to its questions, and the open questions."""
    topics = TOPICS[code]
    questions = [question for question in source.questions.questions if question.topic in topics]
    answers = {answer.question: answer for answer in source.provenance.answers}
    answered = [
        answer_fact(question, answers[question.code])
        for question in questions
        if question.code in answers
    ]
    missing = [question.text for question in questions if question.code not in answers]
    rest = [Fact(label=_("Not answered"), text="\n".join(map(_, missing)))] if missing else []
    return Section(code=code, title=title, facts=(*facts, *answered, *rest))


def answer_fact(question: Question, answer: DeclaredAnswer) -> Fact:
    """Return an answer, or that it is unknown, or why the question does not apply."""
    label = _(question.text)
    if answer.state == UNKNOWN:
        return Fact(label=label, state=_("unknown, stated by owner"), text=answer.reason)
    if answer.state == NOT_APPLICABLE:
        return Fact(label=label, state=_("not applicable"), text=answer.reason)
    state = ""
    if answer.taken_from:
        text = _("taken over from an upstream product, version {version}")
        state = text.format(version=answer.taken_version or NO_VALUE)
    return Fact(label=label, state=state, text="\n".join(answer_texts(question, answer)))


def _imbalances(source: DatasheetSource) -> Section:
    section = _section(source, "imbalances", _("Bias and known imbalances"))
    tables = tuple(map(declared_table, source.declared))
    notes = () if tables else (_("No group's share is declared."),)
    return replace(section, tables=tables, notes=notes)


def _statements(source: DatasheetSource) -> Iterator[Section]:
    """Yield what is contradicted, inherited, not assessed and not measured."""
    if source.statements is None:
        text = _("What is measured now is in the datasheet of the current version.")
        yield Section(code="measured", title=_("Measured representation"), notes=(text,))
        return
    if not source.measured:
        text = _("No one has measured how groups are represented.")
        yield Section(code="measured", title=_("Measured representation"), notes=(text,))
    yield from statement_sections(source.statements)


def _contracts(source: DatasheetSource) -> list[Section]:
    tables = [
        _contract_table(f"{name}@{version}", str(contract), table)
        for (name, version), contract in source.content.contracts.items()
        for table in _objects(contract.tree.get("schema"))
    ]
    notes = () if tables else (_("No contract describes the columns of this data."),)
    return [Section(code="contracts", title=_("Contracts"), tables=tuple(tables), notes=notes)]


def _contract_table(port: str, contract: str, table: dict[str, JSONValue]) -> Table:
    columns = iter_columns(table)
    caption = _("Port {port}, table {table}, contract {contract}")
    hidden = len(columns) - MAX_COLUMNS
    notes = (_("{count} more columns are in the contract.").format(count=hidden),)
    return Table(
        caption=caption.format(port=port, table=table.get("name") or NO_VALUE, contract=contract),
        columns=(_("Column"), _("Type"), _("Classification"), _("Description")),
        rows=tuple(_column_row(column) for column in columns[:MAX_COLUMNS]),
        notes=notes if hidden > 0 else (),
    )


def _column_row(column: Column) -> tuple[str, ...]:
    fields = column.fields()
    kind = fields["type"] or fields["physical_type"]
    texts = (fields["name"], kind, fields["classification"], fields["description"])
    return tuple(str(text or "") for text in texts)


def _objects(items: JSONValue) -> list[dict[str, JSONValue]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
