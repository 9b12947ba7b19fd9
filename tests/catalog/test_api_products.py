"""Products over the API: finding, registering, editing, and what one may not see."""

import pytest

from catalog.api.products.serializers import ProductSummary
from catalog.products.models import DataProduct
from tests.catalog.api_client import PATCH, Program, places, problem_of
from tests.factories import (
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_users,
    product_tree,
)

pytestmark = pytest.mark.django_db


def test_signed_out_a_public_product_is_found_and_read():
    product = make_published_product("Orders")
    make_published_product("Salaries", assayVisibility="members")
    make_product("Half done")

    body = Program().get("/products").json()
    detail = Program().get(f"/products/{product.uuid}").json()

    assert [row["name"] for row in body["results"]] == ["Orders"]
    assert detail["domain"] == product.domain.slug
    assert detail["iri"].endswith(f"/id/product/{product.uuid}")
    assert detail["tree"] == product.tree
    assert {name: detail[name] for name in body["results"][0]} == body["results"][0]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_what_one_may_not_see_is_missing_for_every_method(method):
    hidden = make_published_product(assayVisibility="restricted")
    program = Program(make_person())

    answer = program.send(method, f"/products/{hidden.uuid}", {}, edition=1)

    problem_of(answer, 404, "not-found")


def test_an_act_on_something_visible_is_refused_with_who_may():
    product = make_published_product()
    program = Program(make_person())

    answer = program.send("DELETE", f"/products/{product.uuid}", edition=product.edition)

    problem = problem_of(answer, 403, "permission-denied")
    assert "owner" in problem["detail"]
    assert problem["hint"]


def test_a_product_is_registered_by_its_simple_fields_and_reads_back_the_same():
    users = make_users(make_domain("sales"))
    program = Program(users.owner)
    body = {
        "domain": "sales",
        "name": "Orders",
        "purpose": "One row for each order.",
        "tags": ["orders", "eu"],
        "sensitivity": "confidential",
        "visibility": "members",
    }

    answer = program.send("POST", "/products", body)

    assert answer.status_code == 201, answer.content
    again = program.get(answer["Location"])
    assert again.json() == answer.json()
    assert again["ETag"] == answer["ETag"]
    assert {name: answer.json()[name] for name in body} == body
    assert answer.json()["status"] == "draft"
    assert answer.json()["slug"] == "orders"


def test_a_product_is_registered_by_its_document():
    users = make_users(make_domain("sales"))
    tree = product_tree("Orders", domain="sales", assayVisibility="public")

    answer = Program(users.owner).send("POST", "/products", {"domain": "sales", "tree": tree})

    assert answer.status_code == 201, answer.content
    assert answer.json()["tree"] == tree


def test_a_document_with_an_unknown_member_is_refused_by_name_with_the_nearest_one():
    users = make_users(make_domain("sales"))
    tree = product_tree("Orders", domain="sales") | {"descripton": {}}

    answer = Program(users.owner).send("POST", "/products", {"domain": "sales", "tree": tree})

    problem = problem_of(answer, 422, "invalid")
    assert "descripton" in str(problem["errors"])
    assert "description" in str(problem["errors"])
    assert not DataProduct.objects.exists()


def test_simple_fields_change_and_the_others_stay():
    users = make_users()
    product = make_product("Orders", domain=users.domain)
    program = Program(users.steward)
    change = {"purpose": "All orders.", "tags": ["a"], "version": "1.2.0", "slug": "all-orders"}

    answer = program.send("PATCH", f"/products/{product.uuid}", change, edition=product.edition)

    assert answer.status_code == 200, answer.content
    state = answer.json()
    assert {name: state[name] for name in change} == change
    assert state["name"] == "Orders"
    assert state["edition"] == product.edition + 1
    assert program.get(f"/products/{product.uuid}").json() == state


def test_a_json_patch_changes_the_document_and_its_columns():
    users = make_users()
    product = make_product("Orders", domain=users.domain)
    program = Program(users.owner)
    steps = [
        {"op": "test", "path": "/name", "value": "Orders"},
        {"op": "replace", "path": "/name", "value": "All orders"},
        {"op": "add", "path": "/tags", "value": ["eu"]},
    ]

    answer = program.send(
        "PATCH",
        f"/products/{product.uuid}",
        steps,
        edition=product.edition,
        content_type=PATCH,
    )

    assert answer.status_code == 200, answer.content
    assert answer.json()["name"] == "All orders"
    assert answer.json()["tags"] == ["eu"]
    assert program.get(f"/products/{product.uuid}").json() == answer.json()


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ([{"op": "replace", "path": "/nowhere", "value": 1}], "/0"),
        ([{"op": "test", "path": "/name", "value": "no"}], "/0"),
        ([{"op": "fly", "path": "/name"}], "/0/op"),
        ([{"op": "add", "path": 7, "value": 1}], "/0/path"),
        ([{"op": "copy", "path": "/name"}], "/0/from"),
        ([{"op": "add", "path": "/name"}], "/0"),
        (["add"], "/0"),
        ([{"op": "replace", "path": "/name", "value": 7}], "/name"),
        ([{"op": "replace", "path": "", "value": []}], ""),
        ([{"op": "remove", "path": "/id"}], "/id"),
        ([{"op": "add", "path": "/nmae", "value": "x"}], "/nmae"),
    ],
)
def test_a_patch_that_does_not_hold_names_its_step_or_its_place(steps, place):
    users = make_users()
    product = make_product("Orders", domain=users.domain)

    answer = Program(users.owner).send(
        "PATCH", f"/products/{product.uuid}", steps, edition=1, content_type=PATCH
    )

    assert place in places(problem_of(answer, 422, "invalid"))
    product.refresh_from_db()
    assert product.edition == 1


def test_a_patch_that_doubles_the_document_again_and_again_is_stopped():
    users = make_users()
    product = make_product("Orders", domain=users.domain)
    steps = [{"op": "add", "path": "/tags", "value": []}]
    steps += [{"op": "copy", "from": "", "path": f"/x{index}"} for index in range(60)]

    answer = Program(users.owner).send(
        "PATCH", f"/products/{product.uuid}", steps, edition=1, content_type=PATCH
    )

    problem = problem_of(answer, 422, "invalid")
    assert "at most 100,000 values" in problem["errors"][0]["message"]


def test_a_whole_document_takes_the_place_of_the_old_one():
    users = make_users()
    product = make_product("Orders", domain=users.domain)
    program = Program(users.owner)
    tree = product.tree | {"name": "Returns", "tags": ["x"]}

    answer = program.send("PUT", f"/products/{product.uuid}", tree, edition=1)

    assert answer.status_code == 200, answer.content
    assert answer.json()["tree"] == tree
    assert program.get(f"/products/{product.uuid}").json() == answer.json()


def test_what_an_earlier_import_let_pass_does_not_stop_an_edit():
    users = make_users()
    tree = product_tree("Orders", domain=users.domain.slug) | {"vendorThing": 1}
    product = make_product(domain=users.domain, tree=tree)

    answer = Program(users.owner).send(
        "PUT", f"/products/{product.uuid}", tree | {"name": "Returns"}, edition=1
    )

    assert answer.status_code == 200, answer.content
    assert answer.json()["tree"]["vendorThing"] == 1


def test_a_draft_is_deleted_for_good_and_a_published_product_is_not():
    users = make_users()
    draft = make_product(domain=users.domain)
    published = make_published_product(domain=users.domain)
    program = Program(users.owner)

    deleted = program.send("DELETE", f"/products/{draft.uuid}", edition=draft.edition)
    refused = program.send("DELETE", f"/products/{published.uuid}", edition=published.edition)

    assert deleted.status_code == 204
    problem_of(program.get(f"/products/{draft.uuid}"), 404, "not-found")
    assert "Retire" in problem_of(refused, 409, "invalid-transition")["hint"]


def test_a_used_name_is_a_conflict_at_the_slug():
    users = make_users(make_domain("sales"))
    make_product("Orders", domain=users.domain)

    answer = Program(users.owner).send("POST", "/products", {"domain": "sales", "name": "Orders"})

    assert places(problem_of(answer, 409, "name-conflict")) == ["slug"]


def test_a_product_moves_to_another_domain_of_its_owner():
    users = make_users()
    other = make_users(make_domain("logistics"))
    product = make_product(domain=users.domain)
    program = Program(users.owner)

    refused = program.send(
        "POST", f"/products/{product.uuid}/move", {"domain": "logistics"}, edition=1
    )
    unknown = program.send(
        "POST", f"/products/{product.uuid}/move", {"domain": "logistic"}, edition=1
    )

    problem_of(refused, 403, "permission-denied")
    problem = problem_of(unknown, 422, "invalid")
    assert problem["errors"][0]["hint"] == "Did you mean logistics?"
    assert other.domain.slug == "logistics"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("domain=sales", ["Orders", "Returns"]),
        ("tag=eu", ["Orders"]),
        ("tag=EU", []),
        ("status=deprecated", []),
        ("status=published&status=deprecated", ["Orders", "Parcels", "Returns"]),
        ("sort=-name", ["Returns", "Parcels", "Orders"]),
        ("slo=no_data&domain=logistics", ["Parcels"]),
        ("visibility=members", []),
    ],
)
def test_a_list_is_narrowed_and_ordered_by_what_it_names(query, names):
    sales, logistics = make_domain("sales"), make_domain("logistics")
    tree = product_tree("Orders", domain="sales") | {"tags": ["eu", "é ö"]}
    make_published_product(domain=sales, tree=tree)
    make_published_product("Returns", domain=sales)
    make_published_product("Parcels", domain=logistics)

    body = Program().get(f"/products?{query}").json()

    assert [row["name"] for row in body["results"]] == names


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("domian=sales", "domian"),
        ("domain=nowhere", "domain"),
        ("status=nearly", "status"),
        ("sort=secret", "sort"),
        ("tag=a&tag=b", "tag"),
        ("tag=%00", "tag"),
        ("limit=0", "limit"),
        ("limit=1000", "limit"),
        ("limit=abc", "limit"),
        ("limit=%F0%9D%9F%8E", "limit"),
        ("cursor=abc", "cursor"),
        ("format=api", "format"),
    ],
)
def test_a_parameter_that_is_not_understood_is_refused_by_name(query, parameter):
    answer = Program().get(f"/products?{query}")

    assert places(problem_of(answer, 400, "invalid-parameters")) == [parameter]


def test_a_misspelt_parameter_is_told_the_nearest_one():
    problem = problem_of(Program().get("/products?domian=sales"), 400, "invalid-parameters")

    assert "Did you mean domain?" in problem["errors"][0]["message"]


def test_readers_of_a_restricted_product_are_named_by_slug_and_may_then_read_it():
    users = make_users()
    guests = make_users(make_domain("guests"))
    product = make_published_product(domain=users.domain, assayVisibility="restricted")
    program, guest = Program(users.owner), Program(guests.consumer)
    path = f"/products/{product.uuid}/readers"

    answer = program.send(
        "PUT", path, {"domains": ["guests"], "teams": []}, edition=product.edition
    )

    assert answer.json() == {"domains": ["guests"], "teams": []}
    assert program.get(path).json() == answer.json()
    assert guest.get(f"/products/{product.uuid}").status_code == 200
    problem_of(guest.get(path), 403, "permission-denied")
    problem_of(Program(users.outsider).get(path), 404, "not-found")


def test_unknown_readers_are_all_named():
    users = make_users()
    product = make_product(domain=users.domain)
    body = {"domains": ["nowhere"], "teams": ["nobody", "none"]}

    answer = Program(users.owner).send("PUT", f"/products/{product.uuid}/readers", body, edition=1)

    assert places(problem_of(answer, 422, "invalid")) == ["/domains/0"]


def test_history_says_who_to_people_and_what_to_readers_of_the_audit():
    users = make_users()
    product = make_published_product(domain=users.domain)
    path = f"/products/{product.uuid}/history"

    outside, member, owner = (
        Program(person).get(path).json()["results"]
        for person in (None, users.outsider, users.owner)
    )

    assert outside[0]["verb"] == "published"
    assert outside[0]["actor"] is None
    assert member[0]["actor"] == "factory"
    assert member[0]["after"] is None
    assert owner[0]["after"] == {"status": "published"} | owner[0]["after"]
    assert len(owner) > len(outside)


def test_a_reader_adds_what_names_a_product_and_its_edition_stays():
    product = make_published_product()
    program = Program(make_person())
    path = f"/products/{product.uuid}/uses"

    body = {"title": "Churn model", "type": "model", "url": "https://example.org/m"}
    answer = program.send("POST", path, body)

    assert answer.status_code == 201, answer.content
    assert answer.json()["type"] == "model"
    assert program.get(path).json()["results"] == [answer.json()]
    assert Program().get(path).json()["results"][0]["added_by"] is None
    assert program.get(f"/products/{product.uuid}").json()["edition"] == product.edition


def test_a_list_says_of_a_product_what_the_product_says_of_itself():
    users = make_users(make_domain("sales"))
    make_published_product("Orders", domain=users.domain, assaySensitivity="restricted")
    make_product("Returns", domain=users.domain)
    program = Program(users.owner)

    rows = program.get("/products").json()["results"]

    assert [row["name"] for row in rows] == ["Orders", "Returns"]
    for row in rows:
        itself = program.get(f"/products/{row['id']}").json()
        assert row == {name: itself[name] for name in row}
        assert list(row) == list(ProductSummary().fields)
