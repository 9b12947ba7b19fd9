"""Licence, citation and contact of a product: in its document, its form, its page and search."""

import pytest

from catalog.products.models import DataProduct
from catalog.products.reuse import reuse_of, suggested_citation, with_reuse
from catalog.search.documents.products import product_documents
from tests.factories import (
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
)

SUPPORT = {"channel": "#orders", "url": "https://chat.example/orders", "tool": "slack"}


def test_licence_and_citation_are_custom_properties_of_their_dcat_names():
    tree = with_reuse({}, {"license": "CC0-1.0", "citation": "Orders, 2026."})

    assert tree["customProperties"] == [
        {"property": "license", "value": "CC0-1.0"},
        {"property": "citation", "value": "Orders, 2026."},
    ]


def test_the_contact_is_the_first_support_channel_and_keeps_its_other_keys():
    tree = {"support": [SUPPORT, {"channel": "second"}]}

    changed = with_reuse(tree, {"channel": "#all-orders"})

    assert changed["support"] == [SUPPORT | {"channel": "#all-orders"}, {"channel": "second"}]


def test_parts_that_are_emptied_leave_the_document():
    tree = with_reuse({"support": [SUPPORT]}, {"license": "CC0-1.0"})

    assert with_reuse(tree, {"license": "", "channel": "", "contact_url": ""}) == {}


def test_an_address_alone_names_the_contact():
    tree = with_reuse({}, {"contact_url": "mailto:orders@example.org"})

    assert tree["support"] == [
        {"channel": "orders@example.org", "url": "mailto:orders@example.org"}
    ]


@pytest.mark.parametrize("value", [None, 7, {"name": "MIT"}, ["MIT"]])
def test_a_licence_that_is_no_text_is_kept_and_not_shown(value):
    tree = {"customProperties": [{"property": "license", "value": value}]}

    assert reuse_of(tree).license == ""
    assert with_reuse(tree, {"citation": "x"})["customProperties"][0]["value"] == value


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("cc-by-4.0", "https://spdx.org/licenses/CC-BY-4.0.html"),
        ("https://example.org/terms", "https://example.org/terms"),
        ("javascript:alert(1)", ""),
        ("Internal use", ""),
    ],
)
def test_a_known_licence_or_an_address_is_linked_and_nothing_else(text, url):
    assert reuse_of(with_reuse({}, {"license": text})).license_url == url


def test_a_citation_is_suggested_in_the_form_of_datacite():
    text = suggested_citation(
        publisher="Sales", year=2026, name="Orders", version="1.0.0", iri="https://mesh/id/1"
    )

    assert text == "Sales (2026): Orders. Version 1.0.0. https://mesh/id/1"


@pytest.mark.django_db
def test_the_product_page_shows_licence_citation_and_contact(client):
    domain = make_domain("sales")
    fields = {"license": "CC-BY-4.0", "citation": "Sales: Orders.", "channel": "#orders"}
    tree = with_reuse(product_tree(domain="sales"), fields)
    product = make_published_product(domain=domain, tree=tree)

    page = client.get(product.path).content.decode()

    assert 'href="https://spdx.org/licenses/CC-BY-4.0.html"' in page
    assert 'data-copy="Sales: Orders."' in page
    assert "#orders" in page


@pytest.mark.django_db
def test_a_page_without_a_citation_offers_one_and_says_where_it_comes_from(client):
    product = make_published_product("Orders", domain=make_domain("sales"))

    page = client.get(product.path).content.decode()

    assert f"Sales ({product.published_at.year}): Orders. Version {product.version}." in page
    assert "Made from this entry." in page


@pytest.mark.django_db
def test_the_export_has_what_the_form_saved(client):
    users = make_users(make_domain("sales"))
    product = make_product(domain=users.domain)
    client.force_login(users.owner)
    fields = {"license": "ODbL-1.0", "channel": "", "contact_url": "x@example.org"}

    client.post(f"{product.path}/edit/reuse", fields | {"edition": product.edition})

    exported = client.get(f"/api/v1/products/{product.uuid}/manifest").content.decode()
    assert "ODbL-1.0" in exported
    assert "mailto:x@example.org" in exported


@pytest.mark.django_db
def test_a_wrong_address_is_an_error_next_to_its_field_and_nothing_is_lost(client):
    users = make_users(make_domain("sales"))
    product = make_product(domain=users.domain)
    client.force_login(users.owner)
    fields = {"license": "ODbL-1.0", "contact_url": "javascript:alert(1)"}

    answer = client.post(f"{product.path}/edit/reuse", fields | {"edition": product.edition})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_contact_url_error"' in page
    assert 'value="ODbL-1.0"' in page
    assert DataProduct.objects.get().edition == product.edition


@pytest.mark.django_db
def test_search_filters_and_counts_by_licence():
    tree = with_reuse(product_tree(), {"license": "CC0-1.0"})
    product = make_product(tree=tree)

    [document] = product_documents([product])

    assert document.licenses == ("CC0-1.0",)
