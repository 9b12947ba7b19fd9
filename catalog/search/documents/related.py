"""What lies around products and shows in their documents, read for many in a few statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Model, QuerySet

from catalog.authorization.tree import ancestors_in
from catalog.contracts.models import DataContract, SchemaProperty, Server
from catalog.domains.models import Domain
from catalog.ports.models import OutputPort
from catalog.products.models import FormerAddress, ProductAlias, ProductGroupPermission, ProductUse
from catalog.provenance.models import Imbalance, ProvenanceAnswer
from catalog.provenance.representation import Row
from catalog.statements import AnyOf


class Place(NamedTuple):
    """A domain, as a document names it; the team is empty for a foreign source."""

    id: int
    parent_id: int | None
    slug: str
    name: str
    team_slug: str | None
    team_name: str | None


@dataclass(slots=True)
class RelatedData:
    """All that one product's document says and the product's own row does not."""

    places: list[Place]
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
    answers: list[tuple[str, str]] = field(default_factory=list)
    imbalances: list[Row] = field(default_factory=list)


def surroundings_of(products: Mapping[int, int]) -> dict[int, RelatedData]:
    """Return what lies around each product, given their keys and their domains' keys.

    Eleven statements, however many products; plain rows, for a hundred thousand models would
    take longer than the engine takes to index them.
    """
    above = places_of(set(products.values()))
    found = {pk: RelatedData(above[domain]) for pk, domain in products.items()}
    keys = list(found)
    _read_own(found, keys)
    _read_contracts(found, keys)
    _read_provenance(found, keys)
    return found


def places_of(wanted: Collection[int]) -> dict[int, list[Place]]:
    """Return each domain with those above it, nearest first; one statement for the whole tree."""
    rows = Domain.objects.order_by().values_list(
        "id", "parent_id", "slug", "name", "owner_team__slug", "owner_team__name"
    )
    places = {row[0]: Place(*row) for row in rows}
    parents = {pk: place.parent_id for pk, place in places.items()}
    return {pk: [places[at] for at in ancestors_in(parents, pk)] for pk in wanted}


def _read_own(found: Mapping[int, RelatedData], keys: list[int]) -> None:
    grants = ProductGroupPermission.objects.filter(AnyOf("content_object", keys))
    for pk, token in grants.tokens_by_product():
        found[pk].readers.append(token)
    for pk, identifier in _of(ProductAlias, keys, "identifier"):
        found[pk].aliases.append(identifier)
    for pk, slug in _of(FormerAddress, keys, "slug"):
        found[pk].former_slugs.append(slug)
    for pk, title in _of(ProductUse, keys, "title"):
        found[pk].uses.append(title)
    for pk, name, description in _of(OutputPort, keys, "name", "description", order=_LISTED):
        found[pk].ports.append(name)
        if description:
            found[pk].port_notes.append(description)


def _read_contracts(found: Mapping[int, RelatedData], keys: list[int]) -> None:
    for pk, purpose in _of(DataContract, keys, "purpose", order=("identifier", "pk")):
        found[pk].has_contract = True
        if purpose:
            found[pk].contract_notes.append(purpose)
    for pk, form, kind in _of(Server, keys, "format", "type", way="contract__product"):
        found[pk].formats.add((form or kind).casefold())
    way = "schema_object__contract"
    listed = (f"{way}__identifier", way, "schema_object__position", "schema_object", *_LISTED)
    for pk, path in _of(SchemaProperty, keys, "path", way=f"{way}__product", order=listed):
        found[pk].columns[path] = None


def _read_provenance(found: Mapping[int, RelatedData], keys: list[int]) -> None:
    way = "record__product"
    for pk, question, text in _of(
        ProvenanceAnswer, keys, "question", "text", way=way, order=("question",)
    ):
        found[pk].answers.append((question, text))
    names = ("attribute", "group", "share", "reference_share", "origin")
    rows = Imbalance.objects.filter(AnyOf("record__product", keys)).order_by(*_LISTED)
    for row in rows.values_list("record__product_id", *names, named=True):
        found[row.record__product_id].imbalances.append(row)


_LISTED = ("position", "pk")


def _of(
    model: type[Model],
    keys: list[int],
    *names: str,
    way: str = "product",
    order: tuple[str, ...] = ("pk",),
) -> QuerySet[Any, tuple[Any, ...]]:
    """Return the rows of a model that belong to products: the product's key, then the names."""
    rows = model._default_manager.filter(AnyOf(way, keys)).order_by(*order)
    return rows.values_list(f"{way}_id", *names)
