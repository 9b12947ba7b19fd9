"""The pages of domains, their people and teams."""

import pytest

from catalog.authorization.models import Membership
from catalog.domains.models import Domain
from catalog.domains.services import add_to_team, edit_domain, grant_role
from catalog.people.models import Team
from catalog.permissions import Role
from tests.factories import FACTORY, make_domain, make_person, make_team, make_users

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client):
    lead = make_person("lead")
    grant_role(person=lead, role=Role.GOVERNANCE_LEAD, actor=FACTORY)
    client.force_login(lead)
    return lead


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


def test_a_lead_makes_a_domain_a_team_and_names_its_people(client, lead):
    ana = make_person("ana")

    client.post("/domains/new", {"name": "Human Resources", "mission": "People."})
    client.post("/new-team?domain=human-resources", {"name": "HR data"})
    client.post("/teams/hr-data", {"person": "ana"})
    client.post("/d/human-resources/people", {"person": "ANA@example.org", "role": "owner"})

    domain = Domain.objects.get(slug="human-resources")
    assert domain.owner_team == Team.objects.get(slug="hr-data")
    assert list(domain.owner_team.people.all()) == [ana]
    assert domain.memberships.get().role == "owner"


def test_every_page_of_people_is_shown(client, lead, users):
    team = make_team("team")
    membership = users.domain.memberships.first()
    paths = ["/domains/new", "/d/sales/edit", "/d/sales/people", "/people"]
    paths += ["/people/invite", "/teams", "/new-team"]
    paths += [f"/teams/{team.slug}", f"/roles/{membership.pk}/end"]
    paths += [f"/people/{users.owner.uuid}/deactivate", "/people?filter=own"]

    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_a_cycle_in_the_tree_is_refused_at_its_field(client, lead):
    top = make_domain("top")
    part = make_domain("part", parent=top)

    answer = client.post("/d/top/edit", {"name": "Top", "parent": part.pk, "edition": top.edition})

    assert answer.status_code == 422
    assert list(answer.context_data["page"].form.errors) == ["parent"]


def test_a_slower_editor_of_a_domain_sees_both_states(client, lead):
    domain = make_domain("sales")
    edition = domain.edition
    edit_domain(domain=domain, edition=edition, actor=FACTORY, mission="Theirs.")

    sent = {"name": "Sales", "slug": "sales", "mission": "Mine.", "edition": edition}
    answer = client.post("/d/sales/edit", sent)

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs." in text
    assert "Mine." in text
    client.post("/d/sales/edit", sent | {"edition": edition + 1})
    assert Domain.objects.get().mission == "Mine."


def test_an_error_of_a_domain_is_shown_at_its_field(client, lead):
    make_domain("sales")

    duplicate = client.post("/domains/new", {"name": "Sales"})
    nameless = client.post("/domains/new", {"name": "", "mission": "kept"})

    assert list(duplicate.context_data["page"].form.errors) == ["slug"]
    assert list(nameless.context_data["page"].form.errors) == ["name"]
    assert "kept" in nameless.content.decode()


def test_an_owner_gives_and_takes_roles_until_a_day(client, users):
    client.force_login(users.owner)
    path = "/d/sales/people"

    client.post(
        path, {"person": users.outsider.username, "role": "contributor", "ends_at": "2099-12-31"}
    )
    membership = Membership.objects.get(person=users.outsider)
    assert membership.ends_at
    assert membership.ends_at.year == 2099
    client.post(f"/roles/{membership.pk}/end", {"reason": "Left."})
    assert not Membership.objects.filter(person=users.outsider).exists()

    past = {"person": users.outsider.username, "role": "contributor", "ends_at": "2001-01-01"}
    assert list(client.post(path, past).context_data["page"].form.errors) == ["ends_at"]
    nobody = client.post(path, {"person": "nobody", "role": "owner"})
    assert list(nobody.context_data["page"].form.errors) == ["person"]


def test_a_consumer_reads_who_is_what_but_gives_nothing(client, users):
    client.force_login(users.consumer)

    page = client.get("/d/sales/people").content.decode()
    forged = client.post("/d/sales/people", {"person": users.consumer.username, "role": "owner"})

    assert "Give a role" not in page
    assert users.owner.username in page
    assert forged.status_code == 403
    assert client.get("/d/sales/edit").status_code == 403
    assert client.get("/people").status_code == 200
    assert client.post("/people", {"role": "auditor"}).status_code == 403


def test_a_teams_people_are_managed_by_its_managers(client, users):
    team, manager = make_team("team"), make_person()
    make_users(make_domain("finance", owner_team=team))
    add_to_team(team=team, person=manager, is_manager=True, actor=FACTORY)
    client.force_login(users.owner)
    assert client.post("/teams/team", {"person": users.owner.username}).status_code == 403

    client.force_login(manager)
    assert client.post("/teams/team", {"person": users.owner.username}).status_code == 302


def test_everybody_may_leave_a_team(client):
    team, ana, ben = make_team("team"), make_person("ana"), make_person("ben")
    for person in (ana, ben):
        add_to_team(team=team, person=person, actor=FACTORY)
    client.force_login(ana)

    assert client.post(f"/teams/team/leave/{ben.pk}").status_code == 403
    client.post(f"/teams/team/leave/{ana.pk}")

    assert list(team.people.all()) == [ben]


def test_the_last_lead_is_neither_deactivated_nor_loses_the_role(client, lead):
    membership = lead.memberships.get()

    ended = client.post(f"/roles/{membership.pk}/end", {})
    deactivated = client.post(f"/people/{lead.uuid}/deactivate", {})

    assert ended.status_code == deactivated.status_code == 422
    assert lead.memberships.exists()


def test_who_is_deactivated_is_signed_out_at_once(client, lead, users):
    theirs = type(client)()
    theirs.force_login(users.owner)

    client.post(f"/people/{users.owner.uuid}/deactivate", {"reason": "Left."})

    assert theirs.get("/settings").status_code == 302


def test_what_was_typed_survives_that_the_domain_was_renamed_meanwhile(client, users):
    edit_domain(domain=users.domain, edition=1, actor=FACTORY, slug="trade")
    client.force_login(users.owner)

    answer = client.post(
        "/d/sales/edit", {"edition": 1, "name": "Sales", "slug": "sales", "mission": "Mine."}
    )

    assert answer.status_code == 409
    assert "Mine." in answer.content.decode()
    assert client.get("/d/sales/edit")["Location"] == "/d/trade/edit"
