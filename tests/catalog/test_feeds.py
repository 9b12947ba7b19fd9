"""Atom feeds of a domain, of a product's history and of a search: well formed, steady, private."""

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from django.test import Client

from catalog.domains.services import edit_domain
from catalog.products.models import DataProduct
from catalog.products.services import patch_document
from catalog.publication.services import publish_product
from catalog.search.backends import active_backend
from catalog.search.services.rebuild import rebuild
from tests.factories import (
    FACTORY,
    Users,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
)

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
NEEDED = ("id", "title", "updated", "author", "link")


@pytest.fixture
def users() -> Users:
    return make_users(make_domain("sales", name="Sales"))


@pytest.fixture
def orders(users: Users, settings: Any, tmp_path: Path) -> DataProduct:
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]
    tree = product_tree("Orders") | {"tags": ["a&b"]}
    product = make_published_product("Orders", domain=users.domain, tree=tree)
    make_published_product("Order secrets", domain=users.domain, assayVisibility="restricted")
    make_product("Order draft", domain=users.domain)
    rebuild(active_backend())
    return product


def feed(client: Client, address: str) -> Element:
    """The feed at an address, with all that RFC 4287 wants of a feed and of its entries."""
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (
        200,
        "application/atom+xml; charset=utf-8",
    )
    root = fromstring(answer.content)
    assert root.tag == f"{ATOM}feed"
    assert all(root.find(f"{ATOM}{name}") is not None for name in ("id", "title", "updated"))
    for entry in root.iter(f"{ATOM}entry"):
        assert all(entry.find(f"{ATOM}{name}") is not None for name in NEEDED)
    return root


def texts(root: Element, name: str) -> list[str | None]:
    return [entry.findtext(f"{ATOM}{name}") for entry in root.iter(f"{ATOM}entry")]


FEEDS = ("/d/sales/feed.atom", "/search.atom?q=order", "/p/sales/orders/history.atom")


@pytest.mark.parametrize("address", FEEDS[:2])
def test_a_list_is_told_by_the_products_that_the_reader_may_see(
    client: Client, users: Users, orders: DataProduct, address: str
):
    entries = feed(client, address)
    assert texts(entries, "title") == ["Orders"]
    assert texts(entries, "id") == [f"http://127.0.0.1:8000/id/product/{orders.uuid}"]
    assert texts(entries, "summary") == ["Published, version 0.1.0. Orders, one row each."]

    client.force_login(users.owner)
    assert set(texts(feed(client, address), "title")) == {"Orders", "Order secrets", "Order draft"}


def test_a_history_is_told_from_the_publication_on_and_names_people_to_people(
    client: Client, users: Users, orders: DataProduct
):
    patch = [{"op": "replace", "path": "/description/purpose", "value": "Better."}]
    patch.append({"op": "replace", "path": "/version", "value": "0.2.0"})
    edited = patch_document(
        product=orders, patch=patch, edition=orders.edition, actor=users.owner, reason="A draft"
    )
    publish_product(product=edited, edition=edited.edition, actor=users.owner, reason="A <b> fix")

    entries = feed(client, FEEDS[2])
    assert texts(entries, "title") == ["Orders: Published", "Orders: Published"]
    assert texts(entries, "summary")[0] == "A &lt;b&gt; fix"
    assert all(one.endswith("Sales") for one in authors(entries))

    client.force_login(users.outsider)
    assert users.owner.display_name in authors(feed(client, FEEDS[2]))


def authors(root: Element) -> list[str]:
    return [str(name.text) for name in root.iter(f"{ATOM}name")]


def test_what_is_hidden_has_no_history_and_no_search_finds_it(client: Client, orders: DataProduct):
    assert client.get("/p/sales/order-secrets/history.atom").status_code == 404
    assert client.get("/d/nowhere/feed.atom").status_code == 404
    assert texts(feed(client, "/search.atom?q=secrets"), "title") == []


@pytest.mark.parametrize("address", [*FEEDS, "/search.atom?q=nothing-at-all"])
def test_a_feed_that_has_not_changed_is_not_sent_again(
    client: Client, orders: DataProduct, address: str
):
    first = client.get(address)

    again = client.get(address, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert client.get(address).content == first.content
    assert "Cookie" in first["Vary"]


def test_signs_that_xml_cannot_hold_are_left_out(client: Client, users: Users, orders: DataProduct):
    make_published_product("Bell \x07 & <tag> \ufffe", domain=users.domain, assaySlug="bell")

    assert "Bell  & <tag> " in texts(feed(client, "/d/sales/feed.atom"), "title")


def test_an_old_address_of_a_domain_leads_to_its_feed(client: Client, orders: DataProduct):
    edit_domain(domain=orders.domain, edition=orders.domain.edition, slug="commerce", actor=FACTORY)

    assert client.get("/d/sales/feed.atom").headers["Location"] == "/d/commerce/feed.atom"
    old = client.get("/p/sales/orders/history.atom")
    assert old.headers["Location"] == "/p/commerce/orders/history.atom"


def test_with_the_engine_away_a_search_has_no_feed(
    client: Client, orders: DataProduct, settings: Any, tmp_path: Path
):
    settings.ASSAY_DATA_DIR = tmp_path / "elsewhere"

    assert client.get("/search.atom?q=order").status_code == 503


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("/d/sales", "/d/sales/feed.atom"),
        ("/p/sales/orders/history", "/p/sales/orders/history.atom"),
        ("/p/sales/orders", "/p/sales/orders/history.atom"),
        ("/search?q=order", "/search.atom?q=order"),
    ],
)
def test_a_page_says_that_it_has_a_feed_to_programs_and_to_people(
    client: Client, orders: DataProduct, page: str, address: str
):
    text = " ".join(client.get(page).content.decode().split())

    assert f'<link rel="alternate" type="application/atom+xml" href="{address}"' in text
    assert f'<a href="{address}" type="application/atom+xml">' in text
