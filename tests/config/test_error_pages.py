"""What comes from outside never ends in a 500: unknown hosts, and a database that is down."""

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

SECRET = "connection to server at 10.0.0.1 failed"
SESSION = {"HTTP_COOKIE": f"assay_session={32 * 'a'}"}


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:99999", "a b", "\x00", "[::"])
@pytest.mark.parametrize(
    "path", ["/", "/search?q=orders", "/sign-in", "/livez", "/nowhere", "/admin/", "/status"]
)
def test_a_foreign_host_is_a_bad_request(browser, db, host, path):
    response = browser.get(path, HTTP_HOST=host)

    assert response.status_code == 400
    assert "This request cannot be read" in response.text


def test_a_foreign_host_is_a_problem_of_the_api(browser, db):
    response = browser.get("/api/v1/products", HTTP_HOST="evil.example")

    assert response.status_code == 400
    assert response.json()["code"] == "malformed-request"


def fails(error: Exception):
    def execute(*_: object) -> None:
        raise error

    return connection.execute_wrapper(execute)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [OperationalError(SECRET), OperationalError("database is locked"), InterfaceError(SECRET)],
    ids=["away", "locked", "closed"],
)
@pytest.mark.parametrize("path", ["/", "/search?q=orders", "/sign-in", "/nowhere", "/status"])
def test_a_page_without_its_database_is_unavailable_for_a_moment(browser, error, path):
    with fails(error):
        response = browser.get(path, **SESSION)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "Assay is temporarily unavailable" in response.text
    assert "10.0.0.1" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, SESSION], ids=["signed out", "with a session"])
def test_the_api_without_its_database_is_a_problem_that_says_when_to_try_again(browser, headers):
    with fails(OperationalError(SECRET)):
        response = browser.get("/api/v1/products", **headers)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "unavailable"
    assert "10.0.0.1" not in response.text


@pytest.mark.django_db
def test_a_form_that_meets_a_locked_database_is_unavailable(browser):
    with fails(OperationalError("database is locked")):
        response = browser.post("/sign-in", {"login": "ada", "password": "a long passphrase"})

    assert response.status_code == 503
    assert response["Retry-After"] == "5"


@pytest.mark.django_db
def test_liveness_needs_no_database_and_readiness_says_that_it_is_away(browser):
    with fails(OperationalError(SECRET)):
        live, ready = browser.get("/livez"), browser.get("/readyz")

    assert live.status_code == 200
    assert ready.status_code == 503
    assert not ready.json()["parts"]["database"]["ok"]
