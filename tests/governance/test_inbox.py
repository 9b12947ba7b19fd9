"""The inbox: everything that a person must do or know, as they may see it, and nothing else."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from catalog.domains.services import add_to_team, grant_role, request_team
from catalog.glossary.services import propose_term
from catalog.people.models import Person
from catalog.permissions import Role
from catalog.products.models import DataProduct
from governance.alerts.kinds import Severity
from governance.alerts.services import (
    RouteFields,
    acknowledge,
    create_route,
    deliver,
    open_alert,
)
from governance.inbox.items import InboxItem, ItemKind
from governance.inbox.reading import inbox_of
from governance.slo.models import Breach
from tests.catalog.api_client import Program
from tests.factories import (
    FACTORY,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_team,
    make_users,
    product_tree,
    with_answers,
    with_port,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _fresh_count():
    cache.clear()


@pytest.fixture
def users():
    return make_users()


def kinds_of(person: Person) -> list[ItemKind]:
    return [item.kind for item in inbox_of(person)]


def text_of(client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def change(product: DataProduct, **columns: object) -> DataProduct:
    DataProduct.objects.filter(pk=product.pk).update(**columns)
    product.refresh_from_db()
    return product


def breach_of(product: DataProduct) -> Breach:
    change(product, slo_verdict="breached")
    return Breach.objects.create(
        product=product, description="99 % of checks", opened_at=timezone.now()
    )


def test_a_draft_says_what_keeps_it_from_publication(users):
    make_product("Orders", domain=users.domain)

    (item,) = inbox_of(users.owner)

    assert (item.kind, item.title) == (ItemKind.DRAFT, "Orders")
    assert item.text == "A draft; it still needs: output port, 7 required answers."


def test_a_draft_with_all_required_answers_waits_to_be_published(users):
    tree = with_answers(product_tree(domain=users.domain.slug))
    with_port(make_product(domain=users.domain, tree=tree))

    (item,) = inbox_of(users.owner)

    assert item.text == "A draft with all required answers: check and publish it."


def test_a_draft_concerns_nobody_who_may_not_edit_it(users):
    make_product(domain=users.domain)

    assert kinds_of(users.consumer) == kinds_of(users.outsider) == []


def test_a_breached_objective_and_a_broken_contract_are_critical(users):
    product = make_published_product(domain=users.domain)
    breach_of(product)
    change(product, contract_state="broken", contract_observed_at=timezone.now())

    items = inbox_of(users.owner)

    assert {item.kind for item in items} == {ItemKind.OBJECTIVE, ItemKind.CONTRACT}
    assert {item.severity for item in items} == {"critical"}


def test_a_breach_that_has_ended_waits_for_nobody(users):
    product = make_published_product(domain=users.domain)
    breach = breach_of(product)
    Breach.objects.filter(pk=breach.pk).update(closed_at=timezone.now())

    assert inbox_of(users.owner) == []


def test_an_unknown_answer_is_overdue_some_time_after_publication(users, settings):
    settings.ASSAY_ANSWER_DAYS = 30
    product = make_published_product(domain=users.domain)
    assert inbox_of(users.owner) == []

    change(product, published_at=timezone.now() - timedelta(days=31))
    (item,) = inbox_of(users.owner)

    assert item.kind == ItemKind.PROVENANCE
    assert item.text == (
        "7 required provenance answers are still unknown, 31 days after publication."
    )
    assert item.due_at < timezone.now()


def test_a_deprecated_product_is_due_on_its_announced_end(users):
    product = make_published_product(domain=users.domain)
    today = timezone.now().date()
    change(product, status="deprecated", ends_on=today + timedelta(days=1))
    assert inbox_of(users.owner) == []

    change(product, ends_on=today - timedelta(days=1))

    assert kinds_of(users.owner) == [ItemKind.ENDING]


def test_a_steward_confirms_a_port_that_nothing_can_check(users):
    with_port(make_product(domain=users.domain), type="kafka", host="broker:9092")

    assert ItemKind.PORT in kinds_of(users.steward)
    assert ItemKind.PORT not in kinds_of(users.owner)


def test_a_proposed_term_waits_for_the_stewards_of_its_domain(users):
    propose_term(
        name="Order", definition="A sale.", domain=users.domain, reason="", actor=users.outsider
    )

    assert kinds_of(users.steward) == [ItemKind.TERM]
    assert kinds_of(users.owner) == kinds_of(users.outsider) == []


def test_a_request_waits_for_the_managers_of_the_team(users):
    team, manager = make_team(), make_person()
    add_to_team(team=team, person=manager, is_manager=True, actor=FACTORY)
    request_team(domain=users.domain, team=team, actor=users.owner)

    assert kinds_of(manager) == [ItemKind.TEAM]
    assert kinds_of(users.owner) == []


def item(title: str, severity: str, *, due_in: int | None = None) -> InboxItem:
    """Return an item that is due in some days."""
    return InboxItem(
        kind=ItemKind.DRAFT,
        key=title,
        title=title,
        text="",
        path="/",
        severity=Severity(severity),
        since=NOW,
        due_at=None if due_in is None else NOW + timedelta(days=due_in),
    )


def test_what_is_critical_is_not_behind_what_is_due_in_half_a_year():
    items = [
        item("draft", "info"),
        item("ends in June", "warning", due_in=180),
        item("breached", "critical"),
        item("ends tomorrow", "info", due_in=1),
    ]

    ranked = sorted(items, key=lambda item: item.rank(NOW))

    assert [item.title for item in ranked] == [
        "ends tomorrow",
        "breached",
        "ends in June",
        "draft",
    ]


def test_what_is_due_comes_first_then_what_is_critical_then_what_is_new(users):
    overdue = make_published_product("Overdue", domain=users.domain)
    change(overdue, status="deprecated", ends_on=timezone.now().date() - timedelta(days=1))
    make_product("Old draft", domain=users.domain)
    make_product("New draft", domain=users.domain)
    breach_of(make_published_product("Breached", domain=users.domain))

    titles = [item.title for item in inbox_of(users.owner)]

    assert titles == ["Overdue", "Breached", "New draft", "Old draft"]


def test_the_page_lists_everything_and_filters_by_type(client, users):
    make_product("Orders", domain=users.domain)
    breach_of(make_published_product("Returns", domain=users.domain))
    client.force_login(users.owner)

    everything, drafts = text_of(client, "/inbox"), text_of(client, "/inbox?type=draft")

    assert "Orders" in everything
    assert "An objective is breached: 99 % of checks." in everything
    assert "Orders" in drafts
    assert "Returns" not in drafts.split("<main")[1]


def test_an_unknown_type_lists_everything(client, users):
    make_product("Orders", domain=users.domain)
    client.force_login(users.owner)

    assert "Orders" in text_of(client, "/inbox?type=nonsense&page=x")


def test_an_empty_inbox_says_what_is_due_next(client, users):
    product = make_published_product("Orders", domain=users.domain)
    change(product, published_at=timezone.now())
    day = timezone.now().date() + timedelta(days=5)
    change(product, status="deprecated", ends_on=day)
    client.force_login(users.owner)

    page = text_of(client, "/inbox")

    assert "Nothing waits for you" in page
    assert "Orders ends" in page
    assert f'datetime="{day}"' in page


def test_an_empty_inbox_without_a_role_names_no_date(client, users):
    client.force_login(users.outsider)

    page = text_of(client, "/inbox")

    assert "Nothing waits for you" in page
    assert "Next:" not in page


def test_nobody_reads_an_inbox_without_signing_in(client):
    assert client.get("/inbox")["Location"].startswith("/sign-in")
    assert Program().get("/inbox").status_code == 401


def test_the_header_counts_and_asks_the_database_once_a_minute(
    client, users, django_assert_num_queries
):
    for number in range(3):
        make_product(f"Draft {number}", domain=users.domain)
    client.force_login(users.owner)

    assert '<span class="count">3</span>' in text_of(client, "/help")
    with django_assert_num_queries(2):  # the session and who is signed in
        client.get("/help")


def test_the_header_follows_the_list_at_once_for_who_opens_it(client, users):
    client.force_login(users.owner)
    client.get("/help")
    make_product(domain=users.domain)

    client.get("/inbox")

    assert '<span class="count">1</span>' in text_of(client, "/help")


def test_home_shows_the_top_of_the_same_list(client, users):
    for number in range(7):
        make_product(f"Draft {number}", domain=users.domain)
    client.force_login(users.owner)

    page = client.get("/").context_data["page"]

    assert [item.title for item in page.waiting] == [
        item.title for item in inbox_of(users.owner)[:5]
    ]
    assert page.waiting_count == 7
    assert 'href="/inbox"> All 7' in text_of(client, "/")


def test_the_api_has_the_same_items_in_the_same_order(users):
    make_product("Orders", domain=users.domain)
    breach_of(make_published_product("Returns", domain=users.domain))

    answer = Program(users.owner).get("/inbox").json()
    drafts = Program(users.owner).get("/inbox?type=draft").json()

    assert answer["counts"] == {"objective": 1, "draft": 1}
    assert [row["id"] for row in answer["results"]] == [item.key for item in inbox_of(users.owner)]
    assert [row["title"] for row in drafts["results"]] == ["Orders"]
    assert Program(users.owner).get("/inbox?type=x").status_code == 400


def test_what_is_hidden_from_a_reader_is_not_in_their_inbox(users):
    other = make_users(make_domain())
    breach_of(make_published_product(domain=other.domain, assayVisibility="restricted"))
    grant_role(person=users.outsider, role=Role.CONSUMER, domain=other.domain, actor=FACTORY)

    assert inbox_of(users.owner) == inbox_of(users.outsider) == []


def test_many_items_take_no_more_statements_than_few(users, django_assert_max_num_queries):
    for _ in range(12):
        make_product(domain=users.domain)

    with django_assert_max_num_queries(12):
        assert len(inbox_of(users.owner)) == 12


def test_an_alert_that_a_route_sends_to_a_person_is_in_their_inbox(users):
    """Until another person has it."""
    fields = RouteFields(name="On call", channel="in_app", person=users.consumer)
    create_route(domain=users.domain, fields=fields, actor=users.owner)
    alert = open_alert(
        key="a",
        kind="breach",
        subject=make_published_product(domain=users.domain),
        summary="It is missed.",
        now=NOW,
    )
    assert kinds_of(users.consumer) == []
    deliver(now=timezone.now())

    assert [item.key for item in inbox_of(users.consumer)] == [f"alert:{alert.uuid}"]
    assert kinds_of(users.outsider) == []
    acknowledge(alert=alert, edition=alert.edition, actor=users.owner, now=timezone.now())
    assert kinds_of(users.consumer) == []
