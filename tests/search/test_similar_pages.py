"""What is like a product, on its page, in its twin and over the API: only what one may see."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from catalog.products.models import DataProduct
from catalog.search.backends import active_backend
from catalog.search.services.rebuild import rebuild
from tests.factories import (
    Users,
    make_domain,
    make_published_product,
    make_users,
    product_tree,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def users() -> Users:
    return make_users(make_domain("sales", name="Sales"))


@pytest.fixture
def orders(users: Users, settings: Any, tmp_path: Path) -> DataProduct:
    """A product in a mesh that is indexed, with one like it in the open and one hidden."""
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]
    products = {
        name: make_published_product(
            name,
            domain=users.domain,
            tree=product_tree(name) | {"tags": list(tags)},
            assayVisibility=visibility,
        )
        for name, visibility, *tags in (
            ("Orders", "public", "Checkout", "daily"),
            ("Returns", "public", "checkout"),
            ("Fraud cases", "restricted", "checkout", "daily"),
            ("Weather", "public"),
            ("Stations", "public"),
            ("Tides", "public"),
            ("Moons", "public"),
        )
    }
    rebuild(active_backend())
    return products["Orders"]


def test_the_page_lists_what_is_like_the_product_with_what_they_share(
    client: Client, users: Users, orders: DataProduct
):
    page = client.get(orders.path).content.decode()
    assert "Similar products" in page
    assert "/p/sales/returns" in page
    assert "same tags: checkout" in page
    assert "Fraud cases" not in page

    client.force_login(users.owner)
    assert "Fraud cases" in client.get(orders.path).content.decode()


def test_the_api_lists_similar_products(client: Client, orders: DataProduct):
    api = client.get(f"/api/v1/products/{orders.uuid}/similar").json()["results"]

    shared = {"tags": ["checkout"], "columns": [], "words": []}
    assert [(one["product"]["name"], one["shared"]) for one in api] == [("Returns", shared)]


def test_what_the_index_has_not_hidden_yet_does_not_come_out(client: Client, orders: DataProduct):
    DataProduct.objects.filter(name="Returns").update(visibility="restricted")

    assert client.get(f"/api/v1/products/{orders.uuid}/similar").json()["results"] == []
    assert "Similar products" not in client.get(orders.path).content.decode()


def test_a_hidden_product_has_nothing_like_it(client: Client, orders: DataProduct):
    secret = DataProduct.objects.get(name="Fraud cases")

    assert client.get(f"/api/v1/products/{secret.uuid}/similar").status_code == 404


def test_the_page_answers_and_says_so_while_search_is_unavailable(
    client: Client, orders: DataProduct, settings: Any, tmp_path: Path
):
    settings.ASSAY_DATA_DIR = tmp_path / "elsewhere"

    page = client.get(orders.path)
    assert page.status_code == 200
    assert "Search is temporarily unavailable; similar products need it." in page.content.decode()
    assert client.get(f"/api/v1/products/{orders.uuid}/similar").status_code == 503
