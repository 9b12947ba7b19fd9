"""What the API says of itself: its OpenAPI document, every member of every shape, its page."""

import re
from pathlib import Path

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats

from catalog.api.rest.docs import list_operations, openapi_document
from tests.catalog.api_client import Program
from tests.factories import make_person

SHAPES = Path(__file__).with_name("api_shapes.txt")
# Members whose names sound like secrets, and why they are none.
NO_SECRETS = {
    "NewTokenAnswer.token",  # shown once to the person who creates it
    "MeAnswer.token",  # names the token of the call, without its text
    "AuditAnswer.token",  # the name of the token that acted
    "HistoryEvent.token",  # the name of the token that acted
    "NewRouteAnswer.secret",  # shown once to the person who makes it
    "KindAnswer.key",  # the name of a kind
    "VersionSummary.tree_digest",
    "VersionSummary.contract_digests",
    "VersionDetail.tree_digest",
    "VersionDetail.contract_digests",
    "ContractSummary.digest",
    "ContractDetail.digest",
    "QualityCheckAnswer.key",  # names a rule of a contract
}


@pytest.fixture
def document():
    return openapi_document()


def shapes_of(document):
    """Return a line for each shape: its name and its members, the ones always there marked."""
    lines = []
    for name, schema in sorted(document["components"]["schemas"].items()):
        if name.startswith("Paginated") or "properties" not in schema:
            continue
        needed = schema.get("required", ())
        members = [f"{member}{'!' * (member in needed)}" for member in schema["properties"]]
        lines.append(f"{name}: {' '.join(members)}")
    return lines


def test_every_member_of_every_shape_is_meant(document):
    """A new member is written into tests/catalog/api_shapes.txt, so that it is seen in the diff."""
    assert shapes_of(document) == SHAPES.read_text().splitlines()


def test_no_answer_has_a_member_that_could_be_a_secret(document):
    suspicious = re.compile(r"token|secret|password|digest|hash|key", re.IGNORECASE)

    schemas = {
        f"{name}.{member}"
        for name, schema in document["components"]["schemas"].items()
        for member in schema.get("properties", ())
        if suspicious.search(member) and not name.endswith("Request")
    }

    assert schemas == NO_SECRETS


def test_the_document_is_generated_without_a_warning():
    openapi_document.cache_clear()
    reset_generator_stats()

    document = openapi_document()

    assert not GENERATOR_STATS, [*GENERATOR_STATS._error_cache, *GENERATOR_STATS._warn_cache]
    assert document["openapi"].startswith("3.1")


def test_every_operation_says_what_it_does_and_how_it_can_fail(document):
    for operation in list_operations(document):
        name = f"{operation.method} {operation.address}"
        assert operation.description, name
        assert {"400", "401", "403", "429"} <= set(operation.errors), name
        needs = {"404"} if "{" in operation.address else set()
        if any(parameter.name == "If-Match" for parameter in operation.parameters):
            needs |= {"409", "412", "428"}
        if operation.bodies:
            needs |= {"413", "415", "422"}
        assert needs <= set(operation.errors), name


def test_every_operation_is_named_once(document):
    names = [operation.id for operation in list_operations(document)]

    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_the_document_and_its_page_are_open_to_everybody():
    make_person()

    served = Program().get("/openapi.json", Accept="application/json")
    page = Client().get("/api/docs")

    assert served.status_code == 200
    assert "/api/v1/products/{uuid}" in served.json()["paths"]
    text = page.content.decode()
    for operation in list_operations(served.json()):
        assert f'id="{operation.id}"' in text
    hosts = set(re.findall(r'(?:src|href)="(https?:)?//([^/"]+)', text))
    assert not hosts
    assert "<style" not in text
    assert " style=" not in text
