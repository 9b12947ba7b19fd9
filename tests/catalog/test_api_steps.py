"""A product's life over the API: ports, contracts, provenance, the gate, versions, the end."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.products.services import register_product
from catalog.provenance.questions import CURRENT_SET
from catalog.publication.services import retire_product
from tests.catalog.api_client import Program, places, problem_of
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    with_good_checks,
)

pytestmark = pytest.mark.django_db
SERVER = {"server": "files", "type": "local", "path": "sales/orders.csv", "format": "csv"}
UNKNOWN = {"answers": {code: {"state": "unknown"} for code in CURRENT_SET.codes}}


def test_the_whole_way_from_a_name_to_a_published_version():
    users = make_users(make_domain("sales"))
    program = Program(users.owner)
    body = {"domain": "sales", "name": "Orders", "purpose": "One row for each order."}

    created = program.send("POST", "/products", body)
    path = created["Location"]
    refused = program.send("POST", f"{path}/publish", edition=created["ETag"])
    port = program.send(
        "POST", f"{path}/ports", {"name": "table", "server": SERVER}, edition=created["ETag"]
    )
    answered = program.send("PUT", f"{path}/provenance", UNKNOWN, edition=port["ETag"])
    unchecked = program.get(f"{path}/findings").json()
    with_good_checks(DataProduct.objects.get())
    findings = program.get(f"{path}/findings").json()
    published = program.send(
        "POST", f"{path}/publish", {"reason": "Ready."}, edition=answered["ETag"]
    )

    problem = problem_of(refused, 422, "publication-refused")
    assert {finding["code"] for finding in problem["findings"]} == {
        "port-is-live",
        "provenance-is-answered",
    }
    assert "outputPorts" in places(problem)
    assert all(error["hint"] for error in problem["errors"])
    assert [finding["code"] for finding in unchecked["findings"]] == ["port-is-live"]
    assert findings == {"is_publishable": True, "findings": findings["findings"]}
    assert published.status_code == 200, published.content
    assert published.json()["status"] == "published"
    assert program.get(path).json() == published.json()
    assert program.get(f"{path}/history").json()["results"][0]["reason"] == "Ready."
    version = program.get(f"{path}/versions").json()["results"][0]
    frozen = program.get(f"{path}/versions/0.1.0").json()
    assert version == {name: frozen[name] for name in version}
    assert frozen["tree"] == published.json()["tree"]


def test_a_port_that_was_added_reads_back_the_same_with_its_contract():
    users = make_users(make_domain("sales"))
    product = make_product("Orders", domain=users.domain)
    program = Program(users.owner)
    body = {"name": "table", "version": "2.0.0", "description": "All.", "server": SERVER}

    created = program.send(
        "POST", f"/products/{product.uuid}/ports", body | {"interval": 60}, edition=1
    )

    assert created.status_code == 201, created.content
    assert program.get(created["Location"]).json() == created.json()
    ports = program.get(f"/products/{product.uuid}/ports")
    assert ports.json() == {"output_ports": [created.json()], "input_ports": []}
    contract = program.get(f"/contracts/{created.json()['contract']}").json()
    assert contract["tree"]["servers"] == [SERVER]
    assert contract["servers"][0]["location"] == "sales/orders.csv"
    assert program.get("/ports").json()["results"] == [created.json()]


@pytest.mark.parametrize(
    ("server", "place"),
    [
        (
            {"server": "x", "type": "local", "path": "../etc/passwd", "format": "csv"},
            "/server/path",
        ),
        (
            {"server": "x", "type": "api", "location": "http://169.254.169.254/latest"},
            "/server/location",
        ),
        ({"server": "x", "type": "api", "location": "ftp://example.org"}, "/server/location"),
        (
            {"server": "x", "type": "local", "path": "sales/a.csv", "format": "csv", "paht": 1},
            "/server/paht",
        ),
    ],
)
def test_a_server_that_may_not_be_reached_is_refused_in_its_place(server, place):
    users = make_users(make_domain("sales"))
    product = make_product(domain=users.domain)

    answer = Program(users.owner).send(
        "POST",
        f"/products/{product.uuid}/ports",
        {"name": "table", "server": server},
        edition=1,
    )

    assert place in places(problem_of(answer, 422, "invalid"))
    product.refresh_from_db()
    assert (product.edition, product.output_ports.count()) == (1, 0)


def test_where_a_product_comes_from_is_said_only_of_sources_that_one_may_see():
    users = make_users(make_domain("sales"))
    source = make_published_product("Source", assayVisibility="members")
    address = f"{source.domain.slug}/{source.slug}"
    link = {"name": "in", "customProperties": [{"property": "assaySource", "value": address}]}
    tree = product_tree("Orders", domain=users.domain.slug) | {"inputPorts": [link]}
    product = make_published_product(domain=users.domain, tree=tree)
    path = f"/products/{product.uuid}/ports"

    outside = Program().get(path).json()["input_ports"][0]
    member = Program(users.outsider).get(path).json()["input_ports"][0]

    assert outside["source"] is None
    assert member["source"] == str(source.uuid)


def contract_tree(identifier="orders", version="1.0.0", **members):
    """Return a small contract."""
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": identifier,
        "version": version,
        "status": "draft",
        "servers": [SERVER],
        "schema": [{"name": "rows", "properties": [{"name": "id", "logicalType": "string"}]}],
    } | members


def test_a_contract_is_saved_changed_and_deleted_while_nothing_published_names_it():
    users = make_users(make_domain("sales"))
    product = make_product(domain=users.domain)
    program = Program(users.owner)
    path = f"/products/{product.uuid}/contracts"

    created = program.send("POST", path, contract_tree(), edition=1)
    address = created["Location"]
    changed = program.send("PUT", address, contract_tree(name="Orders"), edition=created["ETag"])
    again = program.send("POST", path, contract_tree(name="Again"), edition=changed["ETag"])
    listed = program.get(path).json()["results"]
    deleted = program.send("DELETE", address, edition=again["ETag"])

    assert created.status_code == 201, created.content
    assert changed.json()["name"] == "Orders"
    assert again.status_code == 200
    assert again.json()["id"] == created.json()["id"]
    assert [row["name"] for row in listed] == ["Again"]
    assert deleted.status_code == 204
    problem_of(program.get(address), 404, "not-found")


def test_another_version_is_no_new_content_of_this_one():
    users = make_users(make_domain("sales"))
    product = make_product(domain=users.domain)
    program = Program(users.owner)
    created = program.send(
        "POST", f"/products/{product.uuid}/contracts", contract_tree(), edition=1
    )

    answer = program.send(
        "PUT", created["Location"], contract_tree(version="2.0.0"), edition=created["ETag"]
    )

    assert places(problem_of(answer, 422, "invalid")) == ["/version"]


def test_a_contract_that_a_published_version_names_never_changes():
    users = make_users(make_domain("sales"))
    product = make_published_product(domain=users.domain)
    program = Program(users.owner)
    contract = program.get(f"/contracts?product={product.uuid}").json()["results"][0]
    detail = program.get(f"/contracts/{contract['id']}")

    answer = program.send(
        "PUT",
        f"/contracts/{contract['id']}",
        detail.json()["tree"] | {"name": "Other"},
        edition=detail["ETag"],
    )

    assert detail.json()["is_frozen"]
    problem_of(answer, 409, "immutable-version")


def test_an_edition_conflict_of_a_contract_shows_the_contract():
    users = make_users(make_domain("sales"))
    product = make_product(domain=users.domain)
    program = Program(users.owner)
    created = program.send(
        "POST", f"/products/{product.uuid}/contracts", contract_tree(), edition=1
    )

    late = program.send("PUT", created["Location"], contract_tree(name="Late"), edition=1)

    problem = problem_of(late, 412, "edit-conflict")
    assert problem["current"] == created.json() | {"edition": 2}


def test_contracts_of_hidden_products_are_missing():
    hidden = make_published_product(assayVisibility="restricted")
    contract = hidden.contracts.get()

    problem_of(Program().get(f"/contracts/{contract.uuid}"), 404, "not-found")
    assert Program().get("/contracts").json()["results"] == []
    assert Program().get("/ports").json()["results"] == []


def test_provenance_is_declared_and_read_back_with_what_it_says_in_numbers():
    users = make_users(make_domain("sales"))
    product = make_product(domain=users.domain)
    program = Program(users.owner)
    path = f"/products/{product.uuid}/provenance"
    rows = [
        {"attribute": "sex", "group": "women", "share": 0.3, "referenceShare": 0.5, "n": 30},
        {"attribute": "sex", "group": "men", "share": 0.7},
    ]
    answers = {"source": {"state": "answered", "text": "The shop."}}

    answered = program.send("PUT", path, {"answers": answers, "imbalances": rows}, edition=1)

    assert answered.status_code == 200, answered.content
    assert program.get(path).json() == answered.json()
    state = answered.json()
    assert state["least_shares"] == {"sex": 0.3}
    assert state["greatest_gaps"] == {"sex": pytest.approx(0.2)}
    assert state["declared"] == {"answers": answers, "imbalances": rows}
    assert "source" not in state["open_questions"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"answers": {"source": {"state": "maybe"}}}, "/answers/source/state"),
        ({"answers": {"sauce": {"state": "unknown"}}}, "/answers/sauce"),
        ({"imbalances": [{"attribute": "sex", "group": "w", "share": 40}]}, "/imbalances/0/share"),
    ],
)
def test_provenance_that_does_not_hold_is_refused_in_its_place(body, place):
    users = make_users(make_domain("sales"))
    product = make_product(domain=users.domain)

    answer = Program(users.owner).send(
        "PUT", f"/products/{product.uuid}/provenance", body, edition=1
    )

    assert place in places(problem_of(answer, 422, "invalid"))


def test_a_product_is_deprecated_and_retired_with_what_comes_after_it():
    users = make_users(make_domain("sales"))
    old = make_published_product(domain=users.domain)
    new = make_published_product(domain=users.domain)
    program = Program(users.owner)
    path = f"/products/{old.uuid}"
    ends = (timezone.now() + timedelta(days=30)).date().isoformat()
    after = f"{new.domain.slug}/{new.slug}"

    deprecated = program.send(
        "POST",
        f"{path}/deprecate",
        {"successor": str(new.uuid), "ends_on": ends},
        edition=old.edition,
    )
    assert program.get(path).json() == deprecated.json()
    retired = program.send(
        "POST", f"{path}/retire", {"successor": after}, edition=deprecated["ETag"]
    )

    assert deprecated.json()["successor"] == after
    assert deprecated.json()["ends_on"] == ends
    assert date.fromisoformat(ends)
    assert retired.json()["status"] == "retired"
    deleted = problem_of(program.get(path), 410, "retired")
    assert deleted["current"] == retired.json()
    assert deleted["hint"] == f"Use {after} instead."
    wrong = program.send("POST", f"{path}/adopt", edition=retired["ETag"])
    problem_of(wrong, 410, "retired")
    assert Client().get(old.path).status_code == 410


@pytest.mark.parametrize("tail", ["history", "versions", "versions/{version}"])
def test_the_past_of_a_retired_product_stays_readable(tail):
    users = make_users(make_domain("sales"))
    product = make_published_product(domain=users.domain)
    retire_product(product=product, edition=product.edition, actor=FACTORY)

    tail = tail.format(version=product.version)
    assert Program().get(f"/products/{product.uuid}/{tail}").status_code == 200
    for present in ("", "/ports", "/contracts", "/provenance", "/uses"):
        problem_of(Program().get(f"/products/{product.uuid}{present}"), 410, "retired")


def test_a_retired_product_that_one_may_not_see_is_404_and_not_410():
    users = make_users(make_domain("sales"))
    product = make_published_product(domain=users.domain, assayVisibility="restricted")
    retire_product(product=product, edition=product.edition, actor=FACTORY)

    problem_of(Program(users.outsider).get(f"/products/{product.uuid}"), 404, "not-found")
    problem_of(Program(users.consumer).get(f"/products/{product.uuid}"), 410, "retired")


def test_a_successor_that_one_may_not_see_is_none():
    users = make_users(make_domain("sales"))
    old = make_published_product(domain=users.domain)
    hidden = make_published_product(assayVisibility="restricted")
    program = Program(users.owner)

    for name in (str(hidden.uuid), f"{hidden.domain.slug}/{hidden.slug}", "nowhere/none", "x"):
        answer = program.send(
            "POST", f"/products/{old.uuid}/retire", {"successor": name}, edition=old.edition
        )
        assert places(problem_of(answer, 422, "invalid")) == ["/successor"]


def test_an_entry_from_outside_is_adopted_as_a_draft():
    users = make_users(make_domain("sales"))
    entry = register_product(
        domain=users.domain,
        tree=product_tree("Open data", domain=users.domain.slug),
        actor=FACTORY,
        status="external",
    )
    program = Program(users.owner)

    answer = program.send("POST", f"/products/{entry.uuid}/adopt", edition=1)

    assert answer.json()["status"] == "draft"
    assert program.get(f"/products/{entry.uuid}").json() == answer.json()


def test_findings_are_for_those_who_work_in_the_domain():
    product = make_published_product()
    users = make_users(product.domain)
    path = f"/products/{product.uuid}/findings"

    problem_of(Program().get(path), 401, "not-authenticated")
    problem_of(Program(users.outsider).get(path), 403, "permission-denied")
    assert Program(users.steward).get(path).json()["is_publishable"]


def test_who_published_a_version_is_said_to_people_signed_in():
    product = make_published_product()
    path = f"/products/{product.uuid}/versions"

    assert Program().get(path).json()["results"][0]["published_by"] is None
    member = Program(make_users(make_domain("sales")).outsider)
    assert member.get(path).json()["results"][0]["published_by"] == "factory"
    problem_of(member.get(f"{path}/9.9.9"), 404, "not-found")
