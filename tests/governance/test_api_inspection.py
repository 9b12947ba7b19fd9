"""What a source holds, over the API: read by who may edit, shown to who may see, adopted once."""

import pytest

from catalog.contracts.services import save_contract
from tests.catalog.api_client import Program, places, problem_of
from tests.factories import (
    FACTORY,
    give_schema,
    make_product,
    make_published_product,
    make_users,
    with_port,
    write_file,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def users(files):
    users = make_users()
    write_file(users.domain, "id,paid\n1,1.5\n2,2.5\n")
    return users


@pytest.fixture
def product(users):
    return give_schema(with_port(make_product(domain=users.domain)), "id", "gone")


def _path(product):
    return f"/ports/{product.output_ports.get().pk}/inspection"


def test_a_port_that_was_never_read_has_no_reading(users, product):
    problem_of(Program(users.owner).get(_path(product)), 404, "not-found")


def test_an_owner_reads_the_source_and_sees_where_it_left_the_contract(users, product):
    read = Program(users.owner).send("POST", _path(product))

    body = read.json()
    assert (read.status_code, body["failure"]) == (200, None)
    assert [column["name"] for column in body["tables"][0]["columns"]] == ["id", "paid"]
    assert {drift["is_breaking"] for drift in body["drifts"]} == {True, False}
    assert {drift["column"] for drift in body["drifts"]} >= {"gone", "paid"}


@pytest.mark.parametrize(("who", "status"), [("consumer", 404), ("outsider", 404), (None, 401)])
def test_nobody_else_has_the_source_of_a_draft_read(users, product, who, status):
    program = Program(getattr(users, who)) if who else Program()

    answer = program.send("POST", _path(product))

    assert answer.status_code == status
    problem_of(Program(users.owner).get(_path(product)), 404, "not-found")


def test_who_sees_a_product_sees_its_reading_and_may_not_make_one(users):
    product = make_published_product(domain=users.domain)
    Program(users.owner).send("POST", _path(product))
    reader = Program(users.outsider)

    assert reader.get(_path(product)).status_code == 200
    problem_of(reader.send("POST", _path(product)), 403, "permission-denied")
    adopt = reader.send("POST", f"{_path(product)}/adopt", {}, edition=product.edition)
    problem_of(adopt, 403, "permission-denied")


def test_a_source_that_cannot_be_read_says_why_without_its_content(users, product, files):
    (files / users.domain.slug / "orders.csv").unlink()
    program = Program(users.owner)

    body = program.send("POST", _path(product)).json()

    assert body["failure"]["code"]
    assert body["failure"]["message"]
    assert body["tables"] == body["drifts"] == []
    assert str(files) not in str(body)
    adopted = program.send("POST", f"{_path(product)}/adopt", {}, edition=product.edition)
    assert places(problem_of(adopted, 409, "invalid-transition")) == ["port"]


def test_what_was_seen_is_adopted_into_the_contract_or_as_its_next_version(users, product):
    program = Program(users.owner)
    program.send("POST", _path(product))
    adopt = f"{_path(product)}/adopt"

    next_one = program.send("POST", adopt, {"version": "0.2.0"}, edition=product.edition)
    same = program.send("POST", adopt, {}, edition=next_one["ETag"])

    assert (next_one.status_code, same.status_code) == (201, 200)
    assert next_one.json()["version"] == "0.2.0"
    for answer in (next_one, same):
        columns = answer.json()["tree"]["schema"][0]["properties"]
        assert [column["name"] for column in columns] == ["id", "paid"]
    assert program.get(_path(product)).json()["drifts"] == []


def test_a_late_adoption_is_refused_and_shows_the_current_contract(users, product):
    program = Program(users.owner)
    program.send("POST", _path(product))
    contract = product.contracts.get()
    tree = contract.tree | {"name": "Theirs"}
    save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    adopt = f"{_path(product)}/adopt"

    missing = program.send("POST", adopt, {})
    late = program.send("POST", adopt, {}, edition=product.edition)

    problem_of(missing, 428, "precondition-required")
    problem = problem_of(late, 412, "edit-conflict")
    assert problem["seen"] == {"edition": product.edition}
    assert problem["current"]["tree"]["name"] == "Theirs"
    assert product.contracts.get().tree["schema"] == contract.tree["schema"]


def test_the_contract_of_a_published_version_is_adopted_only_as_a_new_version(users):
    product = make_published_product(domain=users.domain)
    program = Program(users.owner)
    program.send("POST", _path(product))
    adopt = f"{_path(product)}/adopt"

    frozen = program.send("POST", adopt, {}, edition=product.edition)
    raised = program.send("POST", adopt, {"version": "0.2.0"}, edition=product.edition)

    problem_of(frozen, 409, "immutable-version")
    assert raised.status_code == 201
