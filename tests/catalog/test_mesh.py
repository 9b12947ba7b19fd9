"""The seeded mesh of the benchmarks: equal by seed, and as the services would have written it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from benchmarks.mesh import build
from benchmarks.mesh_trees import GeneratedProduct, generate_products
from catalog.audit.models import AuditEvent
from catalog.authorization.models import Membership
from catalog.contracts.models import DataContract, PortContract, SchemaObject, SchemaProperty
from catalog.contracts.services import save_contract
from catalog.domains.models import Domain
from catalog.ports.models import InputPort, OutputPort
from catalog.products.models import DataProduct
from catalog.products.services import register_product
from catalog.provenance.models import ProvenanceRecord
from governance.slo.models import ProbeSchedule
from tests.factories import FACTORY

pytestmark = pytest.mark.django_db

PRODUCTS, SEED = 12, 5
PRODUCT = ("domain__slug", "slug", "name", "version", "purpose", "tags", "sensitivity", "tree")
PORT = ("product__slug", "name", "version", "type", "contract_identifier", "position")
CONTRACT = ("product__slug", "identifier", "version", "name", "status", "digest", "tree")
COLUMN = ("path", "name", "logical_type", "description", "depth", "position", "is_required")


def projected() -> dict[str, Any]:
    """Return all that is projected from documents, without keys of rows and moments."""
    column = [*COLUMN, "schema_object__name", "schema_object__contract__identifier"]
    columns: dict[Any, tuple[str, ...]] = {
        DataProduct: (*PRODUCT, "visibility", "limitations", "usage", "edition"),
        OutputPort: (*PORT, "interval", "is_deprecated", "description"),
        InputPort: (*PORT[:3], *PORT[4:], "source_name", "source__slug"),
        DataContract: CONTRACT,
        PortContract: ("port__name", "port__product__slug", "contract__identifier"),
        SchemaObject: ("contract__identifier", "name", "description", "position"),
        SchemaProperty: tuple(column),
        ProvenanceRecord: ("product__slug", "question_set"),
        ProbeSchedule: ("port__product__slug", "port__name", "interval", "failures"),
    }
    return {
        model.__name__: sorted(map(repr, model.objects.values_list(*names)))
        for model, names in columns.items()
    }


def seen_in(write: Callable[[], None]) -> dict[str, Any]:
    """Return what exists after a mesh is written, and delete it."""
    with transaction.atomic():
        write()
        state = projected() | {
            "uuids": sorted(DataProduct.objects.values_list("uuid", flat=True)),
            "people": sorted(Membership.objects.values_list("person__username", "domain__slug")),
            "trail": AuditEvent.objects.count(),
        }
        transaction.set_rollback(True)
    return state


def test_equal_seeds_make_equal_meshes_and_others_other_ones():
    first = seen_in(lambda: build(PRODUCTS, seed=SEED))
    again = seen_in(lambda: build(PRODUCTS, seed=SEED))
    other = seen_in(lambda: build(PRODUCTS, seed=SEED + 1))

    assert first == again
    assert len(first["uuids"]) == PRODUCTS == len(set(first["uuids"]))
    assert first["SchemaProperty"] != other["SchemaProperty"]


def test_a_longer_mesh_begins_like_a_shorter_one():
    domains = ["a", "b", "c"]

    few = list(generate_products(5, domains=domains, seed=SEED, hidden_share=0.5))
    many = list(generate_products(20, domains=domains, seed=SEED, hidden_share=0.5))

    assert many[:5] == few
    assert all(
        generated.source is not None and generated.source < generated.number
        for generated in many[1:]
    )


def by_the_services(generated: GeneratedProduct) -> None:
    """Register one product of the mesh as an owner would."""
    domain = Domain.objects.get(slug=generated.domain)
    product = register_product(domain=domain, tree=generated.tree, actor=FACTORY)
    save_contract(product=product, tree=generated.contract, edition=product.edition, actor=FACTORY)


def test_the_rows_are_those_that_the_services_write():
    def register() -> None:
        build(0)  # the domains alone
        domains = sorted(Domain.objects.values_list("slug", flat=True))
        for generated in generate_products(PRODUCTS, domains=domains, seed=SEED, hidden_share=0.1):
            by_the_services(generated)
        DataProduct.objects.update(edition=1)

    bulk, services = seen_in(lambda: build(PRODUCTS, seed=SEED)), seen_in(register)

    assert len(bulk["SchemaProperty"]) == PRODUCTS * 10
    for name in ("trail", "uuids"):
        del bulk[name], services[name]
    assert bulk == services
