"""The published versions of a product: their addresses, their pages, and any two compared."""

import pytest
from django.test import Client

from catalog.contracts.services import save_contract
from catalog.products.models import DataProduct
from catalog.products.services import replace_document
from catalog.publication.services import publish_product, retire_product
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    with_answers,
    with_good_checks,
    with_port,
)

pytestmark = pytest.mark.django_db


def released(product: DataProduct, version: str, purpose: str, note: str = "") -> DataProduct:
    """Return a product with one more published version."""
    tree = product.tree | {"version": version, "description": {"purpose": purpose}}
    product = replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    return publish_product(product=product, edition=product.edition, actor=FACTORY, note=note)


@pytest.fixture
def product() -> DataProduct:
    """A product with the versions 0.1.0, 1.0.0, 1.4.0 and 2.0.0."""
    product = make_published_product("Orders", domain=make_domain("sales"))
    for version in ("1.0.0", "1.4.0", "2.0.0"):
        product = released(product, version, f"Orders as of {version}.", f"Note of {version}.")
    return product


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("/p/sales/orders@1", "/p/sales/orders@1.4.0"),
        ("/p/sales/orders@latest", "/p/sales/orders@2.0.0"),
        ("/p/sales/orders?version=1.0", "/p/sales/orders@1.0.0"),
        ("/p/sales/orders@1.4.0/schema", "/p/sales/orders@1.4.0"),
    ],
)
def test_a_short_version_leads_to_the_page_of_the_newest_that_it_means(
    client: Client, product: DataProduct, address: str, leads_to: str
) -> None:
    response = client.get(address)

    assert (response.status_code, response["Location"]) == (302, leads_to)


@pytest.mark.parametrize("address", ["/p/sales/orders@1.4.0", "/p/sales/orders?version=1.4.0"])
def test_a_version_has_a_page(client: Client, product: DataProduct, address: str) -> None:
    text = client.get(address).content.decode()

    assert "Version 1.4.0" in text
    assert "Note of 1.4.0." in text
    assert "Orders as of 1.4.0." in text
    assert "The newest version is 2.0.0." in text


@pytest.mark.parametrize("selector", ["3", "nonsense", "1.4.0.0"])
def test_a_version_that_is_none_is_not_found(
    client: Client, product: DataProduct, selector: str
) -> None:
    assert client.get(f"{product.path}@{selector}").status_code == 404
    assert client.get(f"{product.path}?version={selector}").status_code == 404


def test_a_version_with_a_slash_is_named_in_the_query(client: Client) -> None:
    product = released(make_published_product("Orders"), "2026/11", "Orders of November.")

    response = client.get(f"{product.path}@latest")
    assert response["Location"] == f"{product.path}?version=2026%2F11"
    assert client.get(response["Location"]).status_code == 200


def test_the_iri_names_a_version_after_an_at_sign(client: Client, product: DataProduct) -> None:
    iri = f"/id/product/{product.uuid}@1"

    page = client.get(iri, headers={"accept": "text/html"})
    api = client.get(iri, headers={"accept": "application/json"})

    assert (page.status_code, page["Location"]) == (303, f"{product.path}?version=1")
    assert client.get(page["Location"])["Location"] == f"{product.path}@1.4.0"
    assert client.get(api["Location"]).json()["version"] == "1.4.0"


def test_the_api_resolves_a_version(client: Client, product: DataProduct) -> None:
    address = f"/api/v1/products/{product.uuid}"

    answers = {
        selector: client.get(f"{address}?version={selector}").json()
        for selector in ("1.4.0", "1", "latest")
    }

    assert {selector: answer["version"] for selector, answer in answers.items()} == {
        "1.4.0": "1.4.0",
        "1": "1.4.0",
        "latest": "2.0.0",
    }
    assert answers["1"]["purpose"] == "Orders as of 1.4.0."
    assert answers["1"]["tree"]["description"]["purpose"] == "Orders as of 1.4.0."
    assert client.get(f"{address}?version=9").status_code == 404
    assert client.get(f"{address}/versions/1").json()["version"] == "1.4.0"


def test_the_page_of_a_moved_product_keeps_the_version(
    client: Client, product: DataProduct
) -> None:
    tree = product.tree | {"version": "2.0.1"}
    tree["customProperties"] = [
        *tree["customProperties"],
        {"property": "assaySlug", "value": "all-orders"},
    ]
    product = replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    publish_product(product=product, edition=product.edition, actor=FACTORY)

    response = client.get("/p/sales/orders@1.4.0")

    assert (response.status_code, response["Location"]) == (301, "/p/sales/all-orders@1.4.0")


def test_the_versions_of_a_retired_product_answer_410(client: Client, product: DataProduct) -> None:
    successor = make_published_product("Sales orders")
    retire_product(product=product, edition=product.edition, actor=FACTORY, successor=successor)

    for address in (f"{product.path}@1.4.0", f"{product.path}@latest"):
        response = client.get(address)
        assert response.status_code == 410
        assert "Sales orders" in response.content.decode()
    api = client.get(f"/api/v1/products/{product.uuid}?version=1")
    assert api.status_code == 410
    assert client.get(f"{product.path}/versions").status_code == 200


def test_versions_of_what_a_reader_may_not_see_are_not_found(client: Client) -> None:
    domain = make_domain()
    hidden = make_published_product("Hidden", domain=domain, assayVisibility="members")

    assert client.get(f"{hidden.path}@latest").status_code == 404
    assert client.get(f"/id/product/{hidden.uuid}@latest").status_code == 404
    assert client.get(f"{hidden.path}/versions").status_code == 404


def test_a_draft_has_no_version(client: Client) -> None:
    domain = make_domain()
    users = make_users(domain)
    draft = make_product("Draft", domain=domain)
    client.force_login(users.owner)

    assert client.get(f"{draft.path}@latest").status_code == 404
    assert "No version yet" in client.get(f"{draft.path}/versions").content.decode()


def test_two_versions_are_compared_with_their_consumers(
    client: Client, product: DataProduct
) -> None:
    consumer = make_published_product("Revenue")
    source = {"property": "assaySource", "value": "sales/orders"}
    inputs = [{"name": "orders", "version": "1.0.0", "customProperties": [source]}]
    tree = consumer.tree | {"version": "1.0.0", "inputPorts": inputs}
    consumer = replace_document(
        product=consumer, tree=tree, edition=consumer.edition, actor=FACTORY
    )
    publish_product(product=consumer, edition=consumer.edition, actor=FACTORY)

    response = client.get(f"{product.path}/versions?from=1.0.0&to=latest")
    text = response.content.decode()

    assert "From 1.0.0 to 2.0.0" in text
    assert "purpose changed from “Orders as of 1.0.0.” to “Orders as of 2.0.0.”" in text
    assert "Text only" in text
    assert "Revenue" in text
    comparison = response.context_data["page"].comparison
    [document] = comparison.documents
    assert any("Orders as of 1.0.0." in (row.before or (0, ""))[1] for row in document.rows)


def test_a_version_that_cannot_be_compared_is_named(client: Client, product: DataProduct) -> None:
    text = client.get(f"{product.path}/versions?from=9&to=2").content.decode()

    assert "No version of this product is “9”." in text


def test_contracts_are_compared_as_they_were_served(client: Client) -> None:
    product = make_published_product("Orders", domain=make_domain("sales"))
    product = with_columns(product, "0.2.0", "id", "email")
    product = with_columns(product, "0.3.0", "id", "email", "amount")

    text = client.get(f"{product.path}/versions?from=0.2.0&to=0.3.0").content.decode()
    api = client.get(f"/api/v1/products/{product.uuid}/changes?from=0.2&to=latest").json()

    assert "Column amount of rows was added." in text
    assert "Contract of port table (ODCS)" in text
    assert api["release_class"] == "minor"
    assert [change["change_class"] for change in api["changes"]] == ["compatible"]
    version = client.get(f"{product.path}@0.3.0").content.decode()
    assert "Column amount of rows was added." in version
    assert "Compare side by side" in version


def with_columns(product: DataProduct, version: str, *columns: str) -> DataProduct:
    """Return a product published under a version, with a contract version that has the columns."""
    contract = product.contracts.order_by("id").last()
    assert contract is not None
    rows = [{"name": column, "logicalType": "string"} for column in columns]
    tree = contract.tree | {"version": version, "schema": [{"name": "rows", "properties": rows}]}
    product = save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)[1]
    return released(product, version, "Orders.")


def test_no_page_of_versions_shows_a_secret_of_a_contract(client: Client) -> None:
    place = {"type": "postgres", "host": "db.example.org", "port": 5432, "database": "x"}
    draft = make_product("Orders", domain=make_domain("sales"))
    draft = replace_document(
        product=draft, tree=with_answers(draft.tree), edition=draft.edition, actor=FACTORY
    )
    make_users(draft.domain)
    product = with_good_checks(
        with_port(draft, path=None, format=None, password="hunter2", **place)
    )
    product = publish_product(product=product, edition=product.edition, actor=FACTORY)
    released(product, "0.2.0", "Orders.")

    for address in ("@0.1.0", "/versions", "/versions?from=0.1.0&to=0.2.0"):
        response = client.get(f"{product.path}{address}")
        assert response.status_code == 200, address
        assert "hunter2" not in response.content.decode(), address
    assert "•••" in client.get(f"{product.path}@0.1.0").content.decode()
