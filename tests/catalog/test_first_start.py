"""The first administrator of an empty installation."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from catalog.authorization.access import can
from catalog.people.models import InitialSetup, Person
from catalog.permissions import Permission
from tests.factories import PASSWORD, make_person

FIRST = {"first_name": "Ada", "username": "ada", "email": "ada@example.org"}
FIRST |= {"password": PASSWORD, "again": PASSWORD}


@pytest.mark.django_db
def test_the_first_visit_leads_to_the_first_start_and_then_never_again(client):
    assert client.get("/")["Location"] == "/first-start"
    assert client.get("/sign-in")["Location"] == "/first-start"

    answer = client.post("/first-start", FIRST)

    assert answer["Location"] == "/domains/new"
    assert client.get("/first-start").status_code == 404
    assert client.post("/first-start", FIRST).status_code == 404
    assert Client().get("/sign-in").status_code == 200


@pytest.mark.django_db
def test_the_first_administrator_leads_and_operates(client):
    client.post("/first-start", FIRST)
    ada = Person.objects.get()

    assert can(ada, Permission.MANAGE_DOMAIN, None)
    assert can(ada, Permission.OPERATE_PLATFORM, None)
    assert ada.is_staff
    client.post("/domains/new", {"name": "Sales"})
    assert client.get("/d/sales/people").status_code == 200


@pytest.mark.django_db
def test_a_weak_password_creates_no_account_and_can_be_corrected(client):
    answer = client.post("/first-start", FIRST | {"password": "123", "again": "123"})

    assert answer.status_code == 422
    assert "password" in answer.context_data["page"].form.errors
    assert not Person.objects.exists()
    assert client.post("/first-start", FIRST).status_code == 302


@pytest.mark.django_db
def test_there_is_no_first_start_once_an_account_exists(client):
    make_person()

    assert client.get("/first-start").status_code == 404
    assert client.get("/sign-in").status_code == 200


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins():
    together = Barrier(2)

    def begin(name):
        client = Client()
        together.wait()
        try:
            mail = f"{name}@example.org"
            fields = FIRST | {"username": name, "email": mail}
            return client.post("/first-start", fields).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(begin, ("ada", "bea")))

    assert codes[0] == 302
    assert codes[1] in (404, 409)
    assert Person.objects.count() == 1
    assert InitialSetup.objects.count() == 1
