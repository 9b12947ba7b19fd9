"""Facts of policies are what the catalog knows; statements do not grow with the products."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.products.models import DataProduct
from governance.policies.cases import neutral_facts
from governance.policies.fact_types import fact_types
from governance.policies.services import read_facts
from tests.factories import make_domain, make_published_product, make_users

pytestmark = pytest.mark.django_db


def statements(ids):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        read_facts(ids, now=timezone.now())
    return len(captured)


def assert_shape(value, fact, path=""):
    """Fail where plain data is not of the type that the documentation of facts names."""
    if value is None:
        assert fact.is_nullable, path
    elif fact.kind == "record":
        assert list(value) == [name for name, _ in fact.members], path
        for name, member in fact.members:
            assert_shape(value[name], member, f"{path}.{name}")
    elif fact.kind == "list":
        for element in value:
            assert_shape(element, fact.element, f"{path}[]")
    else:
        kinds = {
            "text": str,
            "yes or no": bool,
            "whole number": int,
            "number": float,
            "moment": type(timezone.now()),
        }
        assert type(value) is kinds[fact.kind], (path, value)


def test_facts_are_of_the_documented_types():
    users = make_users(make_domain("sales"))
    product = make_published_product(domain=users.domain)
    facts = read_facts([product.pk], now=timezone.now())[product.pk]
    assert_shape(facts, fact_types())
    assert_shape(neutral_facts(), fact_types())
    assert facts["product"]["name"] == product.name
    assert facts["domain"]["ancestors"] == ["sales"]
    assert [person["name"] for person in facts["owners"]] == [str(users.owner)]
    [port] = facts["ports"]
    assert port["is_live"]


def test_the_number_of_statements_does_not_grow_with_products():
    users = make_users(make_domain("sales"))
    ids = [make_published_product(domain=users.domain, name=f"P{n}").pk for n in range(4)]
    assert statements(ids[:1]) == statements(ids)


def test_nothing_is_returned_for_a_product_that_is_gone():
    assert read_facts([DataProduct.objects.count() + 7], now=timezone.now()) == {}
