"""Queries of the rows behind facts, of many products at once."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery

from catalog.authorization.models import Membership
from catalog.contracts.models import SchemaProperty
from catalog.people.models import Person
from catalog.permissions import Role
from catalog.ports.models import OutputPort
from governance.quality.models import QualityRun
from governance.representation.models import RepresentationRun, ShareMove

COLUMN_FIELDS = (
    "path",
    "logical_type",
    "description",
    "classification",
    "term",
    "is_primary_key",
    "is_required",
)


class ServedColumn(NamedTuple):
    """A column of a contract, and the port that serves it."""

    port: str
    table: str
    path: str
    type: str
    description: str
    classification: str
    term: str
    is_key: bool
    is_required: bool


def people_by_role() -> dict[str, dict[int, list[Person]]]:
    """Return who has which role in which domain, by role and domain."""
    people: dict[str, dict[int, list[Person]]] = {Role.OWNER: {}, Role.STEWARD: {}}
    active = Membership.objects.active().filter(role__in=list(people), domain__isnull=False)
    for membership in active.select_related("person").order_by("pk"):
        people[membership.role].setdefault(membership.domain_id or 0, []).append(membership.person)
    return people


def ports_with_servers(product_ids: Collection[int]) -> QuerySet[OutputPort]:
    ports = OutputPort.objects.filter(product__in=product_ids).order_by("position", "pk")
    return (
        ports.select_related("port_contract__contract")
        .defer("port_contract__contract__tree")
        .prefetch_related("port_contract__contract__servers")
    )


def latest_runs(product_ids: Collection[int]) -> QuerySet[QualityRun]:
    """Return the last good run of Assay's own of each port."""
    good = QualityRun.objects.measured().good()
    latest = good.filter(port=OuterRef("port")).order_by("-at", "-pk").values("pk")[:1]
    runs = good.filter(port__product__in=product_ids, pk=Subquery(latest))
    return runs.select_related("port").prefetch_related("outcomes")


def moved_products(product_ids: Collection[int]) -> set[int]:
    """Return the products of which the latest measurement of a port shows a move."""
    good = RepresentationRun.objects.filter(
        port=OuterRef("run__port"), state=RepresentationRun.State.OK
    )
    latest = good.order_by("-at", "-pk").values("pk")[:1]
    moves = ShareMove.objects.filter(run__port__product__in=product_ids, run=Subquery(latest))
    return set(moves.values_list("run__port__product", flat=True))


def columns_of(product_ids: Collection[int]) -> dict[int, list[ServedColumn]]:
    """Return the columns that active ports serve, by product."""
    port = "schema_object__contract__port_contracts__port"
    rows = SchemaProperty.objects.filter(
        **{f"{port}__product__in": product_ids, f"{port}__is_deprecated": False}
    ).order_by(f"{port}__position", "schema_object__position", "position", "pk")
    columns: dict[int, list[ServedColumn]] = {pk: [] for pk in product_ids}
    for product_id, *fields in rows.values_list(
        f"{port}__product", f"{port}__name", "schema_object__name", *COLUMN_FIELDS
    ):
        columns[product_id].append(ServedColumn(*fields))
    return columns
