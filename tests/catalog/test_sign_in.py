"""Who is signed in is what the database says at this moment."""

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from catalog.people.models import Person
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def name_of(client: Client) -> str | None:
    answer = client.get("/api/v1/me")
    return answer.json()["username"] if answer.status_code == 200 else None


@pytest.fixture
def person() -> Person:
    return make_person()


@pytest.fixture
def client(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_session_leads_to_its_person(client, person):
    assert name_of(client) == person.username


def test_a_session_ends_at_once_wherever_it_is_ended(client):
    assert name_of(client)

    Session.objects.all().delete()

    assert name_of(client) is None


def test_a_session_ends_by_itself(client):
    Session.objects.update(expire_date=timezone.now())

    assert name_of(client) is None


def test_a_deactivated_person_is_signed_out_at_once(client, person):
    assert name_of(client)

    Person.objects.filter(pk=person.pk).update(is_active=False)

    assert name_of(client) is None


def test_a_new_password_ends_the_sessions_of_the_old_one(client, person):
    person.set_password("another one entirely")
    person.save()

    assert name_of(client) is None


@pytest.mark.parametrize("cookie", ['"\\000aaaaaaaaaaaa"', "x", "ü" * 32, "a" * 32])
def test_a_cookie_that_is_no_session_signs_nobody_in(cookie):
    client = Client(headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"})

    assert name_of(client) is None
