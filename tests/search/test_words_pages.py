"""Words and names through HTTP: facets, owners, columns, suggestions, and pages past the end."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from catalog.contracts.services.versions import save_contract
from catalog.domains.services import add_to_team, grant_role
from catalog.glossary.services import define_term
from catalog.identifiers import normalize
from catalog.people.models import Person
from catalog.permissions import Role
from catalog.products.models import DataProduct
from catalog.search.backends import active_backend
from catalog.search.services.rebuild import rebuild
from catalog.search.services.sync import drain
from catalog.search.services.verify import verify
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_team,
    make_users,
    product_tree,
    with_port,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def engine(settings: Any, tmp_path: Path) -> None:
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]


def names_found(client: Client, **params: Any) -> list[str]:
    body = client.get("/api/v1/search", params).json()
    assert body["count"] == len(body["results"])
    return [result["name"] for result in body["results"]]


def suggested(client: Client, text: str) -> dict[str, list[dict[str, str]]]:
    groups = client.get("/search/suggest", {"q": text}).json()["groups"]
    return {group["label"]: group["items"] for group in groups}


@pytest.mark.parametrize("tag", ['quo"ted', "a,b", "back\\slash", '"whole"', "顧客データ", "x:y z"])
def test_choosing_a_facets_value_finds_what_it_counts(client: Client, tag: str):
    domain = make_domain()
    for name, tags in (("Tagged", [tag]), ("Other", ["quo", "a", "b"])):
        tree = product_tree(name, domain=domain.slug) | {"tags": tags}
        make_published_product(domain=domain, tree=tree)
    rebuild(active_backend())

    facets = client.get("/api/v1/search", {"q": "tagged"}).json()["facets"]
    (value,) = facets["tag"]

    assert value["count"] == 1
    assert names_found(client, tag=value["value"]) == ["Tagged"]
    page = client.get("/search", {"tag": value["value"]})
    assert b"<h1" in page.content
    assert b"1 product" in page.content
    (suggestion,) = [
        item["query"]
        for item in suggested(client, "tag:")["Filters"]
        if normalize(tag).strip('"')[-2:] in item["text"]
    ]
    moved = client.get("/search", {"q": suggestion}, follow=True)
    assert b"1 product" in moved.content


@pytest.fixture
def owned(client: Client) -> Person:
    """Two domains, one of which Gunnar Bergmann owns, with its team."""
    domain = make_domain("claims", name="Claims", owner_team=make_team("claims-crew"))
    gunnar = make_person("gunnar", first_name="Gunnar", last_name="Bergmann")
    users = make_users(domain)
    grant_role(person=gunnar, role=Role.OWNER, domain=domain, actor=FACTORY)
    below = make_domain("claims-motor", parent=users.domain)
    make_published_product("Accidents", domain=domain)
    make_published_product("Motor", domain=below)
    make_published_product("Parcels", domain=make_domain("logistics"))
    make_published_product("Secret", domain=make_domain("vault"), assayVisibility="restricted")
    rebuild(active_backend())
    return gunnar


@pytest.mark.parametrize(
    "value",
    ["gunnar", "Gunnar Bergmann", "bergmann", '"gunnar bergmann"', "claims-crew", "Claims-Crew"],
)
def test_a_filter_takes_the_name_of_a_person_or_a_team(client: Client, owned: Person, value: str):
    assert set(names_found(client, owner=value)) == {"Accidents", "Motor"} - (
        {"Motor"} if "crew" in value.casefold() else set()
    )
    page = client.get("/search", {"q": f"owner:{value}"}, follow=True)
    assert b"Accidents" in page.content
    assert b"Parcels" not in page.content


def test_the_search_box_finds_products_by_the_name_of_their_owner(client: Client, owned: Person):
    for text in ("Gunnar Bergmann", "gunnar", "Bergmann"):
        body = client.get("/api/v1/search", {"q": text}).json()
        assert {result["name"] for result in body["results"]} == {"Accidents", "Motor"}
        assert body["results"][0]["reasons"] == ["Owner: Gunnar Bergmann"]
        assert body["corrections"] == []
    assert names_found(client, q="claims-crew")[0] == "Accidents"
    page = client.get("/search", {"q": "Gunnar Bergmann"}).content.decode()
    assert "Gunnar Bergmann" in page[page.index('class="hits"') :]


def test_nobody_is_found_by_a_name_that_is_not_theirs(client: Client, owned: Person):
    assert names_found(client, owner="gunnar nobody") == []
    assert names_found(client, q="gunnar nobody") == []
    assert names_found(client, q="vault owner") == []


def test_my_products_are_those_of_my_teams(client: Client, owned: Person):
    member = make_person()
    client.force_login(member)
    assert names_found(client, owner="me") == []

    domain = DataProduct.objects.get(name="Accidents").domain
    add_to_team(team=domain.owner_team, person=member, actor=FACTORY)

    assert names_found(client, owner="me") == ["Accidents"]


def test_suggestions_offer_owners_whose_products_are_open(client: Client, owned: Person):
    (item,) = suggested(client, "gunn")["Owners"]
    assert (item["text"], item["query"]) == ("Gunnar Bergmann", 'owner:"Gunnar Bergmann" ')
    (team,) = suggested(client, "claims-cr")["Owners"]
    assert team["query"] == "owner:claims-crew "

    hidden = make_person("hedda", first_name="Hedda", last_name="Hidden")
    vault = DataProduct.objects.get(name="Secret").domain
    grant_role(person=hidden, role=Role.OWNER, domain=vault, actor=FACTORY)
    assert "Owners" not in suggested(client, "hedda")


@pytest.fixture
def described(client: Client) -> DataProduct:
    product = make_product("Orders", domain=make_users(make_domain("sales")).domain)
    product = give_schema(with_port(product), "cust_no", "customer", "customer_since")
    contract = product.contracts.get()
    tree = contract.tree
    tree["schema"][0] |= {"physicalName": "VBAK", "businessName": "Sales documents"}
    tree["schema"][0]["properties"][0] |= {
        "physicalName": "KUNNR",
        "businessName": "Buyer",
        "description": "Identifies the customer\nwho pays.",
    }
    save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    rebuild(active_backend())
    return product


def test_business_and_physical_names_and_descriptions_of_columns_are_searched(
    client: Client, described: DataProduct
):
    client.force_login(described.domain.memberships.get(role="owner").person)

    for text in ("buyer", "kunnr", "who pays", "VBAK", "sales documents"):
        assert names_found(client, q=text) == ["Orders"], text
    schema = client.get(f"{described.path}/schema").content.decode()
    assert "KUNNR" in schema
    assert "VBAK" in schema
    assert "cust_no" in client.get(f"{described.path}/schema?filter=kunnr").content.decode()


def test_a_card_shows_the_columns_that_matched_exact_names_first(
    client: Client, described: DataProduct
):
    client.force_login(described.domain.memberships.get(role="owner").person)

    body = client.get("/api/v1/search?q=customer").json()
    card = client.get("/search?q=customer").content.decode()
    card = card[card.index('class="result-reasons"') :]

    assert "Columns: customer, customer_since, cust_no" in body["results"][0]["reasons"]
    assert "cust_no</a> (" in card
    order = [card.index(f"column={name}#") for name in ("customer", "customer_since", "cust_no")]
    assert order == sorted(order)
    assert order[0] < card.find("Matched in") or "Matched in" not in card


def test_suggestions_correct_typos_complete_acronyms_and_offer_columns(
    client: Client, described: DataProduct
):
    make_published_product("Customer lifetime value", domain=described.domain)
    make_published_product("Sea surface temperature", domain=described.domain)
    define_term(name="Sea surface", definition="x", acronyms=["QXS"], actor=FACTORY)
    drain()
    client.force_login(described.domain.memberships.get(role="owner").person)

    for typo in ("liftime", "lifteime v", "temprature", "surfcae"):
        assert "Products" in suggested(client, typo), (typo, suggested(client, typo))
    # "lifet" is only begun, "custmer" is mistyped.
    words = suggested(client, "lifet custmer")["Words"]
    assert words[0]["text"] == "lifet customer"
    assert suggested(client, "clv")["Products"][0]["text"] == "Customer lifetime value"
    assert suggested(client, "qxs")["Products"][0]["text"] == "Sea surface temperature"
    columns = suggested(client, "total cust")["Columns"]
    assert {item["query"] for item in columns} <= {
        "total column:cust_no ",
        "total column:customer ",
        "total column:customer_since ",
    }
    assert columns


def test_what_a_reader_may_not_see_corrects_no_typo(client: Client, described: DataProduct):
    assert suggested(client, "ordres") == {}


def test_a_page_past_the_end_says_so_and_shows_the_last(client: Client):
    domain = make_domain()
    for number in range(3):
        make_published_product(f"Tide {number}", domain=domain)
    rebuild(active_backend())

    page = client.get("/search?q=tide&page=99999").content.decode()
    assert "There is no page 99999" in page
    assert "No results" not in page
    assert "Tide 2" in page
    last = client.get("/search?q=tide&page=2&limit=2").content.decode()
    assert "There is no page" not in last
    body = client.get("/api/v1/search?q=tide&page=7&limit=2").json()
    assert (body["count"], body["results"]) == (3, [])
    assert body["warnings"][0]["code"] == "past-end"
    assert body["warnings"][0]["offer"] == "page=2"
    define_term(name="Tide", definition="x", actor=FACTORY)
    assert "There is no page 9" in client.get("/glossary?page=9").content.decode()


def test_another_base_address_changes_nothing_in_the_index(client: Client, settings: Any):
    product = make_published_product("Orders")
    rebuild(active_backend())

    settings.ASSAY_BASE_IRI = "https://catalog.example"

    assert verify(active_backend()).count == 0
    for base in ("https://catalog.example", "http://127.0.0.1:8000"):
        assert names_found(client, iri=f"{base}/id/product/{product.uuid}") == ["Orders"]
        assert names_found(client, q=f"{base}/id/product/{product.uuid}") == ["Orders"]
    for part in ("catalog.example", "id", "http", "127.0.0.1", "8000", str(product.uuid)[:8]):
        assert names_found(client, q=part) == [], part
