"""Domains, teams and roles over the API."""

import pytest

from catalog.domains.services import add_to_team, deactivate_person, grant_role
from catalog.permissions import Role
from tests.catalog.api_client import Program, places, problem_of
from tests.factories import (
    FACTORY,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_team,
    make_users,
)

pytestmark = pytest.mark.django_db


def make_lead():
    """Return somebody who may make domains anywhere."""
    person = make_person()
    grant_role(person=person, role=Role.GOVERNANCE_LEAD, actor=FACTORY)
    return person


def test_the_tree_of_domains_is_open_and_counts_what_the_reader_finds():
    sales = make_domain("sales")
    shop = make_domain("shop", parent=sales)
    make_domain("logistics")
    make_published_product(domain=shop)
    make_published_product(domain=shop, assayVisibility="members")
    make_product(domain=shop)

    outside = Program().get("/domain-tree").json()
    member = Program(make_person()).get("/domain-tree").json()

    assert [(row["slug"], row["depth"]) for row in outside] == [
        ("logistics", 0),
        ("sales", 0),
        ("shop", 1),
    ]
    assert [row["product_count"] for row in outside] == [0, 1, 1]
    assert [row["product_count"] for row in member] == [0, 2, 2]


def test_a_domain_is_created_and_reads_back_the_same():
    make_domain("sales")
    make_team("sellers")
    program = Program(make_lead())
    body = {
        "slug": "shop",
        "name": "Shop",
        "mission": "Sells.",
        "parent": "sales",
        "owner_team": "sellers",
    }

    created = program.send("POST", "/domains", body)

    assert created.status_code == 201, created.content
    assert {name: created.json()[name] for name in body} == body
    assert program.get(created["Location"]).json() == created.json()
    assert program.get("/domains?parent=sales").json()["results"] == [created.json()]


def test_a_domain_is_renamed_and_its_old_slug_leads_to_it():
    users = make_users(make_domain("sales"))
    program = Program(users.owner)

    changed = program.send("PATCH", "/domains/sales", {"slug": "selling"}, edition=1)

    assert changed.json()["slug"] == "selling"
    assert program.get("/domains/selling").json() == changed.json()
    assert program.get("/domains/sales").json() == changed.json()


def test_an_edit_conflict_on_a_domain_shows_its_current_state():
    users = make_users(make_domain("sales"))
    program = Program(users.owner)
    program.send("PATCH", "/domains/sales", {"mission": "Sells."}, edition=1)

    late = program.send("PATCH", "/domains/sales", {"mission": "Buys."}, edition=1)
    missing = program.send("PATCH", "/domains/sales", {"mission": "Buys."})

    problem = problem_of(late, 412, "edit-conflict")
    assert problem["current"] == program.get("/domains/sales").json()
    problem_of(missing, 428, "precondition-required")


def test_a_domain_cannot_lie_below_itself():
    users = make_users(make_domain("sales"))
    make_domain("shop", parent=users.domain)

    answer = Program(users.owner).send("PATCH", "/domains/sales", {"parent": "shop"}, edition=1)

    assert places(problem_of(answer, 422, "invalid")) == ["parent"]


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ({"slug": "Not a slug", "name": "x"}, 422, "/slug"),
        ({"slug": "x", "name": " "}, 400, "/name"),
        ({"slug": "x", "name": "x", "parent": "slaes"}, 422, "/parent"),
        ({"slug": "x", "name": "x", "owner_team": "none"}, 422, "/owner_team"),
        ({"slug": "x", "name": "x", "is_external": True}, 400, "/is_external"),
        ({"slug": "sales", "name": "x"}, 409, "slug"),
    ],
)
def test_a_domain_that_does_not_hold_is_refused_in_its_place(body, status, place):
    make_domain("sales")

    answer = Program(make_lead()).send("POST", "/domains", body)

    assert answer.status_code == status
    assert place in places(answer.json())


def test_a_domain_is_made_only_by_who_manages_the_one_above():
    users = make_users(make_domain("sales"))
    body = {"slug": "shop", "name": "Shop", "parent": "sales"}

    problem_of(Program(users.steward).send("POST", "/domains", body), 403, "permission-denied")
    problem_of(Program().send("POST", "/domains", body), 401, "not-authenticated")
    assert Program(users.owner).send("POST", "/domains", body).status_code == 201


def test_a_role_is_given_listed_and_taken():
    users = make_users(make_domain("sales"))
    person = make_person("ana", first_name="Ana")
    program = Program(users.owner)
    path = "/domains/sales/memberships"

    created = program.send("POST", path, {"person": "ana", "role": "contributor"})

    assert created.status_code == 201, created.content
    assert (created.json()["person"], created.json()["name"]) == ("ana", "Ana")
    assert created.json() in Program(users.outsider).get(path).json()["results"]
    assert Program(person).get("/me").json()["roles"][0]["role"] == "contributor"
    deleted = program.send("DELETE", f"{path}/{created.json()['id']}")
    assert deleted.status_code == 204
    assert Program(person).get("/me").json()["roles"] == []
    problem_of(program.send("DELETE", f"{path}/{created.json()['id']}"), 404, "not-found")


def test_only_who_manages_members_learns_whether_a_user_name_exists():
    users = make_users(make_domain("sales"))
    body = {"person": "nobody", "role": "owner"}

    steward = Program(users.steward).send("POST", "/domains/sales/memberships", body)
    owner = Program(users.owner).send("POST", "/domains/sales/memberships", body)

    problem_of(steward, 403, "permission-denied")
    assert places(problem_of(owner, 422, "invalid")) == ["/person"]


@pytest.mark.parametrize(
    "body",
    [
        {"person": "x", "role": "auditor"},
        {"person": "x", "role": "owner", "ends_at": "tomorrow"},
        {"person": "x", "role": "owner", "ends_at": 5},
        {"person": ["x"], "role": "owner"},
        {"role": "owner"},
    ],
)
def test_a_role_of_another_form_is_refused(body):
    users = make_users(make_domain("sales"))

    answer = Program(users.owner).send("POST", "/domains/sales/memberships", body)

    problem_of(answer, 400, "invalid-body")


def test_a_team_says_who_is_in_it_to_people_signed_in():
    team = make_team("sellers")
    make_domain("sales", owner_team=team)
    add_to_team(team=team, person=make_person("ana", first_name="Ana"), actor=FACTORY)
    program = Program(make_person())

    listed = program.get("/teams").json()["results"]
    detail = program.get("/teams/sellers").json()

    assert listed == [{name: detail[name] for name in listed[0]}]
    assert (detail["people_count"], detail["domains"]) == (1, ["sales"])
    assert [member["username"] for member in detail["members"]] == ["ana"]
    problem_of(program.get("/teams/nobody"), 404, "not-found")


def test_roles_are_listed_with_the_domain_from_which_they_are_inherited():
    top = make_domain("top")
    users = make_users(top)
    make_domain("part", parent=top)
    program = Program(users.owner)
    own = program.send(
        "POST", "/domains/part/memberships", {"person": users.outsider.username, "role": "steward"}
    ).json()

    rows = program.get("/domains/part/memberships").json()["results"]

    assert (own["domain"], own["is_inherited"]) == ("part", False)
    assert own in rows
    inherited = [row for row in rows if row["is_inherited"]]
    assert {(row["person"], row["domain"]) for row in inherited} >= {(users.owner.username, "top")}
    for row in inherited:
        revoked = program.send("DELETE", f"/domains/part/memberships/{row['id']}")
        problem_of(revoked, 404, "not-found")


def test_people_are_listed_to_each_reader_as_that_reader_may_see_them():
    users = make_users(make_domain("sales"))
    alone = make_person("alone", first_name="Alma", last_name="Solo")
    lead = make_lead()
    deactivate_person(person=make_person("former"), actor=lead)

    def people(person, query=""):
        rows = Program(person).get(f"/people{query}").json()["results"]
        return {row["username"]: row for row in rows}

    assert people(lead)["former"]["is_active"] is False
    assert people(lead)["alone"]["email"] == "alone@example.org"
    assert people(users.owner)["alone"] == people(lead)["alone"] | {"email": None}
    assert "former" not in people(users.owner)
    assert users.owner.username in people(alone)
    assert "alone" not in people(alone)
    assert set(people(lead, "?q=alone@")) == {"alone"}
    assert set(people(users.owner, "?q=lma so")) == {"alone"}
    assert people(users.owner, "?q=alone@") == {}
    problem_of(Program().get("/people"), 401, "not-authenticated")
