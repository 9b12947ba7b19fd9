"""Pages on which nothing is yet: the real reason, and one next step that the reader may take."""

from typing import Any

import pytest
from django.test import Client

from catalog.people.models import Person
from catalog.products.models import DataProduct
from tests.factories import (
    Users,
    make_domain,
    make_lead,
    make_person,
    make_product,
    make_published_product,
    make_users,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def users() -> Users:
    return make_users(make_domain("sales"))


def page(path: str, person: Person | None = None) -> str:
    client = Client()
    if person is not None:
        client.force_login(person)
    response = client.get(path)
    assert response.status_code == 200, path
    return " ".join(response.content.decode().split())


def steps(person: Person) -> dict[str, bool]:
    client = Client()
    client.force_login(person)
    response: Any = client.get("/")
    return {step.label: step.is_done for step in response.context_data["page"].setup_steps}


def test_the_administrator_of_an_empty_installation_sees_a_checklist_that_fills() -> None:
    lead = make_lead()

    assert list(steps(lead).values()) == [False] * 5
    assert "Set up this installation" in page("/", lead)
    users = make_users(make_domain("sales"))
    assert list(steps(lead).values()) == [True, True, True, False, False]
    make_product(domain=users.domain)
    assert list(steps(lead).values()) == [True, True, True, True, False]
    make_published_product(domain=users.domain)
    assert steps(lead) == {}
    assert "Set up this installation" not in page("/", lead)


def test_nobody_else_sees_the_checklist(users: Users) -> None:
    for person in (None, users.owner, users.outsider):
        assert "Set up this installation" not in page("/", person)


def test_an_empty_home_page_says_why_and_what_the_reader_can_do(users: Users) -> None:
    signed_out, owner, outsider = page("/"), page("/", users.owner), page("/", users.outsider)

    assert "Nothing is published for everyone." in signed_out
    assert "Register the first product" in owner
    assert "See the domains and whom to ask" in outsider
    assert "load the demo" not in signed_out + owner + outsider


def test_an_empty_domain_says_why_and_whom_to_ask(users: Users) -> None:
    reasons = {
        None: ("Nothing is published here for everyone.", "/sign-in?next=/d/sales"),
        users.outsider: ("Nothing is published here that you can see.", "/people"),
        users.owner: ("Nothing has been registered in this domain.", "/publish?domain=sales"),
    }

    for person, (reason, url) in reasons.items():
        text = page("/d/sales", person).partition("</h2>")[2]
        assert reason in text
        assert url in text


@pytest.fixture
def draft(users: Users) -> DataProduct:
    return make_product("Draft", domain=users.domain)


def test_empty_tabs_offer_their_editor_the_next_step(draft: DataProduct, users: Users) -> None:
    for tab, url in (
        ("", "/edit/ports/add"),
        ("/schema", "/edit/schema"),
        ("/provenance", "/edit/provenance"),
    ):
        assert f'class="button second" href="{draft.path}{url}"' in page(
            f"{draft.path}{tab}", users.owner
        )
    lead_page = page(f"{draft.path}/schema", make_lead())
    assert f"{draft.path}/edit" not in lead_page


def test_an_open_question_is_named_once_at_its_field(draft: DataProduct, users: Users) -> None:
    form = page(f"{draft.path}/edit/provenance", users.owner)
    publish = page(f"{draft.path}/edit/publish", users.owner)

    assert form.count("Where does the data come from?") == 1
    assert form.count("unanswered</p>") == 7
    assert "not answered" not in form
    assert "“Where does the data come from?” is not answered." in publish


def test_an_answered_question_is_not_marked() -> None:
    product = make_published_product()
    owner = product.domain.memberships.get(role="owner").person

    assert "unanswered</p>" not in page(f"{product.path}/edit/provenance", owner)


def test_the_list_of_domains_offers_the_first_one_to_who_may_create_it() -> None:
    assert 'href="/domains/new"' in page("/domains", make_lead())
    assert 'href="/domains/new"' not in page("/domains", make_person())
