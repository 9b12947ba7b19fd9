"""Who finds whom: the menu, the lists of people and teams, and the page of a person."""

from typing import Any

import pytest
from django.test import Client

from catalog.domains.services import add_to_team, deactivate_person, grant_role
from catalog.people.models import Person
from catalog.permissions import Role
from tests.factories import (
    FACTORY,
    Users,
    make_domain,
    make_lead,
    make_person,
    make_product,
    make_published_product,
    make_team,
    make_users,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def users() -> Users:
    return make_users(make_domain("sales", owner_team=make_team("sellers", email="s@example.org")))


def signed_in(person: Person | None) -> Client:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def page(path: str, person: Person | None = None, status: int = 200) -> str:
    response = signed_in(person).get(path)
    assert response.status_code == status, path
    return response.content.decode()


def people_listed(person: Person) -> set[str]:
    response: Any = signed_in(person).get("/people")
    return {row.username for row in response.context_data["page"].people_page.object_list}


def people_of_api(person: Person) -> dict[str, str | None]:
    rows = signed_in(person).get("/api/v1/people?limit=100").json()["results"]
    return {row["username"]: row["email"] for row in rows}


def test_people_and_teams_are_in_the_menu_of_people_who_are_signed_in(users: Users) -> None:
    for path in ("/people", "/teams"):
        assert f'href="{path}"' in page("/", users.outsider)
        assert f'href="{path}"' not in page("/")
        assert signed_in(users.outsider).get(path).status_code == 200


def test_the_list_of_people_shows_each_reader_the_people_that_the_api_lists(users: Users) -> None:
    lead = make_lead()
    make_person("alone")
    deactivate_person(person=make_person("former"), actor=lead)

    for reader in (lead, users.owner, users.consumer, users.outsider):
        assert people_listed(reader) == set(people_of_api(reader)), reader.username
    assert {"alone", "former"} <= people_listed(lead)
    assert "alone" in people_listed(users.owner)
    assert "former" not in people_listed(users.owner)
    assert not {"alone", "former"} & people_listed(users.outsider)


def test_only_who_manages_the_mesh_sees_accounts_and_gives_roles_of_the_mesh(users: Users) -> None:
    for reader in (users.owner, users.outsider):
        text = page("/people", reader)
        for hidden in ("Invite by link", "Deactivate", "Last signed in", "Give a role"):
            assert hidden not in text
        assert users.consumer.email not in text
        values = {"person": users.outsider.username, "role": Role.GOVERNANCE_LEAD.value}
        assert signed_in(reader).post("/people", values).status_code == 403
    assert "Give a role of the mesh" in page("/people", make_lead())


def test_owners_and_stewards_can_be_written_to_on_every_surface(users: Users) -> None:
    emails = people_of_api(users.outsider)

    assert emails[users.owner.username] == users.owner.email
    assert emails[users.steward.username] == users.steward.email
    assert emails[users.consumer.username] is None
    assert users.owner.email in page("/people", users.outsider)
    assert users.owner.email in page(f"/people/{users.owner.uuid}", users.outsider)
    assert users.owner.email not in page(f"/people/{users.owner.uuid}")
    assert users.consumer.email not in page(f"/people/{users.consumer.uuid}", users.owner)


def test_owner_and_steward_of_a_product_link_to_their_products_and_contact(users: Users) -> None:
    orders = make_published_product("Orders", domain=users.domain)
    part = make_published_product("Returns", domain=make_domain("part", parent=users.domain))
    make_published_product("Parcels", domain=make_domain("logistics"))
    hidden = make_published_product("Pay", domain=users.domain, assayVisibility="restricted")
    draft = make_product("Half done", domain=users.domain)

    for person in (users.owner, users.steward):
        link = f"/people/{person.uuid}"
        for path in (orders.path, "/d/sales"):
            assert f'href="{link}"' in page(path)
        signed_out, consumer, owner = (
            page(link),
            page(link, users.consumer),
            page(link, users.owner),
        )
        for text in (signed_out, consumer, owner):
            assert f'href="{orders.path}"' in text
            assert f'href="{part.path}"' in text
            assert "Parcels" not in text
            assert "s@example.org" in text
        assert hidden.path not in signed_out
        assert hidden.path in consumer
        assert draft.path not in consumer
        assert draft.path in owner


def test_a_person_is_shown_only_to_those_who_may_look_them_up(users: Users) -> None:
    alone, lead = make_person("alone"), make_lead()
    former = make_person("former")
    grant_role(person=former, role=Role.CONSUMER, domain=users.domain, actor=FACTORY)
    deactivate_person(person=former, actor=lead)

    page(f"/people/{users.consumer.uuid}", status=404)
    page(f"/people/{users.consumer.uuid}", users.outsider)
    page(f"/people/{alone.uuid}", users.outsider, status=404)
    page(f"/people/{alone.uuid}", users.owner)
    page(f"/people/{former.uuid}", users.owner, status=404)
    assert "deactivated" in page(f"/people/{former.uuid}", lead)


def test_the_teams_of_a_person_are_for_who_is_signed_in(users: Users) -> None:
    crew = make_team("crew", email="crew@example.org")
    add_to_team(team=crew, person=users.owner, actor=FACTORY)

    assert "/teams/crew" in page(f"/people/{users.owner.uuid}", users.outsider)
    assert "crew@example.org" not in page(f"/people/{users.owner.uuid}")
