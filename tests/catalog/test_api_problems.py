"""What bad input gets over the API: a problem that names the place, never a failure of ours."""

import json

import pytest
from django.test import Client

from catalog.problems import PROBLEM_TYPES
from catalog.products.models import DataProduct
from tests.catalog.api_client import PATCH, Program, places, problem_of
from tests.factories import make_domain, make_product, make_published_product, make_users

pytestmark = pytest.mark.django_db

DEEP = 100_000
HOSTILE = {
    "nothing": b"",
    "no JSON": b"name: Orders",
    "half": b'{"name": "Ord',
    "a comma too many": b'{"name": "Orders",}',
    "two values": b"{} {}",
    "a key twice": b'{"name": "Orders", "name": "Returns"}',
    "not a number": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "a number without end": b'{"name": 1e999}',
    "a number of 5000 digits": b'{"name": ' + b"9" * 5000 + b"}",
    "NUL": b'{"name": "a\\u0000b"}',
    "half a surrogate": b'{"name": "\\ud800"}',
    "half a surrogate as a key": b'{"\\udfff": 1}',
    "no UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "Orders"}'.encode("utf-16"),
    "deep lists": b"[" * DEEP,
    "deep lists that end": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "a control character": b'{"name": "a\x01b"}',
    "a key of a megabyte": b'{"' + b"k" * 1_000_000 + b'": 1}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_an_unreadable_body_is_a_problem_with_a_location_and_a_hint(body):
    users = make_users(make_domain("sales"))

    answer = Program(users.owner).send("POST", "/products", body)

    problem = answer.json()
    assert answer.status_code == 400
    assert problem["code"] in {"unreadable-body", "invalid-body"}
    assert problem["errors"][0]["message"]
    assert len(answer.content) < 5000
    assert not DataProduct.objects.exists()


def test_an_unreadable_body_reports_line_column_and_hint():
    users = make_users()

    answer = Program(users.owner).send("POST", "/products", b'{\n  "name": "a",\n  "name": "b"}')

    error = problem_of(answer, 400, "unreadable-body")["errors"][0]
    assert (error["line"], error["column"], error["pointer"]) == (3, 3, "/name")
    assert error["hint"]


def test_a_body_over_a_megabyte_is_too_large_and_one_over_ten_is_not_even_read():
    users = make_users()
    program = Program(users.owner)

    large = program.send("POST", "/products", b'{"name": "' + b"x" * 1_100_000 + b'"}')
    huge = program.send("POST", "/products", b"x" * 11_000_000)

    problem_of(large, 413, "too-large")
    problem_of(huge, 413, "too-large")


def test_a_body_without_a_length_is_refused():
    answer = Program().send("POST", "/products", Transfer_Encoding="chunked")

    problem_of(answer, 411, "length-required")


WRONG = ({}, [], 1, True, None, 1.5, ["a"], {"a": 1})


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.parametrize("member", ["domain", "name", "purpose", "version", "slug", "reason"])
def test_another_type_than_text_is_refused_for_a_text_member(member, value):
    users = make_users(make_domain("sales"))
    body = {"domain": "sales", "name": "Orders"} | {member: value}

    answer = Program(users.owner).send("POST", "/products", body)

    assert places(problem_of(answer, 400, "invalid-body")) == [f"/{member}"]
    assert not DataProduct.objects.exists()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"domain": "sales"}, "/name"),
        ({"name": "Orders"}, "/domain"),
        ({"domain": "sales", "name": " "}, "/name"),
        ({"domain": "sales", "name": "x" * 201}, "/name"),
        ({"domain": "sales", "name": "Orders", "slug": "Not A Slug"}, "/slug"),
        ({"domain": "sales", "name": "Orders", "visibility": "all"}, "/visibility"),
        ({"domain": "sales", "name": "Orders", "sensitivity": 2}, "/sensitivity"),
        ({"domain": "sales", "name": "Orders", "tags": "eu"}, "/tags"),
        ({"domain": "sales", "name": "Orders", "tags": ["eu", 7]}, "/tags/1"),
        ({"domain": "sales", "name": "Orders", "tags": {}}, "/tags"),
        ({"domain": "sales", "tree": []}, "/tree"),
        ({"domain": "sales", "tree": {}, "name": "Orders"}, "/name"),
        ({"domain": "sales", "name": "Orders", "certification": "gold"}, "/certification"),
        ({"domain": "sales", "name": "Orders", "id": 7}, "/id"),
        ({"domain": "sales", "name": "Orders", "a/b~c": 7}, "/a~1b~0c"),
        ([], ""),
        ("Orders", ""),
        (None, ""),
    ],
)
def test_a_body_of_another_form_is_refused_in_its_place(body, place):
    users = make_users(make_domain("sales"))
    content = json.dumps(body).encode()

    answer = Program(users.owner).send("POST", "/products", content)

    assert places(problem_of(answer, 400, "invalid-body")) == [place]
    assert not DataProduct.objects.exists()


def test_a_misspelt_member_is_told_the_nearest_one():
    users = make_users(make_domain("sales"))
    body = {"domain": "sales", "name": "Orders", "purpos": "x"}

    answer = Program(users.owner).send("POST", "/products", body)

    problem = problem_of(answer, 400, "invalid-body")
    assert "Did you mean purpose?" in problem["errors"][0]["message"]


@pytest.mark.parametrize(
    "member", ["edition", "revision", "certification", "status", "owner", "published_at", "slo"]
)
def test_what_is_not_ones_own_to_set_is_refused_and_stays(member):
    users = make_users()
    product = make_product(domain=users.domain)

    answer = Program(users.owner).send(
        "PATCH", f"/products/{product.uuid}", {"name": "New", member: 1}, edition=1
    )

    assert places(problem_of(answer, 400, "invalid-body")) == [f"/{member}"]
    product.refresh_from_db()
    assert product.edition == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/products/", 404, "not-found"),
        ("GET", "/products/abc", 404, "not-found"),
        ("POST", "/nothing", 404, "not-found"),
        ("GET", "//products", 404, "not-found"),
        ("GET", "/PRODUCTS", 404, "not-found"),
        ("GET", "/products;x=1", 404, "not-found"),
        ("GET", "/products%2f", 404, "not-found"),
        ("GET", "/ports/99999999999999999999999", 404, "not-found"),
        ("GET", "/domains/%00", 404, "not-found"),
        ("GET", "/domains/%ff", 404, "not-found"),
        ("DELETE", "/products", 405, "method-not-allowed"),
        ("OPTIONS", "/products", 405, "method-not-allowed"),
        ("TRACE", "/products", 405, "method-not-allowed"),
        ("BREW", "/products", 405, "method-not-allowed"),
    ],
)
def test_every_wrong_address_and_method_is_a_problem(method, path, status, code):
    users = make_users()

    problem_of(Program(users.owner).send(method, path), status, code)


def test_a_form_that_is_not_served_and_one_that_is_not_read_are_problems():
    users = make_users()
    program = Program(users.owner)

    problem_of(program.get("/products", Accept="text/csv"), 406, "not-acceptable")
    for media_type in ("text/plain", "application/xml", "", "application/json-patch+json"):
        answer = program.send("POST", "/tokens", b"{}", content_type=media_type)
        problem_of(answer, 415, "unsupported-media-type")


def test_a_json_patch_and_simple_fields_are_told_apart_by_their_media_types():
    users = make_users()
    product = make_product(domain=users.domain)
    program = Program(users.owner)
    path = f"/products/{product.uuid}"

    steps_as_fields = program.send("PATCH", path, [{"op": "remove", "path": "/tags"}], edition=1)
    fields_as_steps = program.send("PATCH", path, {"name": "x"}, edition=1, content_type=PATCH)

    problem_of(steps_as_fields, 400, "invalid-body")
    problem_of(fields_as_steps, 400, "invalid-body")


def test_every_answer_says_its_request_and_how_it_may_be_kept():
    product = make_published_product()
    users = make_users(product.domain)
    path = f"/products/{product.uuid}"

    outside, inside = Program().get(path), Program(users.owner).get(path)

    assert outside["Cache-Control"] == "no-cache"
    assert inside["Cache-Control"] == "private, no-store"
    for answer in (outside, inside):
        assert {"Authorization", "Cookie", "Accept"} <= set(answer["Vary"].split(", "))
        assert answer["X-Request-ID"]
        assert answer["Content-Type"] == "application/json"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_every_kind_of_problem_has_its_place_in_the_reference():
    page = Client().get("/api/docs")

    for code in PROBLEM_TYPES:
        assert f'id="{code}"' in page.content.decode()


def test_a_failure_of_ours_is_a_problem_without_a_word_of_its_cause(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
        "DEFAULT_THROTTLE_RATES": {"signed_out": "broken", "signed_in": "broken"}
    }
    client = Client(raise_request_exception=False)

    answer = client.get("/api/v1/products")

    problem = problem_of(answer, 500, "internal-error")
    assert "broken" not in str(problem)
    assert "Traceback" not in str(problem)
