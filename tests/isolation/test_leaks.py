"""Leaks that there once were, one test for each."""

import pytest
from django.test import Client

from catalog.audit.models import AuditEvent
from catalog.products.models import PRODUCT, DataProduct
from catalog.products.services import set_trust
from tests.factories import (
    FACTORY,
    make_domain,
    make_published_product,
    make_users,
    product_tree,
)

pytestmark = pytest.mark.django_db
MANY = 160


def test_events_of_hidden_products_do_not_displace_those_of_open_ones(client: Client):
    users = make_users(make_domain("sales"))
    make_published_product("Orders", domain=users.domain)
    secret = make_published_product("Secrets", domain=users.domain, assayVisibility="restricted")

    for turn in range(MANY):
        verdict = ("breached", "met")[turn % 2]
        set_trust(product_id=secret.pk, verdict=verdict, figures={}, actor=FACTORY)

    page = client.get("/").content.decode()
    assert AuditEvent.objects.filter(object_kind=PRODUCT, object_id=secret.uuid).count() > MANY
    assert 'href="/p/sales/orders"' in page
    assert "Secrets" not in page


def test_a_hidden_source_reads_like_one_that_never_existed(client: Client):
    users = make_users(make_domain("sales"))
    secret = make_published_product("Secrets", domain=users.domain, assayVisibility="restricted")
    link = {
        "name": "in",
        "customProperties": [{"property": "assaySource", "value": "sales/secrets"}],
    }
    tree = product_tree("Orders", domain="sales") | {"inputPorts": [link]}
    orders = make_published_product("Orders", domain=users.domain, tree=tree)
    page = client.get(orders.path).content.decode()
    api = f"/api/v1/products/{orders.uuid}"
    document = client.get(api).json()

    DataProduct.objects.filter(pk=secret.pk).delete()

    assert "sales/secrets" in page
    assert "not among the products that you can see here" in page
    assert "sales/secrets" in client.get(orders.path).content.decode()
    assert document["id"] == str(orders.uuid)
    assert client.get(api).json() == document


def test_an_edit_page_does_not_disclose_a_hidden_source(client: Client):
    users = make_users(make_domain("sales"))
    make_published_product("Secrets", domain=make_domain("vault"), assayVisibility="restricted")
    links = [
        {"name": name, "customProperties": [{"property": "assaySource", "value": f"vault/{name}"}]}
        for name in ("secrets", "nothing")
    ]
    tree = product_tree("Orders", domain="sales") | {"inputPorts": links}
    orders = make_published_product("Orders", domain=users.domain, tree=tree)
    client.force_login(users.owner)

    page = client.get(f"{orders.path}/edit/inputs").content.decode()

    assert page.count("not found here") == 2
