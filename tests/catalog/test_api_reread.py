"""What an answer to a write says is what a reading says next, on every operation that writes.

The operations come from the OpenAPI document, so a new one without a case here fails the test.
"""

import json

import pytest

from catalog.api.rest.docs import list_operations, openapi_document
from tests.catalog.api_client import Program
from tests.catalog.api_writes import CASES, Exchange, make_mesh
from tests.factories import make_person

pytestmark = pytest.mark.django_db
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
def mesh(settings, tmp_path):
    return make_mesh(settings, tmp_path, padding=" ")


def test_every_operation_that_writes_has_a_case():
    operations = {
        (operation.method, operation.address)
        for operation in list_operations(openapi_document())
        if operation.method in WRITES
    }

    assert set(CASES) == operations


@pytest.mark.parametrize("operation", CASES, ids=" ".join)
def test_an_answer_says_what_a_reading_says_next(mesh, operation):
    exchange = CASES[operation](mesh)

    read = mesh.program.get(exchange.read_at)

    if exchange.answer.status_code == 204:
        assert not exchange.answer.content
        assert read.status_code == 404 or exchange.same(read.json()) is False
    else:
        assert read.status_code == exchange.status, read.content
        assert exchange.stored(exchange.answer.json()) == exchange.same(read.json())
        if "ETag" in read and exchange.same is Exchange.same:
            assert exchange.answer["ETag"] == read["ETag"]
            membership = mesh.program.get(exchange.read_at, If_None_Match=exchange.answer["ETag"])
            assert membership.status_code == 304


def test_a_document_that_is_read_back_is_the_one_that_was_sent(mesh):
    product = mesh.draft()
    path = f"/products/{product.uuid}"
    odd = product.tree | {
        "tags": ["ä", "a\u0300", "\U0001f600"],
        "description": {"purpose": " two\n lines \n", "usage": ""},
        "customProperties": [
            {"property": "n", "value": [0, 1.0, 0.1, -1e-7, 10**15, None, True, {}]}
        ],
    }

    answer = mesh.send("PUT", path, odd, edition=product.edition)

    for stored in (answer.json()["tree"], mesh.program.get(path).json()["tree"]):
        assert json.dumps(stored, sort_keys=True) == json.dumps(odd, sort_keys=True)


def test_a_reader_gets_an_edit_of_a_published_product_once_it_is_published(mesh):
    product = mesh.published()
    path = f"/products/{product.uuid}"
    other = Program(make_person())

    change = {"usage": "So.", "version": "0.2.0"}
    edited = mesh.send("PATCH", path, change, edition=product.edition).json()
    unpublished = other.get(path).json()
    published = mesh.send("POST", f"{path}/publish", {}, edition=edited["edition"]).json()

    assert (edited["usage"], unpublished["usage"]) == ("So.", "")
    assert unpublished["edition"] == product.edition < edited["edition"]
    assert published == other.get(path).json() | {"usage": "So."}
