"""SQL statements of pages, endpoints and a registration, in a small and in a large mesh."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.mesh import build
from benchmarks.page_costs import costs
from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.search.backends import configured_backends
from catalog.search.services.rebuild import rebuild
from tests.catalog.api_client import Program
from tests.factories import make_domain, make_users

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PINNED = Path(__file__).with_name("statements.txt")
FEW, MANY = 100, 1000


@pytest.fixture
def _quiet() -> Iterator[None]:
    """Leave the request log out: a page is read hundreds of times."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def statements(products: int) -> dict[str, int]:
    """Return the statements of each page in a mesh of `n` products, which is then deleted."""
    with transaction.atomic():
        build(products)
        for backend in configured_backends():
            rebuild(backend)
        counts = {name: cost["statements"] for name, cost in costs().items()}
        transaction.set_rollback(True)
    return counts


@pytest.mark.usefixtures("_quiet")
def test_a_page_costs_the_same_statements_however_large_the_mesh_is():
    """A count that is meant to change is seen in the diff of statements.txt.

    `python -m benchmarks.page_costs --pins > tests/catalog/statements.txt` rewrites it.
    """
    few, many = statements(FEW), statements(MANY)

    assert {name: (few[name], many[name]) for name in few if few[name] != many[name]} == {}
    assert [f"{count:3} {name}" for name, count in many.items()] == PINNED.read_text().splitlines()
    for backend in configured_backends():  # the mesh is gone, so is what was found in it
        rebuild(backend)


def registration(person: Person, domain: Domain) -> int:
    """Return the statements of registering one product by the API."""
    program = Program(person)
    with CaptureQueriesContext(connection) as spent:
        answer = program.send("POST", "/products", {"domain": domain.slug, "name": "Orders"})
    assert answer.status_code == 201
    return len(spent)


def test_a_registration_costs_the_same_statements_among_many_domains():
    first, second = make_users(make_domain("sales")), make_users(make_domain("stock"))

    few = registration(first.owner, first.domain)
    for _ in range(20):
        make_domain(parent=second.domain)
    many = registration(second.owner, second.domain)

    # Who calls (1), the domain (1), the transaction with its own look at who may (2 + 1), the
    # address and the id (2), the product, ports that waited for it, its provenance and the event
    # (4), and the answer after it (1).
    assert few == many == 13
