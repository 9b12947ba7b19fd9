"""Editions over the API: If-Match, If-None-Match, and two who edit at once."""

import pytest

from catalog.audit.actors import SystemActor
from catalog.products.services import set_trust
from tests.catalog.api_client import Program, problem_of
from tests.factories import make_product, make_published_product, make_users

pytestmark = pytest.mark.django_db


def test_an_etag_names_the_edition_and_comes_back_as_if_match():
    users = make_users()
    product = make_product(domain=users.domain)
    program = Program(users.owner)

    etag = program.get(f"/products/{product.uuid}")["ETag"]
    answer = program.send("PATCH", f"/products/{product.uuid}", {"name": "New"}, edition=etag)

    assert etag.startswith('"1-')
    assert answer.status_code == 200
    assert answer["ETag"].startswith('"2-')


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/publish"),
        ("POST", "/deprecate"),
        ("POST", "/retire"),
        ("POST", "/adopt"),
        ("POST", "/move"),
        ("PUT", "/readers"),
        ("POST", "/ports"),
        ("POST", "/contracts"),
        ("PUT", "/provenance"),
    ],
)
def test_every_edit_names_the_edition_it_edits_and_only_the_present_one_will_do(method, path):
    users = make_users()
    product = make_product(domain=users.domain)
    program = Program(users.owner)
    address = f"/products/{product.uuid}{path}"

    missing = program.send(method, address, {})
    any_edition = program.send(method, address, {}, edition="*")
    malformed = program.send(method, address, {}, edition="1")

    assert "If-Match" in problem_of(missing, 428, "precondition-required")["hint"]
    problem_of(any_edition, 428, "precondition-required")
    problem_of(malformed, 400, "malformed-request")
    product.refresh_from_db()
    assert product.edition == 1


def test_an_old_edition_is_refused_with_the_expected_and_the_current_one():
    users = make_users()
    product = make_product("Orders", domain=users.domain)
    program = Program(users.owner)
    path = f"/products/{product.uuid}"
    program.send("PATCH", path, {"name": "Returns"}, edition=1)

    late = program.send("PATCH", path, {"name": "Refunds"}, edition=1)

    problem = problem_of(late, 412, "edit-conflict")
    assert problem["seen"] == {"edition": 1}
    assert problem["current"] == program.get(path).json()
    assert problem["current"]["name"] == "Returns"


@pytest.mark.parametrize("tag", ['"7"', '"nonsense"', '"999999999999999999999"', '""', 'W/"9"'])
def test_a_tag_that_is_not_of_the_present_edition_fails_the_precondition(tag):
    users = make_users()
    product = make_product(domain=users.domain)

    answer = Program(users.owner).send(
        "PATCH", f"/products/{product.uuid}", {"name": "New"}, edition=tag
    )

    problem_of(answer, 412, "edit-conflict")


def test_a_tag_that_a_proxy_has_weakened_still_names_its_edition():
    users = make_users()
    product = make_product(domain=users.domain)
    program = Program(users.owner)
    etag = program.get(f"/products/{product.uuid}")["ETag"]

    answer = program.send(
        "PATCH", f"/products/{product.uuid}", {"name": "New"}, edition=f"W/{etag}"
    )

    assert answer.status_code == 200


def test_a_reader_who_holds_the_answer_gets_304_until_a_measurement_changes_it():
    product = make_published_product()
    program = Program()
    path = f"/products/{product.uuid}"
    etag = program.get(path)["ETag"]

    unchanged = program.get(path, If_None_Match=etag)
    set_trust(product_id=product.pk, verdict="met", figures={}, actor=SystemActor("test"))
    measured = program.get(path, If_None_Match=etag)

    assert unchanged.status_code == 304
    assert not unchanged.content
    assert measured.status_code == 200
    assert measured.json()["slo"] == "met"


def test_a_measurement_never_refuses_an_edit():
    users = make_users()
    product = make_published_product(domain=users.domain)
    program = Program(users.owner)
    etag = program.get(f"/products/{product.uuid}")["ETag"]
    set_trust(product_id=product.pk, verdict="met", figures={}, actor=SystemActor("test"))

    answer = program.send("PATCH", f"/products/{product.uuid}", {"name": "New"}, edition=etag)

    assert answer.status_code == 200


def test_an_edit_that_changes_nothing_keeps_its_edition():
    users = make_users()
    product = make_product("Orders", domain=users.domain)

    answer = Program(users.owner).send(
        "PUT", f"/products/{product.uuid}", product.tree, edition=product.edition
    )

    assert answer.json()["edition"] == product.edition


def test_of_a_hundred_late_edits_none_is_lost_and_none_gets_through():
    users = make_users()
    product = make_product("Orders", domain=users.domain)
    program = Program(users.owner)
    path = f"/products/{product.uuid}"

    statuses = [
        program.send("PATCH", path, {"purpose": f"{n}"}, edition=1).status_code for n in range(100)
    ]

    assert statuses == [200, *[412] * 99]
    assert program.get(path).json()["purpose"] == "0"
