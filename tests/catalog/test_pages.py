"""What the read pages show, to whom, at which address, and with how many statements."""

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.domains.services import add_to_team, grant_role
from catalog.people.models import Person
from catalog.permissions import Role
from catalog.products.models import DataProduct
from catalog.products.services import patch_document, set_trust, share_product
from catalog.publication.services import deprecate_product, publish_product, retire_product
from catalog.web.products.trust_summary import TrustMetric
from tests.factories import (
    FACTORY,
    Users,
    give_schema,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_team,
    make_users,
    publish_changes,
    with_port,
)

pytestmark = pytest.mark.django_db
TABS = ("", "/schema", "/provenance", "/history")
IMBALANCES: list[dict[str, Any]] = [
    {"attribute": "sex", "group": "female", "share": 0.31, "referenceShare": 0.505, "n": 18240},
    {"attribute": "sex", "group": "male", "share": 0.67, "referenceShare": 0.495, "n": 7},
]


@pytest.fixture
def users() -> Users:
    return make_users(make_domain("sales"))


@pytest.fixture
def orders(users: Users) -> DataProduct:
    return make_published_product("Orders", domain=users.domain)


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(path: str, client: Client | None = None, status: int = 200) -> str:
    response = (client or Client()).get(path)
    assert response.status_code == status, path
    return response.content.decode()


def statements(path: str, client: Client) -> int:
    page(path, client)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page(path, client)
    return len(queries)


# --- what a product's page shows ---------------------------------------------------------------
def test_the_overview_answers_what_it_is_whom_to_ask_and_how_to_use_it(
    orders: DataProduct, users: Users
) -> None:
    text = page(orders.path)

    for expected in ("Orders, one row each.", users.owner.display_name, users.steward.display_name):
        assert expected in text
    assert f"/api/v1/products/{orders.uuid}" in text
    assert f"/id/product/{orders.uuid}" in text


def test_what_is_not_measured_is_said_and_never_left_blank(orders: DataProduct) -> None:
    text = page(orders.path)

    assert text.count("not measured yet") >= 4
    assert "not assessed" in text


def test_the_trust_summary_shows_a_measured_objective_with_target_and_verdict(
    orders: DataProduct,
) -> None:
    availability = {"value": 0.9612, "target": 0.999, "verdict": "breached", "window": "30d"}

    set_trust(
        product_id=orders.pk,
        verdict="breached",
        figures={"availability": availability},
        actor=FACTORY,
    )

    cell = trust_of(orders)["Availability"]
    assert (cell.value, cell.target) == ("96.12\u202f%", "target 99.9\u202f%")
    assert cell.verdict == "breached"


def trust_of(product: DataProduct) -> dict[str, TrustMetric]:
    response: Any = Client().get(product.path)
    return {str(metric.label): metric for metric in response.context_data["page"].frame.metrics}


def test_the_greatest_gap_is_the_reading_of_known_imbalances(users: Users) -> None:
    product = declare_imbalances(make_published_product("Survey", domain=users.domain))

    cell = trust_of(product)["Known imbalances"]

    assert (cell.value, cell.note) == ("19.5 points", "largest gap, by sex")


def test_a_small_count_is_not_shown_exactly(users: Users) -> None:
    product = declare_imbalances(make_published_product("Survey", domain=users.domain))

    text = page(f"{product.path}/bias")

    assert "&lt;10" in text
    assert "18,240" in text


def declare_imbalances(product: DataProduct) -> DataProduct:
    properties = product.tree["customProperties"]
    at = next(n for n, item in enumerate(properties) if item["property"] == "assayProvenance")
    value = properties[at]["value"] | {"imbalances": IMBALANCES}
    patch = [{"op": "replace", "path": f"/customProperties/{at}/value", "value": value}]
    patch_document(product=product, patch=patch, edition=product.edition, actor=FACTORY)
    return publish_changes(product)


def test_each_question_of_provenance_is_shown_with_its_answer(orders: DataProduct) -> None:
    text = page(f"{orders.path}/provenance")

    assert "Where does the data come from?" in text
    assert text.count("unknown, stated by owner") == 7


def test_a_filter_of_columns_keeps_the_matching_ones_and_says_how_many(users: Users) -> None:
    draft = with_port(make_product(domain=users.domain))
    draft = give_schema(draft, "order_id", "customer_id", "placed_at")

    text = page(f"{draft.path}/schema?filter=_id", signed_in(users.owner))

    assert "2 of 3 columns" in text
    assert "placed_at" not in text


def test_a_link_to_a_column_opens_the_page_that_holds_it(users: Users) -> None:
    draft = with_port(make_product(domain=users.domain))
    draft = give_schema(draft, *(f"column_{number:03}" for number in range(450)))

    text = page(f"{draft.path}/schema?column=column_333", signed_in(users.owner))

    assert 'id="col-column_333"' in text
    assert "column_001" not in text


def test_the_overview_names_a_source_only_to_those_who_may_see_it(users: Users) -> None:
    secret = make_published_product("Salaries", domain=users.domain, assayVisibility="restricted")
    port = {"name": "pay", "version": "1", "contractId": secret.contracts.get().identifier}
    fed = make_published_product("Costs", domain=users.domain)
    fed = patch_document(
        product=fed,
        patch=[{"op": "add", "path": "/inputPorts", "value": [port]}],
        edition=fed.edition,
        actor=FACTORY,
    )
    fed = publish_changes(fed)

    assert secret.path in page(fed.path, signed_in(users.owner))
    assert secret.path not in page(fed.path)


def test_a_link_in_a_document_is_followed_only_where_it_is_an_address_of_the_web(
    users: Users,
) -> None:
    uses = [
        {"title": "Trap", "url": "javascript:alert(1)"},
        {"title": "Report", "url": "https://r.example"},
    ]
    product = make_published_product(domain=users.domain, assayUsedIn=uses)

    text = page(product.path)

    assert "Trap" in text
    assert "javascript:" not in text
    assert 'href="https://r.example"' in text


def test_a_contract_is_read_and_downloaded_as_odcs_from_the_pages_of_its_product(
    users: Users,
) -> None:
    product = give_schema(with_port(make_product(domain=users.domain)), "order_id")
    contract = product.contracts.get()
    owner = signed_in(users.owner)
    path, file = (
        f"{product.path}/contracts/{contract.uuid}",
        f"/api/v1/contracts/{contract.uuid}.odcs.yaml",
    )

    for address in (product.path, f"{product.path}/schema"):
        assert f'href="{path}"' in page(address, owner)
        assert f'href="{file}"' in page(address, owner)
    text = page(path, owner)
    document = owner.get(file).content.decode()

    assert "apiVersion: v3" in document
    assert document.strip() in unescape(text)
    assert "order_id" in document
    page(path, status=404)
    page(f"{product.path}/contracts/{product.uuid}", owner, status=404)


def test_the_copy_button_copies_the_identifier_that_is_shown_and_that_finds_the_page(
    orders: DataProduct, users: Users
) -> None:
    text = page(orders.path)
    copied = re.findall(r'data-copy="([^"]+)"', text)
    # The addresses of the formats.
    copied = [one for one in copied if not one.startswith("http://testserver/")]

    citation = (
        f"Sales (2026): Orders. Version 0.1.0. http://127.0.0.1:8000/id/product/{orders.uuid}"
    )
    assert copied == ["sales.orders@0.1.0", citation]
    assert f"<code>{copied[0]}</code>" in text
    for query in (copied[0], " Sales.Orders@9.9 ", str(orders.uuid)):
        assert Client().get("/search", {"q": query})["Location"] == orders.path
    hidden = make_published_product("Pay", domain=users.domain, assayVisibility="restricted")
    assert Client().get("/search", {"q": hidden.readable_name}).status_code != 302


def test_an_identifier_with_dots_in_its_slugs_finds_the_page() -> None:
    product = make_published_product("v2.orders.eu", domain=make_domain("sales.north"))

    response = Client().get("/search", {"q": product.readable_name})

    assert response["Location"] == product.path


def access_of(product: DataProduct, person: Person | None) -> TrustMetric:
    client = signed_in(person) if person else Client()
    response: Any = client.get(product.path)
    return response.context_data["page"].frame.metrics[-1]


def test_the_access_of_a_reader_is_told_apart_from_that_to_the_data(
    orders: DataProduct, users: Users
) -> None:
    metric = access_of(orders, None)
    text = " ".join(page(orders.path).split())

    assert (metric.value, metric.state_label) == ("Everyone", "can see this entry")
    assert metric.detail == "Data: decided at each port"
    assert "Everyone can see it. No account is needed." in text
    assert "Assay does not control access to it." in text


@pytest.mark.parametrize("visibility", ["members", "restricted"])
def test_no_access_claims_a_membership_that_the_reader_does_not_have(
    users: Users, visibility: str
) -> None:
    product = make_published_product("Pay", domain=users.domain, assayVisibility=visibility)
    team, guest, auditor = make_team("crew"), make_person(), make_person()
    grant_role(person=auditor, role=Role.AUDITOR, actor=FACTORY)
    add_to_team(team=team, person=guest, actor=FACTORY)
    if visibility == "restricted":
        share_product(
            product=product, domains=[], teams=[team], edition=product.edition, actor=FACTORY
        )

    reasons = {
        person.pk: access_of(product, person).note for person in (users.consumer, guest, auditor)
    }

    by_role = {
        users.consumer.pk: "You see it by your role in its domain: Consumer.",
        guest.pk: "It is shared with you.",
        auditor.pk: "You see it by your role in the mesh: Auditor.",
    }
    signed_in_alone = "You see it because you are signed in."
    assert reasons == (
        by_role if visibility == "restricted" else dict.fromkeys(by_role, signed_in_alone)
    )


# --- who sees what -----------------------------------------------------------------------------
@pytest.mark.parametrize("tab", TABS)
def test_a_hidden_product_is_missing_at_every_address_and_in_every_list(
    users: Users, tab: str
) -> None:
    hidden = make_published_product("Salaries", domain=users.domain, assayVisibility="restricted")

    for client in (Client(), signed_in(users.outsider)):
        assert client.get(f"{hidden.path}{tab}").status_code == 404
        assert client.get(f"/id/product/{hidden.uuid}").status_code == 404
        for listed in ("/", "/domains", "/d/sales", "/api/v1/domains/sales"):
            assert "Salaries" not in page(listed, client)
    assert signed_in(users.consumer).get(f"{hidden.path}{tab}").status_code == 200


def test_counts_are_of_what_the_reader_may_see(users: Users) -> None:
    make_published_product(domain=users.domain)
    make_published_product(domain=users.domain, assayVisibility="restricted")
    make_product(domain=users.domain)

    def count(client: Client) -> int:
        page = client.get("/d/sales").context_data["page"]
        return int(page.products_page.paginator.count)

    assert (count(Client()), count(signed_in(users.consumer)), count(signed_in(users.owner))) == (
        1,
        2,
        3,
    )


def test_a_draft_is_for_its_domain_and_waits_for_its_owner(users: Users) -> None:
    draft = make_product("Half done", domain=users.domain)

    assert Client().get(draft.path).status_code == 404
    assert "Half done" in page("/", signed_in(users.owner))
    assert "only its domain sees it" in page(draft.path, signed_in(users.owner))


def test_the_history_shows_values_to_those_who_read_the_audit_and_names_to_members(
    orders: DataProduct, users: Users
) -> None:
    patch = [{"op": "replace", "path": "/description/purpose", "value": "Now with returns."}]
    patch.append({"op": "replace", "path": "/version", "value": "0.2.0"})
    edited = patch_document(product=orders, patch=patch, edition=orders.edition, actor=users.owner)
    publish_product(product=edited, edition=edited.edition, actor=users.owner)

    for_owner = page(f"{orders.path}/history", signed_in(users.owner))
    for_member = page(f"{orders.path}/history", signed_in(users.outsider))
    for_all = page(f"{orders.path}/history")

    assert "Orders, one row each." in for_owner.partition("<main")[2].partition("timeline")[2]
    assert "Orders, one row each." not in for_member.partition("timeline")[2]
    assert f"by {users.owner.display_name}" in for_member
    assert f"by {users.owner.display_name}" not in for_all
    assert "/description/purpose" in for_all


def test_the_history_from_outside_begins_with_the_first_publication(orders: DataProduct) -> None:
    events = Client().get(f"/api/v1/products/{orders.uuid}/history").json()["results"]

    assert [event["verb"] for event in events] == ["published"]


# --- addresses that last -----------------------------------------------------------------------
@pytest.mark.parametrize("tab", TABS)
def test_a_former_address_leads_to_the_same_tab_for_ever(orders: DataProduct, tab: str) -> None:
    patch = [{"op": "replace", "path": "/name", "value": "Sales orders"}]
    patch_document(product=orders, patch=patch, edition=orders.edition, actor=FACTORY)
    publish_changes(orders)

    response = Client().get(f"/p/sales/orders{tab}?page=1")

    assert response.status_code == 301
    assert response["Location"] == f"/p/sales/sales-orders{tab}?page=1"


def test_a_former_address_of_a_hidden_product_tells_nothing(users: Users) -> None:
    hidden = make_published_product("Pay", domain=users.domain, assayVisibility="restricted")
    patch = [{"op": "replace", "path": "/name", "value": "Salaries"}]
    patch_document(product=hidden, patch=patch, edition=hidden.edition, actor=FACTORY)
    publish_changes(hidden)

    assert Client().get("/p/sales/pay").status_code == 404


def test_capitals_in_an_address_do_not_matter(orders: DataProduct) -> None:
    assert Client().get("/p/Sales/Orders")["Location"] == orders.path
    assert Client().get("/d/SALES")["Location"] == "/d/sales"


def test_a_retired_product_is_gone_and_names_its_successor(
    users: Users, orders: DataProduct
) -> None:
    after = make_published_product("Order lines", domain=users.domain)
    retire_product(product=orders, edition=orders.edition, actor=FACTORY, successor=after)

    assert after.path in page(orders.path, status=410)
    assert "retired" in page(f"{orders.path}/history").lower()


def test_the_reasons_of_a_deprecation_and_of_a_retirement_are_shown(
    users: Users, orders: DataProduct
) -> None:
    product = deprecate_product(
        product=orders, edition=orders.edition, actor=FACTORY, reason="Counted twice since May."
    )
    deprecated = page(orders.path)
    api = Client().get(f"/api/v1/products/{orders.uuid}").json()
    retire_product(
        product=product, edition=product.edition, actor=FACTORY, reason="The shop has closed."
    )

    assert "Counted twice since May." in deprecated
    assert api["end_reason"] == "Counted twice since May."
    assert "The shop has closed." in page(orders.path, status=410)
    assert "The shop has closed." in page(f"{orders.path}/history")
    answer = Client().get(f"/api/v1/products/{orders.uuid}").json()
    assert answer["current"]["end_reason"] == "The shop has closed."


def test_a_retired_product_offers_neither_use_nor_edit(users: Users, orders: DataProduct) -> None:
    after = make_published_product("Order lines", domain=users.domain)
    retire_product(product=orders, edition=orders.edition, actor=FACTORY, successor=after)
    client = Client()
    client.force_login(users.owner)

    text = client.get(f"{orders.path}/history").content.decode()

    assert "#use" not in text
    assert f"{orders.path}/edit" not in text
    assert f'href="{after.path}"' in text


def test_a_retired_product_does_not_betray_a_hidden_successor(
    users: Users, orders: DataProduct
) -> None:
    hidden = make_published_product("Secret", domain=users.domain, assayVisibility="restricted")
    retire_product(product=orders, edition=orders.edition, actor=FACTORY, successor=hidden)

    assert "Secret" not in page(orders.path, status=410)


def test_a_deprecated_product_says_when_it_ends_and_what_comes_after(
    users: Users, orders: DataProduct
) -> None:
    after = make_published_product("Order lines", domain=users.domain)
    deprecate_product(product=orders, edition=orders.edition, actor=FACTORY, successor=after)

    text = page(orders.path)

    assert "Deprecated" in text
    assert f'href="{after.path}"' in text


def test_the_permanent_identifier_leads_to_the_page_or_to_its_json(orders: DataProduct) -> None:
    for accept, place in (
        ("text/html", orders.path),
        ("application/json", f"/api/v1/products/{orders.uuid}"),
    ):
        response = Client().get(f"/id/product/{orders.uuid}", headers={"accept": accept})
        assert (response.status_code, response["Location"]) == (303, place)


# --- errors ------------------------------------------------------------------------------------
def test_a_missing_page_keeps_the_words_of_the_address_in_the_search_box() -> None:
    make_person()

    text = page("/p/sales/customer-order_lines", status=404)

    assert 'value="customer order lines"' in text


def test_a_program_gets_a_problem_instead_of_a_page() -> None:
    response = Client().get("/p/sales/nothing", headers={"accept": "application/json"})

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


# --- how it is shown ---------------------------------------------------------------------------
def test_the_theme_is_in_the_page_itself_so_that_nothing_flashes() -> None:
    client = Client()

    answer = client.post("/settings/display", {"theme": "dark", "next": "/help"})

    assert answer["Location"] == "/help"
    assert 'data-theme="dark"' in page("/help", client)


def test_display_settings_redirect_to_this_site_and_take_only_known_values() -> None:
    client = Client()

    answer = client.post("/settings/display", {"theme": "<b>", "next": "https://evil.example/"})

    assert answer["Location"] == "/"
    assert 'data-theme="system"' in page("/help", client)


def test_a_made_up_cookie_does_not_reach_the_page() -> None:
    client = Client()
    client.cookies["assay_theme"] = '"><script>'

    assert "<script>" not in page("/help", client)


# --- domains -----------------------------------------------------------------------------------
def test_a_domain_counts_what_its_parts_hold_and_shows_a_breach_first(users: Users) -> None:
    part = make_domain("returns", parent=users.domain)
    good = make_published_product("Alpha", domain=users.domain)
    bad = make_published_product("Zulu", domain=part)
    for product, verdict in ((good, "met"), (bad, "breached")):
        set_trust(product_id=product.pk, verdict=verdict, figures={}, actor=FACTORY)

    context = Client().get("/d/sales").context_data["page"]

    assert context.stats.total == 2
    assert context.stats.verdicts == {"met": 1, "breached": 1}
    assert [row.name for row in context.products] == ["Zulu", "Alpha"]
    assert "1 breached" in page("/domains")


def test_a_domain_without_owner_or_steward_says_so() -> None:
    make_domain("orphan")
    make_person()

    assert page("/d/orphan").count("publishing is blocked") == 2


# --- cost --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "number_of"),
    [
        ("/", 20),
        ("/domains", 5),
        ("/d/sales", 13),
        ("/p/sales/orders", 16),
        ("/p/sales/orders/schema", 13),
        ("/p/sales/orders/provenance", 9),
        ("/p/sales/orders/history", 11),
    ],
)
def test_a_page_asks_the_database_a_fixed_number_of_times(
    users: Users, orders: DataProduct, path: str, number_of: int
) -> None:
    grant_role(person=users.owner, role=Role.OWNER, domain=make_domain("other"), actor=FACTORY)
    client = signed_in(users.owner)
    few = statements(path, client)

    for number in range(4):
        make_published_product(f"More {number}", domain=users.domain)
        make_domain(f"part-{number}", parent=users.domain)

    assert statements(path, client) == few
    assert few == number_of
