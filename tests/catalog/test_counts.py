"""Counts that people compare: each says what it counts, and its link finds exactly as many."""

import re
from typing import Any

import pytest
from django.test import Client

from catalog.domains.services import add_to_team, deactivate_person
from catalog.people.models import Person
from catalog.products.models import DataProduct
from catalog.products.services import set_trust
from catalog.publication.services import deprecate_product, retire_product
from catalog.search.backends import active_backend
from catalog.search.services.rebuild import rebuild
from governance.slo.evaluation import Verdict
from tests.factories import (
    FACTORY,
    Users,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_team,
    make_users,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def users() -> Users:
    """A domain with a part; products of every state and verdict in both."""
    users = make_users(make_domain("sales"))
    part = make_domain("returns", parent=users.domain)
    verdicts = ["met", "met", "breached", "at_risk", "no_data", "collecting"]
    for number, verdict in enumerate(verdicts):
        domain = users.domain if number % 2 else part
        trust(make_published_product(f"Number {number}", domain=domain), verdict)
    old = trust(make_published_product("Old", domain=part), "breached")
    deprecate_product(product=old, edition=old.edition, actor=FACTORY)
    ended = trust(make_published_product("Gone", domain=part), "breached")
    retire_product(product=ended, edition=ended.edition, actor=FACTORY)
    make_product("Draft", domain=part)
    make_published_product("Hidden", domain=part, assayVisibility="restricted")
    rebuild(active_backend())
    return users


def trust(product: DataProduct, verdict: str) -> DataProduct:
    set_trust(product_id=product.pk, verdict=verdict, figures={}, actor=FACTORY)
    product.refresh_from_db()
    return product


def signed_in(person: Person | None) -> Client:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def page_of(client: Client, path: str) -> Any:
    response: Any = client.get(path)
    assert response.status_code == 200, path
    return response.context_data["page"]


def tiles(client: Client, path: str) -> dict[str, tuple[int, str]]:
    """Return the number and the link of each tile, by its label."""
    text = client.get(path).content.decode()
    block = re.search(r'<dl class="figures.*?</dl>', text, re.DOTALL)
    assert block is not None
    rows = re.findall(r'<a href="([^"]*)">(.*?)</a>.*?<dd>\s*([\d,]+)', block.group(), re.DOTALL)
    return {
        re.sub(r"<.*?>", "", label).strip(): (int(count), url.replace("&amp;", "&"))
        for url, label, count in rows
    }


READERS = ["nobody", "consumer", "owner"]


@pytest.fixture(params=READERS)
def client(request: pytest.FixtureRequest, users: Users) -> Client:
    return signed_in(getattr(users, request.param, None))


def test_each_tile_of_the_home_page_links_to_exactly_what_it_counts(client: Client) -> None:
    home = tiles(client, "/")

    assert set(home) == {"products", "domains", "meeting SLOs", "SLO breached"}
    for label in ("products", "meeting SLOs", "SLO breached"):
        count, url = home[label]
        assert page_of(client, url).count == count, label
    assert home["meeting SLOs"][0] == home["SLO breached"][0] == 2
    assert home["domains"][0] == len(page_of(client, "/domains").domains)


def test_each_tile_of_the_slo_board_links_to_exactly_what_it_counts(client: Client) -> None:
    for path in ("/slo", "/slo?domain=returns", "/slo?domain=sales"):
        for label, (count, url) in tiles(client, path).items():
            assert page_of(client, url).pages.paginator.count == count, (path, label)


def test_home_domain_search_board_and_api_count_the_same_products(client: Client) -> None:
    total = page_of(client, "/search").count
    (tree,) = [row for row in client.get("/api/v1/domain-tree").json() if row["slug"] == "sales"]
    hits = client.get("/api/v1/search?type=domain&sort=name").json()["results"]
    (card,) = [card for card in page_of(client, "/domains").domains if card.name == "Sales"]
    domain = page_of(client, "/d/sales")

    assert {
        total,
        tree["product_count"],
        client.get("/api/v1/domains/sales").json()["product_count"],
        next(hit["products"] for hit in hits if hit["slug"] == "sales"),
        card.stats.total,
        domain.stats.total,
        domain.products_page.paginator.count,
        page_of(client, domain.search_url).count,
        page_of(client, "/").totals.total,
    } == {total}
    listed = client.get("/api/v1/products?domain=sales&limit=100").json()["results"]
    assert sum(product["status"] != "retired" for product in listed) == total


def test_the_numbers_by_verdict_of_a_domain_link_to_exactly_what_they_count(
    client: Client,
) -> None:
    text = client.get("/d/sales").content.decode()
    key = text.partition('class="key stacked"')[2].partition("</ul>")[0]
    links = re.findall(r'<a href="([^"]*)">\s*(\d+)', key)

    assert len(links) == len(Verdict)
    for url, count in links:
        assert page_of(client, url.replace("&amp;", "&")).count == int(count)


def test_what_promised_nothing_counts_neither_as_met_nor_as_failing(users: Users) -> None:
    make_published_product("Silent", domain=make_domain("quiet"))
    client = signed_in(None)

    home = client.get("/").content.decode()
    text = " ".join(home.split())

    assert "<small>of 5 measured, 1 collecting evidence</small>" in text
    assert "no SLO data" in text
    assert "1 no data" not in text


def test_while_evidence_is_collected_the_home_page_says_of_how_many_and_calls_it_no_change() -> (
    None
):
    domain = make_domain("young")
    young, failing = (make_published_product(name, domain=domain) for name in ("Young", "Failing"))
    for verdict in ("collecting", "met", "no_data", "collecting"):
        trust(young, verdict)
    for verdict in ("collecting", "breached"):
        trust(failing, verdict)
    client = signed_in(None)

    changes = {item.product.name: item.verdict for item in page_of(client, "/").activity}
    assert changes == {"Young": "", "Failing": "breached"}
    trust(failing, "collecting")
    text = " ".join(client.get("/").content.decode().split())
    assert text.count("<small>2 collecting evidence</small>") == 2
    assert "of 0 measured" not in text


def test_drafts_in_a_count_are_said_apart(users: Users) -> None:
    text = " ".join(signed_in(users.owner).get("/").content.decode().split())

    assert "1 of them a draft" in text
    assert "(1 draft)" in text


def test_a_team_counts_the_same_people_on_its_page_in_the_list_and_over_the_api() -> None:
    team, stays, leaves = make_team("crew"), make_person(), make_person()
    for person in (stays, leaves):
        add_to_team(team=team, person=person, actor=FACTORY)
    deactivate_person(person=leaves, actor=FACTORY)
    client = signed_in(stays)

    (row,) = page_of(client, "/teams").teams

    assert row.people_count == 1
    assert len(page_of(client, "/teams/crew").members) == 1
    assert client.get("/api/v1/teams").json()["results"][0]["people_count"] == 1
