"""What documents contain of related rows, read for many products in a few statements."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Model, QuerySet

from catalog.authorization.tree import ancestors_in
from catalog.contracts.models import DataContract, SchemaObject, SchemaProperty, Server
from catalog.domains.models import Domain
from catalog.ports.models import OutputPort
from catalog.products.models import FormerAddress, ProductAlias, ProductGroupPermission, ProductUse
from catalog.provenance.models import Imbalance, ProvenanceAnswer
from catalog.provenance.questions import CURRENT_SET
from catalog.provenance.summaries import KNOWN_IMBALANCES, ROW_COLUMNS, BiasRow
from catalog.publication.assessments import sensitive_attributes

MAX_NOTE_LENGTH = 400
_SPACES = re.compile(r"\s+")


class DomainRef(NamedTuple):
    """A domain as a document names it; an external source has no team."""

    id: int
    parent_id: int | None
    slug: str
    name: str
    team_slug: str | None
    team_name: str | None


@dataclass(slots=True)
class RelatedData:
    """What the document of one product contains beyond the product's own row."""

    domains: list[DomainRef]
    readers: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    former_slugs: list[str] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    port_notes: list[str] = field(default_factory=list)
    has_contract: bool = False
    contract_notes: list[str] = field(default_factory=list)
    formats: set[str] = field(default_factory=set)
    columns: dict[str, None] = field(default_factory=dict)
    # By path, what is said of the column beyond its name.
    column_notes: dict[str, str] = field(default_factory=dict)
    tables: dict[str, None] = field(default_factory=dict)
    answers: list[tuple[str, str]] = field(default_factory=list)
    # The state of the answer about known imbalances.
    bias_answer: str = ""
    imbalances: list[BiasRow] = field(default_factory=list)
    # Columns and attributes that tell groups of people apart.
    sensitive: list[str] = field(default_factory=list)


def load_related(products: Mapping[int, int]) -> dict[int, RelatedData]:
    """Return the related data of each product, given the keys of products and of their domains.

    Fourteen statements, however many products; plain rows, for a hundred thousand models would
    take longer than the engine takes to index them.
    """
    paths = load_domains(set(products.values()))
    related = {pk: RelatedData(paths[domain]) for pk, domain in products.items()}
    keys = list(related)
    _read_own(related, keys)
    _read_contracts(related, keys)
    _read_provenance(related, keys)
    return related


def load_domains(keys: Collection[int]) -> dict[int, list[DomainRef]]:
    """Return each domain with its ancestors, nearest first; one statement for the whole tree."""
    rows = Domain.objects.order_by().values_list(
        "id", "parent_id", "slug", "name", "owner_team__slug", "owner_team__name"
    )
    domains = {row[0]: DomainRef(*row) for row in rows}
    parents = {pk: domain.parent_id for pk, domain in domains.items()}
    return {pk: [domains[ancestor] for ancestor in ancestors_in(parents, pk)] for pk in keys}


def _read_own(related: Mapping[int, RelatedData], keys: list[int]) -> None:
    grants = ProductGroupPermission.objects.filter(content_object__in=keys)
    for pk, token in grants.tokens_by_product():
        related[pk].readers.append(token)
    for pk, identifier in _rows_of(ProductAlias, keys, "identifier"):
        related[pk].aliases.append(identifier)
    for pk, slug in _rows_of(FormerAddress, keys, "slug"):
        related[pk].former_slugs.append(slug)
    for pk, title in _rows_of(ProductUse, keys, "title"):
        related[pk].uses.append(title)
    for pk, name, description in _rows_of(OutputPort, keys, "name", "description", order=_POSITION):
        related[pk].ports.append(name)
        if description:
            related[pk].port_notes.append(description)


def _read_contracts(related: Mapping[int, RelatedData], keys: list[int]) -> None:
    for pk, purpose in _rows_of(DataContract, keys, "purpose", order=("identifier", "pk")):
        related[pk].has_contract = True
        if purpose:
            related[pk].contract_notes.append(purpose)
    for pk, form, kind in _rows_of(Server, keys, "format", "type", lookup="contract__product"):
        related[pk].formats.add((form or kind).casefold())
    lookup = "schema_object__contract"
    listed = (
        f"{lookup}__identifier",
        lookup,
        "schema_object__position",
        "schema_object",
        *_POSITION,
    )
    notes_of_column = ("business_name", "physical_name", "description")
    for pk, path, *notes in _rows_of(
        SchemaProperty, keys, "path", *notes_of_column, lookup=f"{lookup}__product", order=listed
    ):
        related[pk].columns[path] = None
        if note := _SPACES.sub(" ", " · ".join(filter(None, notes)))[:MAX_NOTE_LENGTH]:
            related[pk].column_notes.setdefault(path, note)
    names = ("name", "physical_name", "business_name")
    order = ("contract__identifier", "contract", *_POSITION)
    for pk, *tables in _rows_of(
        SchemaObject, keys, *names, lookup="contract__product", order=order
    ):
        related[pk].tables |= dict.fromkeys(filter(None, tables))


def _read_provenance(related: Mapping[int, RelatedData], keys: list[int]) -> None:
    lookup = "record__product"
    columns = ("question", "state", "text", "values")
    for pk, question, state, text, values in _rows_of(
        ProvenanceAnswer, keys, *columns, lookup=lookup, order=("question",)
    ):
        asks = CURRENT_SET.question(question)
        entries = [] if asks and asks.choices else values
        related[pk].answers.append((question, "\n".join([*entries, *filter(None, [text])])))
        if question == KNOWN_IMBALANCES:
            related[pk].bias_answer = state
    rows = Imbalance.objects.filter(record__product__in=keys).order_by(*_POSITION)
    for pk, *values in rows.values_list("record__product_id", *ROW_COLUMNS):
        related[pk].imbalances.append(BiasRow(*values))
    for pk, names in sensitive_attributes(keys).items():
        related[pk].sensitive = names


_POSITION = ("position", "pk")


def _rows_of(
    model: type[Model],
    keys: list[int],
    *names: str,
    lookup: str = "product",
    order: tuple[str, ...] = ("pk",),
) -> QuerySet[Any, tuple[Any, ...]]:
    """Return rows that belong to products: the product's key, then the named columns."""
    rows = model._default_manager.filter(**{f"{lookup}__in": keys}).order_by(*order)
    return rows.values_list(f"{lookup}_id", *names)
