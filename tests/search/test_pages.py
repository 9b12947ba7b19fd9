"""Search through HTTP: the page, its twins, what is suggested, and the engine being away."""

import csv
import io
from typing import Any

import pytest
from django.test import Client

from catalog.domains.services import grant_role
from catalog.glossary.services import define_term
from catalog.permissions import Role
from catalog.products.models import DataProduct
from catalog.products.services.readers import share_product
from catalog.search.backends import active_backend
from catalog.search.services.rebuild import rebuild
from catalog.search.services.sync import drain
from tests.factories import (
    FACTORY,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_users,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mesh(settings: Any, tmp_path: Any) -> dict[str, DataProduct]:
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]
    users = make_users(make_domain("sales", name="Sales"))
    products = {
        "orders": make_published_product("Customer orders", domain=users.domain),
        "secret": make_published_product(
            "Customer secrets", domain=users.domain, assayVisibility="restricted"
        ),
        "draft": make_product("Customer draft", domain=users.domain),
    }
    rebuild(active_backend())
    return products


def names(body: dict[str, Any]) -> set[str]:
    return {result["name"] for result in body["results"]}


def test_the_json_answer_has_what_programs_rely_on(client: Client, mesh: Any):
    body = client.get("/api/v1/search", {"q": "custmer"}).json()

    assert body["count"] == 1
    assert body["corrections"] == [{"typed": "custmer", "searched": "customer"}]
    result = body["results"][0]
    assert (result["id"], result["domain"]) == (str(mesh["orders"].uuid), "sales")
    assert result["slug"] == mesh["orders"].slug
    assert result["reasons"]
    assert {value["value"] for value in body["facets"]["domain"]} == {"sales"}


def test_the_api_says_the_same(client: Client, mesh: Any):
    page = client.get("/api/v1/search", {"q": "customer"}).json()
    api = client.get("/api/v1/search", {"q": "customer"}).json()

    assert (api["count"], api["results"]) == (page["count"], page["results"])


def test_people_find_what_they_may_see_and_nothing_else(client: Client, mesh: Any):
    assert names(client.get("/api/v1/search?q=customer").json()) == {"Customer orders"}

    owner = mesh["orders"].domain.memberships.get(role="owner").person
    client.force_login(owner)
    assert names(client.get("/api/v1/search?q=customer").json()) == {
        "Customer orders",
        "Customer secrets",
        "Customer draft",
    }


def test_a_restricted_product_is_visible_at_once_after_it_is_shared(client: Client, mesh: Any):
    member, friends = make_person(), make_domain("friends")
    grant_role(person=member, role=Role.CONSUMER, domain=friends, actor=FACTORY)
    secret = mesh["secret"]
    client.force_login(member)
    before = names(client.get("/api/v1/search?q=secrets").json())

    shared = share_product(
        product=secret, domains=[friends], teams=[], edition=secret.edition, actor=FACTORY
    )
    drain()
    between = names(client.get("/api/v1/search?q=secrets").json())
    share_product(product=shared, domains=[], teams=[], edition=shared.edition, actor=FACTORY)
    after = names(client.get("/api/v1/search?q=secrets").json())

    assert (before, between, after) == (set(), {"Customer secrets"}, set())


def test_typed_filters_become_parameters(client: Client, mesh: Any):
    response = client.get("/search", {"q": "customer domain:sales -is:draft"})

    assert response.status_code == 302
    assert response["Location"] == "/search?-is=draft&domain=sales&q=customer"
    page = client.get(response["Location"])
    assert page.status_code == 200
    assert "HX-Request" in page["Vary"]
    assert b"<mark>Customer</mark> orders" in page.content


def test_a_pasted_identifier_leads_straight_to_its_page(client: Client, mesh: Any):
    product = mesh["orders"]

    assert client.get("/search", {"q": str(product.uuid)})["Location"] == product.path
    iri = f"http://elsewhere/id/product/{product.uuid}"
    assert client.get("/search", {"q": iri})["Location"] == product.path
    assert client.get("/search", {"q": str(mesh["secret"].uuid)}).status_code == 200


def test_with_one_filter_less_something_is_offered(client: Client, mesh: Any):
    page = client.get("/search?q=customer&domain=sales&tag=nowhere")

    assert page.status_code == 200
    assert b"?domain=sales&amp;q=customer" in page.content


def test_typing_suggests_products_filters_and_values(client: Client, mesh: Any):
    groups = client.get("/search/suggest", {"q": "cust"}).json()["groups"]
    items = {item["text"] for group in groups for item in group["items"]}
    assert {"Customer orders", "customer"} <= items
    assert "Customer secrets" not in items

    groups = client.get("/search/suggest", {"q": "domain:sa"}).json()["groups"]
    assert groups[0]["items"][0]["text"] == "domain:sales"
    assert client.get("/search/suggest", {"q": "c"}).json() == {"groups": []}


def test_the_glossarys_other_spellings_are_searched_too(client: Client, mesh: Any):
    define_term(name="Purchase", definition="x", synonyms=["orders"], actor=FACTORY)

    body = client.get("/api/v1/search?q=purchase").json()

    assert names(body) == {"Customer orders"}
    assert body["also_searched"] == [{"typed": "purchase", "others": ["orders"]}]


def test_the_whole_result_leaves_as_csv(client: Client, mesh: Any):
    response = client.get("/search.csv?q=customer")

    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in rows] == ["Customer orders"]


def test_a_forged_cursor_shows_the_first_page_with_a_warning(client: Client, mesh: Any):
    body = client.get("/api/v1/search?q=customer&cursor=forged").json()

    assert body["count"] == 1
    assert [warning["code"] for warning in body["warnings"]] == ["unknown-cursor"]


def test_the_next_page_follows_however_the_search_was_written(client: Client, mesh: Any):
    make_published_product("Customer visits", domain=mesh["orders"].domain)
    drain()

    first = client.get("/api/v1/search?sort=relevance&limit=1&q=customer%20type:product").json()
    second = client.get(first["next"]).json()

    assert names(first) | names(second) == {"Customer orders", "Customer visits"}
    assert second["warnings"] == []


def test_with_the_engine_away_the_page_browses_by_domain(
    client: Client, mesh: Any, settings: Any, tmp_path: Any
):
    settings.ASSAY_DATA_DIR = tmp_path / "elsewhere"

    page = client.get("/search?q=customer")
    assert page.status_code == 503
    assert b"/d/sales" in page.content
    assert client.get("/api/v1/search?q=customer").status_code == 503
    assert client.get("/search/suggest?q=cust").json() == {"groups": []}
