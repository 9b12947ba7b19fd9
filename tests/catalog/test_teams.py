"""Teams belong to their managers: a domain that names one gains no power over it."""

import pytest
from django.test import Client

from catalog.authorization.access import access_for
from catalog.domains.models import TeamRequest
from catalog.domains.services import (
    add_to_team,
    answer_team_request,
    create_domain,
    create_team,
    edit_domain,
    grant_role,
    invite_person,
    remove_member,
    request_team,
)
from catalog.exceptions import InvalidTransition, PermissionDenied
from catalog.people.models import TeamMember
from catalog.permissions import Permission, Role
from tests.catalog.api_client import Program, places, problem_of
from tests.factories import FACTORY, make_domain, make_lead, make_person, make_team, make_users

pytestmark = pytest.mark.django_db


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


@pytest.fixture
def manager():
    return make_person("mia")


@pytest.fixture
def team(manager):
    team = make_team("risk")
    add_to_team(team=team, person=manager, is_manager=True, actor=FACTORY)
    return team


def in_team(team, person) -> bool:
    return TeamMember.objects.filter(team=team, person=person).exists()


def edit(domain, actor, **changes):
    return edit_domain(domain=domain, edition=domain.edition, actor=actor, **changes)


def test_an_owner_does_not_name_a_foreign_team(users, team):
    with pytest.raises(PermissionDenied) as refused:
        edit(users.domain, users.owner, owner_team=team)

    users.domain.refresh_from_db()
    assert users.domain.owner_team is None
    assert refused.value.location == "owner_team"
    assert "mia" in refused.value.hint


def test_an_owner_does_not_make_a_subdomain_with_a_foreign_team(users, team):
    with pytest.raises(PermissionDenied):
        create_domain(
            slug="sub", name="Sub", parent=users.domain, owner_team=team, actor=users.owner
        )

    assert not team.domains.exists()


def test_an_owner_manages_no_members_of_the_team_of_his_domain(team, manager):
    users = make_users(make_domain(owner_team=team))

    for act in (
        lambda: add_to_team(team=team, person=users.owner, actor=users.owner),
        lambda: remove_member(team=team, person=manager, actor=users.owner),
        lambda: invite_person(
            email="x@example.org", domain=users.domain, team=team, actor=users.owner
        ),
    ):
        with pytest.raises(PermissionDenied):
            act()

    assert [member.person for member in team.members.all()] == [manager]


def test_a_team_is_managed_by_its_managers_and_the_governance_lead(team, manager):
    ana, ben, lead = make_person("ana"), make_person("ben"), make_lead()

    add_to_team(team=team, person=ana, actor=manager)
    add_to_team(team=team, person=ben, is_manager=True, actor=lead)
    remove_member(team=team, person=manager, actor=ben)

    assert in_team(team, ana)
    assert not in_team(team, manager)
    with pytest.raises(PermissionDenied):
        add_to_team(team=team, person=manager, actor=ana)
    with pytest.raises(PermissionDenied):
        add_to_team(team=team, person=manager, actor=manager)


def test_a_manager_names_his_team_where_he_owns_the_domain(users, team):
    add_to_team(team=team, person=users.owner, is_manager=True, actor=FACTORY)

    edit(users.domain, users.owner, owner_team=team)

    users.domain.refresh_from_db()
    assert users.domain.owner_team == team


def test_who_creates_a_team_for_his_domain_is_its_first_manager(users):
    team = create_team(slug="mine", name="Mine", domain=users.domain, actor=users.owner)

    users.domain.refresh_from_db()
    assert users.domain.owner_team == team
    assert access_for(users.owner).manages_team(team.pk)
    add_to_team(team=team, person=users.consumer, actor=users.owner)


def test_a_governance_lead_creates_a_team_without_joining_it():
    lead = make_lead()

    team = create_team(slug="mine", name="Mine", actor=lead)

    assert not team.members.exists()


def test_a_request_works_once_a_manager_of_the_team_accepts_it(users, team, manager):
    request = request_team(domain=users.domain, team=team, actor=users.owner)
    for person in (users.owner, users.outsider):
        with pytest.raises(PermissionDenied):
            answer_team_request(request=request, is_accepted=True, actor=person)

    answer_team_request(request=request, is_accepted=True, actor=manager)

    users.domain.refresh_from_db()
    assert users.domain.owner_team == team
    assert not TeamRequest.objects.exists()
    assert access_for(manager).can(Permission.EDIT_PRODUCTS, users.domain.pk)


def test_a_declined_request_changes_nothing(users, team, manager):
    request = request_team(domain=users.domain, team=team, actor=users.owner)

    answer_team_request(request=request, is_accepted=False, actor=manager)

    users.domain.refresh_from_db()
    assert users.domain.owner_team is None
    assert not TeamRequest.objects.exists()


def test_a_request_of_someone_who_lost_the_domain_is_void(users, team, manager):
    request = request_team(domain=users.domain, team=team, actor=users.owner)
    users.owner.memberships.all().delete()

    with pytest.raises(InvalidTransition):
        answer_team_request(request=request, is_accepted=True, actor=manager)

    users.domain.refresh_from_db()
    assert users.domain.owner_team is None


def test_only_who_manages_a_domain_asks_a_team_for_it(users, team):
    with pytest.raises(PermissionDenied):
        request_team(domain=users.domain, team=team, actor=users.steward)


def test_a_member_who_left_or_whose_time_ended_manages_no_more(team, manager):
    assert access_for(manager).manages_team(team.pk)

    remove_member(team=team, person=manager, actor=manager)

    assert not access_for(manager).manages_team(team.pk)


def test_the_api_refuses_a_foreign_team_and_takes_a_request_for_it(users, team, manager):
    owner, other = Program(users.owner), Program(manager)
    domain = owner.get("/domains/sales")
    etag = {"If-Match": domain["ETag"]}

    direct = owner.send("PATCH", "/domains/sales", {"owner_team": "risk"}, **etag)
    requested = owner.send("POST", "/domains/sales/team-request", {"team": "risk"})
    listed = other.get("/teams/risk/requests").json()["results"]
    path = f"/teams/risk/requests/{listed[0]['id']}"
    foreign = owner.send("POST", f"{path}/accept")
    accepted = other.send("POST", f"{path}/accept")

    assert places(problem_of(direct, 403, "permission-denied")) == ["owner_team"]
    assert requested.status_code == 201
    assert (listed[0]["domain"], listed[0]["requested_by"]) == ("sales", users.owner.username)
    problem_of(foreign, 404, "not-found")
    assert accepted.status_code == 204, accepted.content
    assert owner.get("/domains/sales").json()["owner_team"] == "risk"
    assert [member["is_manager"] for member in other.get("/teams/risk").json()["members"]] == [True]


def test_the_api_makes_no_subdomain_with_a_foreign_team(users, team):
    sent = {"slug": "sub", "name": "Sub", "parent": "sales", "owner_team": "risk"}

    answer = Program(users.owner).send("POST", "/domains", sent)

    problem_of(answer, 403, "permission-denied")


def test_a_request_is_withdrawn_or_declined_over_the_api(users, team, manager):
    owner, other = Program(users.owner), Program(manager)
    owner.send("POST", "/domains/sales/team-request", {"team": "risk"})
    assert owner.send("DELETE", "/domains/sales/team-request").status_code == 204
    owner.send("POST", "/domains/sales/team-request", {"team": "risk"})
    pk = TeamRequest.objects.get().pk

    assert other.send("POST", f"/teams/risk/requests/{pk}/decline").status_code == 204
    assert not TeamRequest.objects.exists()


def test_the_form_of_a_domain_asks_the_managers_of_a_foreign_team(users, team, manager):
    client = Client()
    client.force_login(users.owner)
    sent = {"name": "Sales", "slug": "sales", "owner_team": team.pk, "mission": "Sell."}

    answer = client.post(
        "/d/sales/edit", sent | {"edition": users.domain.edition}, follow=True
    ).content.decode()

    users.domain.refresh_from_db()
    assert (users.domain.owner_team, users.domain.mission) == (None, "Sell.")
    assert "has been asked" in answer
    client.force_login(manager)
    page = client.get("/teams/risk").content.decode()
    assert "Sales" in page
    client.post(f"/team-requests/{TeamRequest.objects.get().pk}/answer", {"answer": "accept"})
    users.domain.refresh_from_db()
    assert users.domain.owner_team == team


def test_a_request_is_withdrawn_on_the_page_of_the_domains_people(users, team):
    request_team(domain=users.domain, team=team, actor=users.owner)
    client = Client()
    client.force_login(users.steward)
    assert client.post("/d/sales/team-request/withdraw").status_code == 403
    client.force_login(users.owner)
    assert "has been asked" in client.get("/d/sales/people").content.decode()

    client.post("/d/sales/team-request/withdraw")

    assert not TeamRequest.objects.exists()


def test_a_new_domain_asks_the_managers_of_a_foreign_team(users, team):
    client = Client()
    client.force_login(users.owner)

    client.post("/domains/new", {"name": "Sub", "parent": users.domain.pk, "owner_team": team.pk})

    request = TeamRequest.objects.get()
    assert (request.domain.slug, request.domain.owner_team) == ("sub", None)


def test_the_page_of_a_team_adds_a_manager_and_lets_no_owner_in(users, team, manager):
    edit(users.domain, FACTORY, owner_team=team)
    client = Client()
    client.force_login(users.owner)
    joined = client.post("/teams/risk", {"person": users.owner.username})
    thrown_out = client.post(f"/teams/risk/leave/{manager.pk}")

    client.force_login(manager)
    client.post("/teams/risk", {"person": users.steward.username, "is_manager": "on"})

    assert (joined.status_code, thrown_out.status_code) == (403, 403)
    assert team.members.get(person=users.steward).is_manager
    assert in_team(team, manager)


def test_a_foreign_team_stays_closed_to_the_owner_who_names_it(users, team):
    """What was shared with the team is read by its members alone."""
    grant_role(person=users.owner, role=Role.OWNER, domain=make_domain("other"), actor=FACTORY)
    request_team(domain=users.domain, team=team, actor=users.owner)

    assert f"team:{team.pk}" not in access_for(users.owner).tokens
