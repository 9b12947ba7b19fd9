"""Who calls the API: tokens and their scopes, sessions, and how often one may ask."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from celery import current_app
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from catalog.domains.services import deactivate_person
from catalog.people.models import ApiToken
from catalog.people.services import create_token, note_use
from tests.catalog.api_client import ROOT, Program, places, problem_of
from tests.factories import (
    FACTORY,
    PASSWORD,
    make_domain,
    make_person,
    make_published_product,
    make_users,
)

pytestmark = pytest.mark.django_db


def test_a_token_is_made_shown_once_listed_used_and_revoked():
    program = Program(make_person("ana"))

    created = program.send("POST", "/tokens", {"name": "nightly", "scopes": ["read"], "days": 1})
    text = created.json()["token"]
    own = Program()
    own.headers = {"Authorization": f"Bearer {text}"}

    assert created.status_code == 201, created.content
    assert text.startswith("assay_")
    again = program.get(created["Location"]).json()
    assert again == {name: value for name, value in created.json().items() if name != "token"}
    assert again in program.get("/tokens").json()["results"]
    assert text not in str(program.get("/tokens").content)
    me = own.get("/me").json()
    assert (me["username"], me["token"]["name"]) == ("ana", "nightly")
    assert program.send("DELETE", created["Location"]).status_code == 204
    problem_of(own.get("/me"), 401, "invalid-token")


@pytest.mark.parametrize(("scopes", "read", "write"), [(["read"], 200, 403), (["write"], 403, 201)])
def test_a_scope_binds_every_method(scopes, read, write):
    users = make_users(make_domain("sales"))
    program = Program(users.owner, *scopes)

    reading = program.get("/products")
    writing = program.send("POST", "/products", {"domain": "sales", "name": "Orders"})

    assert (reading.status_code, writing.status_code) == (read, write)
    problem_of(reading if read == 403 else writing, 403, "insufficient-scope")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer assay_" + "0" * 64,
        "Bearer",
        "Bearer a b",
        "Basic YTpi",
        "Token assay_" + "0" * 64,
        "Bearer \x00",
        "Bearer \xe9\xff",
        "Bearer " + "x" * 5000,
        "Bearer ' OR 1=1 --",
    ],
)
def test_a_token_that_is_none_is_401_even_for_what_everybody_may_read(header):
    answer = Client().get(f"{ROOT}/products", headers={"Authorization": header})

    problem_of(answer, 401, "invalid-token")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_the_token_of_a_deactivated_person_fails_at_once():
    person = make_person()
    program = Program(person)
    assert program.get("/me").status_code == 200

    deactivate_person(person=person, actor=FACTORY)

    problem_of(program.get("/me"), 401, "invalid-token")


def test_the_session_of_a_deactivated_person_fails_at_once():
    person = make_person()
    client = Client()
    client.force_login(person)
    assert client.get(f"{ROOT}/me").status_code == 200

    deactivate_person(person=person, actor=FACTORY)

    problem_of(client.get(f"{ROOT}/me"), 401, "not-authenticated")


def test_a_lapsed_token_fails():
    person = make_person()
    program = Program(person)
    ApiToken.objects.update(expiry=timezone.now())

    problem_of(program.get("/products"), 401, "invalid-token")


def test_a_token_makes_none_that_does_more_or_lives_longer():
    program = Program(make_person(), "write")

    wider = program.send("POST", "/tokens", {"name": "x", "scopes": ["read", "write"]})
    longer = program.send("POST", "/tokens", {"name": "x", "scopes": ["write"], "days": 30})
    like = program.send("POST", "/tokens", {"name": "x", "scopes": ["write"]})

    assert places(problem_of(wider, 403, "permission-denied")) == ["/scopes"]
    assert places(problem_of(longer, 403, "permission-denied")) == ["/days"]
    assert like.status_code == 201
    ends = ApiToken.objects.get(uuid=like.json()["id"]).expiry
    assert ends is not None
    assert ends <= timezone.now() + timedelta(days=7)


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ({"name": "x", "scopes": []}, 400, "/scopes"),
        ({"name": "x", "scopes": ["admin"]}, 422, "/scopes"),
        ({"name": "x", "scopes": "read"}, 400, "/scopes"),
        ({"name": "x", "scopes": ["read"], "days": 0}, 400, "/days"),
        ({"name": "x", "scopes": ["read"], "days": "7"}, 400, "/days"),
        ({"name": "x", "scopes": ["read"], "days": True}, 400, "/days"),
        ({"name": "x", "scopes": ["read"], "days": 9999}, 400, "/days"),
        ({"scopes": ["read"]}, 400, "/name"),
    ],
)
def test_a_token_that_cannot_be_made_says_why(body, status, place):
    client = Client()
    client.force_login(make_person())

    answer = client.post(f"{ROOT}/tokens", body, content_type="application/json")

    assert answer.status_code == status
    assert place in places(answer.json())


def test_nobody_sees_or_revokes_the_tokens_of_another():
    owner = make_person()
    token, _ = create_token(person=owner, name="own", scopes=["read"], lasts=timedelta(days=1))
    other = Program(make_person())

    problem_of(other.get(f"/tokens/{token.uuid}"), 404, "not-found")
    problem_of(other.send("DELETE", f"/tokens/{token.uuid}"), 404, "not-found")
    assert str(token.uuid) not in other.get("/tokens").content.decode()


def test_a_session_writes_only_with_its_csrf_token():
    users = make_users(make_domain("sales"))
    client = Client(enforce_csrf_checks=True)
    client.login(username=users.owner.username, password=PASSWORD)
    body = {"domain": "sales", "name": "Orders"}

    answer = client.post(f"{ROOT}/products", body, content_type="application/json")

    problem = problem_of(answer, 403, "permission-denied")
    assert "CSRF" in problem["detail"]


@pytest.mark.parametrize(
    "path", ["/me", "/tokens", "/teams", "/teams/x", "/domains/sales/memberships"]
)
def test_what_needs_a_signed_in_person_answers_401(path):
    make_domain("sales")

    answer = Program().get(path)

    problem_of(answer, 401, "not-authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.fixture
def three_a_minute(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
        "DEFAULT_THROTTLE_RATES": {"signed_out": "3/min", "signed_in": "3/min"}
    }
    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("three_a_minute")
def test_a_caller_is_told_what_is_left_and_then_when_to_come_back(monkeypatch):
    # The window is a minute of the clock; the test must not stand on its edge.
    monkeypatch.setattr("catalog.limits.time.time", lambda: 1_800_000_010.0)
    answers = [Program().get("/products") for _ in range(4)]
    person = make_person()
    one, other = Program(person), Program(person)

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer["RateLimit-Limit"] for answer in answers} == {"3"}
    problem_of(answers[-1], 429, "throttled")
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert one.get("/me")["RateLimit-Remaining"] == "2"
    assert other.get("/me")["RateLimit-Remaining"] == "1"


def test_me_says_roles_and_teams():
    users = make_users(make_domain("sales"))

    me = Program(users.steward).get("/me").json()

    assert [(role["domain"], role["role"]) for role in me["roles"]] == [("sales", "steward")]
    assert me["teams"] == []


def test_a_name_with_quotes_and_braces_comes_back_as_it_went_in():
    name = 'Ana "}{" O\'Hara <b>'
    person = make_person(first_name=name)

    assert Program(person).get("/me").json()["name"] == name


def test_a_public_product_is_read_by_everybody_whatever_their_token():
    product = make_published_product()

    for program in (Program(), Program(make_person()), Program(make_person(), "read")):
        assert program.get(f"/products/{product.uuid}").status_code == 200


@pytest.fixture
def worker(monkeypatch):
    """Tasks run as soon as they are sent."""
    monkeypatch.setattr(current_app.conf, "task_always_eager", True)


@pytest.mark.usefixtures("worker")
def test_the_last_use_of_a_token_is_noted_once_in_a_minute():
    program = Program(make_person())
    rows = ApiToken.objects.all()
    before = timezone.now()

    program.get("/me")
    first = rows.get().last_used_at
    program.get("/me")
    again = rows.get().last_used_at
    rows.update(last_used_at=before - timedelta(minutes=2))
    cache.clear()
    last_used = program.get("/me").json()["token"]["last_used_at"]

    assert before <= first <= timezone.now()
    assert again == first
    assert rows.get().last_used_at > first
    assert datetime.fromisoformat(last_used) < before


def test_a_later_use_is_not_undone_by_one_that_is_noted_late():
    program = Program(make_person())
    token, now = ApiToken.objects.get(), timezone.now()

    updates = [
        note_use(token=token.uuid, at=now),
        note_use(token=token.uuid, at=now - timedelta(minutes=5)),
        note_use(token=uuid4(), at=now),
    ]

    assert updates == [True, False, False]
    assert ApiToken.objects.get().last_used_at == now
    assert program.get("/me").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_token_reads_while_another_writer_locks_the_database():
    program = Program(make_person())

    def read() -> int:
        try:
            return program.get("/me").status_code
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        ApiToken.objects.select_for_update().get()
        Group.objects.create(name="held")
        status = pool.submit(read).result(timeout=10)

    assert status == 200
