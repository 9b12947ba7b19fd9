"""Results of other kinds through HTTP: tabs, cards, shapes, suggestions, and who sees what."""

import csv
import io
from typing import Any

import pytest
from django.test import Client

from catalog.contracts.models import SchemaObject, SchemaProperty
from catalog.domains.models import Domain
from catalog.glossary.models import Term
from catalog.glossary.services import define_term, remove_term
from catalog.search.backends import active_backend
from catalog.search.fields import TYPES
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services.rebuild import rebuild
from catalog.web.search.result_page import ResultsPage
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_users,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mesh(settings: Any, tmp_path: Any) -> Domain:
    """Two domains, an open and a hidden product whose columns mean one term, and that term."""
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]
    sales = make_users(make_domain("sales", name="Sales", mission="Keeps customers.")).domain
    part = make_domain("loyalty", name="Loyalty", parent=sales, mission="Wins customers back.")
    define_term(
        name="Churn", definition="Customers who left within the year.", synonyms=["attrition"],
        acronyms=["CHR"], actor=FACTORY,
    )  # fmt: skip
    make_published_product("Customer orders", domain=sales)
    _with_column(make_published_product("Customer visits", domain=part))
    _with_column(
        make_published_product("Customer secrets", domain=part, assayVisibility="restricted")
    )
    rebuild(active_backend())
    return sales


def _with_column(product: Any) -> None:
    table = SchemaObject.objects.create(contract=product.contracts.get(), name="visits")
    SchemaProperty.objects.create(schema_object=table, path="left_at", name="at", term="churn")


def results(client: Client, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"/api/v1/search?{query}").json()["results"]
    return rows


def tabs(client: Client, query: str) -> dict[str, int]:
    page = client.get(f"/search?{query}")
    assert page.status_code == 200
    return {tab.label: tab.count for tab in page_context(page).tabs}


def page_context(response: Any) -> ResultsPage:
    page = response.context_data["page"]
    assert isinstance(page, ResultsPage)
    return page


def current_tab(page: ResultsPage) -> str:
    return next(tab.label for tab in page.tabs if tab.is_current)


def test_the_tab_of_each_type_shows_its_count(client: Client, mesh: Any):
    assert tabs(client, "q=customers") == {"Products": 2, "Terms": 1, "Domains": 2}
    assert tabs(client, "q=churn") == {"Products": 0, "Terms": 1, "Domains": 0}
    assert tabs(client, "") == {"Products": 2, "Terms": 1, "Domains": 2}


@pytest.mark.parametrize("query", ["", "q=customers", "q=custmers", "q=loy", "domain=loyalty"])
def test_the_count_of_a_tab_is_what_opening_it_shows(client: Client, mesh: Any, query: str):
    page = client.get(f"/search?{query}")

    for tab in page_context(page).tabs:
        tab_page = client.get(f"/search{tab.url}")
        assert page_context(tab_page).count == tab.count, tab.url
        assert [row.count for row in page_context(tab_page).tabs] == [
            row.count for row in page_context(page).tabs
        ]


def test_the_card_of_a_term_shows_its_definition_and_usage(client: Client, mesh: Any):
    page = client.get("/search?q=attrition&type=term")
    text = " ".join(page.content.decode().split())

    assert "1 term for “attrition”" in text
    assert 'href="/glossary/churn"' in text
    assert "Customers who left within the year." in text
    assert '<span class="tag">CHR</span> attrition' in text
    assert "1 column in 1 product" in text
    assert "Also written" in text


def test_the_card_of_a_domain_shows_its_mission_and_product_count(client: Client, mesh: Any):
    text = " ".join(client.get("/search?q=keeps&type=domain").content.decode().split())

    assert "1 domain for “keeps”" in text
    assert 'href="/d/sales"' in text
    assert "<mark>Keeps</mark> customers" in text
    assert '<p class="small muted">2 products</p>' in text


def test_each_type_has_its_own_shape_over_the_api(client: Client, mesh: Any):
    (term,) = results(client, "q=churn&type=term")
    sales, loyalty = results(client, "type=domain&sort=name")[::-1]
    product = results(client, "q=orders")[0]

    assert (term["type"], term["slug"], term["url"]) == ("term", "churn", "/glossary/churn")
    assert (term["synonyms"], term["acronyms"], term["domain"]) == (["attrition"], ["CHR"], None)
    assert (term["columns"], term["products"]) == (1, 1)
    assert (loyalty["type"], loyalty["parent"], loyalty["products"]) == ("domain", "sales", 1)
    assert (sales["url"], sales["products"], sales["mission"]) == (
        "/d/sales", 2, "Keeps customers.",
    )  # fmt: skip
    assert (product["type"], product["name"]) == ("product", "Customer orders")


def test_the_api_answers_every_type_as_documented(client: Client, mesh: Any):
    shapes = client.get("/api/v1/openapi.json").json()["components"]["schemas"]

    for kind, name in (("product", "Product"), ("term", "Term"), ("domain", "Domain")):
        (shape,) = {tuple(sorted(row)) for row in results(client, f"type={kind}")}
        assert shape == tuple(sorted(shapes[f"{name}Result"]["properties"]))
    assert shapes["Result"]["discriminator"]["propertyName"] == "type"


def test_only_visible_products_are_counted_next_to_a_term_or_domain(client: Client, mesh: Domain):
    def counted() -> list[int]:
        (term,) = results(client, "q=churn&type=term")
        return [
            term["columns"],
            term["products"],
            results(client, "q=sales&type=domain")[0]["products"],
        ]

    as_outsider = counted()
    client.force_login(mesh.memberships.get(role="owner").person)

    assert as_outsider == [1, 1, 2]
    assert counted() == [2, 2, 3]


def test_a_typed_result_type_becomes_part_of_the_address(client: Client, mesh: Any):
    for query in ("customers type:domain", "customers kind:domain"):
        response = client.get("/search", {"q": query})
        assert response["Location"] == "/search?q=customers&type=domain"

    page = client.get("/search?q=customers&type=domain")
    assert page_context(page).chips == []
    assert page_context(page).count_text == "2 domains"
    assert dict(page_context(page).hidden_inputs) == {"type": "domain"}
    assert client.get("/api/v1/search?q=customers&type=product").json()["count"] == 2


def test_of_several_types_in_a_query_the_first_is_searched_with_a_warning(
    client: Client, mesh: Any
):
    body = client.get("/api/v1/search?q=type:term,domain").json()

    assert body["type"] == "term"
    assert [warning["code"] for warning in body["warnings"]] == ["one-type"]


@pytest.mark.parametrize("query", ["type=term&type=domain", "-type=product"])
def test_of_several_types_the_first_is_searched_with_a_warning(
    client: Client, mesh: Any, query: str
):
    page = page_context(client.get(f"/search?{query}"))

    assert current_tab(page) == ("Products" if query.startswith("-") else "Terms")
    warnings = [chip.warning for chip in page.chips if chip.warning]
    assert warnings == ["Only one result type at a time; showing the first."]


def test_an_unknown_type_gives_a_warning(client: Client, mesh: Any):
    page = page_context(client.get("/search?type=trem"))

    (chip,) = page.chips
    assert current_tab(page) == "Products"
    assert chip.suggestion
    assert chip.suggestion.label == "type:term"


def test_pages_and_cursors_keep_their_type(client: Client, mesh: Any):
    for number in range(3):
        define_term(name=f"Word {number}", definition="Customers again.", actor=FACTORY)
    rebuild(active_backend())

    first = client.get("/api/v1/search?q=customers&type=term&sort=name&limit=3").json()
    second = client.get(first["next"]).json()
    strange = client.get(first["next"].replace("type=term", "type=domain")).json()

    assert [row["name"] for row in first["results"]] == ["Churn", "Word 0", "Word 1"]
    assert [row["name"] for row in second["results"]] == ["Word 2"]
    assert strange["warnings"][0]["code"] == "unknown-cursor"


def test_terms_and_domains_have_csv_but_no_feed(client: Client, mesh: Any):
    response = client.get("/search.csv?q=customers&type=term")
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    page = client.get("/search?q=customers&type=term")

    assert response["Content-Disposition"] == 'attachment; filename="terms.csv"'
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["slug"], row["spellings"]) == ("churn", "CHR; attrition")
    assert page_context(page).feed_url == ""
    assert b"Customer orders" in client.get("/search.atom?q=customers&type=term").content


def test_a_removed_term_is_not_shown_however_late_the_index_is(client: Client, mesh: Any):
    remove_term(term=Term.objects.get(), edition=1, actor=FACTORY)

    assert tabs(client, "q=churn&type=term") == {"Products": 0, "Terms": 0, "Domains": 0}
    assert client.get("/api/v1/search?q=churn&type=term").json()["count"] == 0
    assert client.get("/search/suggest?q=chur").json() == {"groups": []}


def test_autocomplete_suggests_terms_and_domains_after_products(client: Client, mesh: Any):
    make_published_product("Sales churn", domain=mesh)
    rebuild(active_backend())

    groups = client.get("/search/suggest?q=chur").json()["groups"]
    assert [(group["label"], group["items"][0]["text"]) for group in groups] == [
        ("Products", "Sales churn"), ("Terms", "Churn"), ("Words", "churn"),
    ]  # fmt: skip
    assert groups[1]["items"][0]["href"] == "/glossary/churn"
    groups = client.get("/search/suggest?q=loyal").json()["groups"]
    assert [group["label"] for group in groups] == ["Products", "Domains"]
    assert groups[1]["items"] == [{"text": "Loyalty", "detail": "Sales", "href": "/d/loyalty"}]
    kinds = client.get("/search/suggest?q=type:").json()["groups"][0]["items"]
    assert {item["text"]: item["detail"] for item in kinds} == {
        "type:product": "3", "type:term": "1", "type:domain": "2",
    }  # fmt: skip


def test_many_products_leave_room_for_a_term_and_a_domain(client: Client, mesh: Any):
    for number in range(9):
        make_product(f"Loyalty {number}", domain=mesh)
    define_term(name="Loyalty", definition="x", actor=FACTORY)
    rebuild(active_backend())
    client.force_login(mesh.memberships.get(role="owner").person)

    groups = client.get("/search/suggest?q=loyalty").json()["groups"]

    assert {group["label"]: len(group["items"]) for group in groups} == {
        "Products": 6, "Terms": 1, "Domains": 1,
    }  # fmt: skip


def test_related_terms_are_offered_if_nothing_is_found(client: Client, mesh: Any):
    page = client.get("/search?q=chrn+walrus&tag=nowhere")

    assert page_context(page).count == 0
    assert [term.slug for term in page_context(page).nearest_terms] == ["churn"]
    assert b'<a href="/glossary/churn">Churn</a>' in page.content


@pytest.mark.parametrize("parameters", ["type=AAA", "type=", "type=term&type=domain", "type=Term"])
def test_the_api_refuses_an_unknown_type(client: Client, parameters: str):
    answer = client.get(f"/api/v1/search?q=x&{parameters}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid-parameters"
    assert "product, term, domain" in str(answer.json()["errors"])


def test_every_type_is_declared_once_in_the_order_of_the_tabs():
    assert tuple(RESULT_TYPES) == TYPES
    assert all(name == result_type.name for name, result_type in RESULT_TYPES.items())
