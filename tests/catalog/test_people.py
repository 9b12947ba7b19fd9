"""People, teams, invitations and tokens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.domains.services import (
    accept_invitation,
    add_to_team,
    create_team,
    deactivate_person,
    invite_person,
    open_invitation,
    remove_member,
)
from catalog.exceptions import (
    InvalidTransition,
    NameConflict,
    NotFound,
    PermissionDenied,
    ValidationFailed,
)
from catalog.people.models import ApiToken, Invitation, Person
from catalog.people.services import create_person, create_token, revoke_token
from tests.factories import FACTORY, PASSWORD, make_lead, make_person, make_team

pytestmark = pytest.mark.django_db


def test_a_weak_password_is_refused_at_its_field():
    with pytest.raises(ValidationFailed) as refused:
        create_person(username="ana", email="ana@example.org", password="123", actor=FACTORY)

    assert {issue.location for issue in refused.value.issues} == {"password"}


def test_a_user_name_is_given_once():
    make_person("ana")

    with pytest.raises(NameConflict):
        make_person("ana")


def test_an_invitation_works_once_and_brings_its_team():
    team = make_team()
    _invitation, secret = invite_person(email="new@example.org", actor=make_lead(), team=team)

    person = accept_invitation(secret=secret, username="new", password=PASSWORD)

    assert person.email == "new@example.org"
    assert list(person.teams.all()) == [team]
    assert secret not in str(vars(Invitation.objects.get()))
    with pytest.raises(NotFound):
        accept_invitation(secret=secret, username="again", password=PASSWORD)


def test_an_invitation_survives_a_mistake_and_lapses_with_time():
    _, secret = invite_person(email="new@example.org", actor=make_lead("ana"))
    with pytest.raises(NameConflict):
        accept_invitation(secret=secret, username="ana", password=PASSWORD)
    still_open = open_invitation(secret)

    Invitation.objects.update(expires_at=timezone.now())

    assert still_open.accepted_at is None
    with pytest.raises(NotFound):
        open_invitation(secret)
    assert Person.objects.count() == 1


@pytest.mark.parametrize("secret", ["", "x", "\x00", "\ud800", "a" * 10_000])
def test_a_made_up_secret_opens_nothing(secret):
    with pytest.raises(NotFound):
        open_invitation(secret)


def test_a_tokens_text_is_never_stored():
    token, text = create_token(
        person=make_person(), name="ci", scopes=["read"], lasts=timedelta(days=30)
    )

    assert text not in str(vars(ApiToken.objects.get()))
    assert ApiToken.objects.get().scopes == ["read"]

    revoke_token(token=token, actor=FACTORY)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"scopes": ["admin"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "\x00"}, "name"),
        ({"lasts": timedelta(0)}, "days"),
        ({"lasts": timedelta(days=400)}, "days"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused_at_its_field(fields, location):
    sound = {"name": "ci", "scopes": ["read"], "lasts": timedelta(days=1)}

    with pytest.raises(ValidationFailed) as refused:
        create_token(person=make_person(), **(sound | fields))

    assert [issue.location for issue in refused.value.issues] == [location]


@pytest.mark.parametrize(
    "act",
    [
        lambda actor, team, person: create_team(slug="mine", name="Mine", actor=actor),
        lambda actor, team, person: add_to_team(team=team, person=actor, actor=actor),
        lambda actor, team, person: remove_member(team=team, person=person, actor=actor),
        lambda actor, team, person: invite_person(email="x@example.org", actor=actor),
        lambda actor, team, person: invite_person(email="x@example.org", actor=actor, team=team),
        lambda actor, team, person: deactivate_person(person=person, actor=actor),
    ],
)
def test_who_belongs_where_is_changed_only_by_those_who_manage_members(act):
    actor, team, person = make_person(), make_team(), make_person()
    add_to_team(team=team, person=person, actor=FACTORY)

    with pytest.raises(PermissionDenied):
        act(actor, team, person)

    assert list(team.people.all()) == [person]
    assert Person.objects.filter(is_active=True).count() == 2
    assert not Invitation.objects.exists()


def test_the_last_lead_stays_and_others_may_go():
    lead, other = make_lead(), make_person()

    deactivate_person(person=other, actor=lead)
    with pytest.raises(InvalidTransition):
        deactivate_person(person=lead, actor=FACTORY)

    assert list(Person.objects.filter(is_active=True)) == [lead]
