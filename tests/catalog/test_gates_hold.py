"""What a gate would refuse is refused by every door, also after the publication."""

from dataclasses import replace
from functools import partial

import pytest
from django.test import Client

from catalog.contracts.services import add_output_port, drop_output_port, save_contract
from catalog.domains.services import grant_role
from catalog.exceptions import InvalidTransition, PermissionDenied
from catalog.issues import Issue, Severity
from catalog.manifests.serializers import yaml_of
from catalog.manifests.services import import_manifests
from catalog.permissions import Role
from catalog.products.models import DataProduct
from catalog.products.services import edited_version, move_product, replace_document
from catalog.publication.gates import PublicationRefused, SettingRefused, regressions
from catalog.publication.services import (
    deprecate_product,
    publication_findings,
    publish_product,
    retire_product,
)
from tests.catalog.api_client import PATCH, Program, problem_of
from tests.catalog.test_manifests import texts
from tests.factories import (
    FACTORY,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
)

OPEN = Issue(code="port-is-live", location="outputPorts.table", message="No check.")


# --- the decision, without a database -------------------------------------------------------------


def test_only_what_a_change_adds_is_a_regression():
    purpose = Issue(code="purpose-is-said", location="description.purpose", message="Missing.")

    assert regressions([], [OPEN, purpose]) == [OPEN, purpose]
    assert regressions([OPEN], [OPEN, purpose]) == [purpose]
    assert regressions([OPEN, purpose], [purpose]) == []
    assert regressions([], [replace(OPEN, severity=Severity.WARNING)]) == []


def test_a_product_without_a_live_port_may_change_its_ports_but_not_lose_them():
    other = replace(OPEN, location="outputPorts.other")
    none = replace(OPEN, location="outputPorts")

    assert regressions([OPEN], [OPEN, other]) == []
    assert regressions([OPEN], [other]) == []
    assert regressions([OPEN], [none]) == [none]


# --- emptying a published product -----------------------------------------------------------------

EMPTY = {"description": {}, "outputPorts": [], "customProperties": []}


@pytest.fixture
def site(db):
    users = make_users(make_domain("sales"))
    return users, make_published_product("Orders", domain=users.domain)


def unchanged(product):
    current = DataProduct.objects.get(pk=product.pk)
    return (current.edition, current.tree) == (product.edition, product.tree)


def refused_publication(users, product):
    """Return the locations of what keeps the working copy from being published, through the API."""
    owner, path = Program(users.owner), f"/products/{product.uuid}"
    edition = edited_version(product).edition
    problem = problem_of(
        owner.send("POST", f"{path}/publish", {}, edition=edition), 422, "publication-refused"
    )
    assert unchanged(product)
    return {finding["location"].partition(".")[0] for finding in problem["findings"]}


def test_a_put_cannot_empty_what_readers_see_of_a_published_product(site):
    users, product = site
    remaining = [item for item in product.tree["customProperties"] if "Visib" in item["property"]]
    tree = product.tree | EMPTY | {"customProperties": remaining}

    answer = Program(users.steward).send(
        "PUT", f"/products/{product.uuid}", tree, edition=product.edition
    )

    assert answer.status_code == 200
    assert unchanged(product)
    locations = refused_publication(users, product)
    assert locations == {"description", "outputPorts", "provenance"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ([{"op": "remove", "path": "/outputPorts"}], PATCH),
        ([{"op": "add", "path": "/outputPorts/0/deprecated", "value": True}], PATCH),
        ([{"op": "remove", "path": "/description/purpose"}], PATCH),
        ({"purpose": ""}, "application/json"),
    ],
)
def test_a_patch_cannot_either(site, body, content_type):
    users, product = site

    answer = Program(users.steward).send(
        "PATCH",
        f"/products/{product.uuid}",
        body,
        edition=product.edition,
        content_type=content_type,
    )

    assert answer.status_code == 200
    assert refused_publication(users, product)


def test_a_manifest_cannot_either_and_says_what_would_be_missing(site):
    users, product = site
    tree = product.tree | {"outputPorts": [], "status": "active", "version": "0.2.0"}

    (result,) = import_manifests(sources=texts(yaml_of(tree)), actor=users.owner, overwrite=True)

    assert result.action == "change"
    assert [finding.location for finding in result.findings] == ["outputPorts", "outputPorts.table"]
    assert unchanged(product)
    assert edited_version(product).tree["outputPorts"] == []


def test_forms_cannot_either_and_the_publish_page_says_why(site):
    users, product = site
    client = Client()
    client.force_login(users.owner)
    fields = {"name": "Orders", "version": "0.2.0", "sensitivity": "internal"}
    fields |= {"visibility": "public", "usage": "Join on id.", "edition": product.edition}
    port = product.output_ports.get()

    described = client.post(f"{product.path}/edit/describe", fields)
    edition = edited_version(product).edition
    dropped = client.post(f"{product.path}/edit/ports/{port.pk}/drop", {"edition": edition})
    edition = edited_version(product).edition
    published = client.post(f"{product.path}/edit/publish", {"edition": edition})

    assert (described.status_code, dropped.status_code, published.status_code) == (302, 302, 422)
    assert b"The purpose is missing." in published.content
    assert b"There is no active output port." in published.content
    assert unchanged(product)


def test_the_only_live_port_cannot_get_a_server_that_has_passed_no_check(site):
    users, product = site
    contract = product.contracts.get()
    server = contract.tree["servers"][0] | {"path": "sales/nowhere.csv"}
    tree = contract.tree | {"version": "0.2.0", "servers": [server]}
    check = {"last_good_server": "local sales/orders.csv csv"}
    product.output_ports.update(**check)

    answer = Program(users.steward).send(
        "POST", f"/products/{product.uuid}/contracts", tree, edition=product.edition
    )

    assert answer.status_code == 201
    assert refused_publication(users, product) == {"outputPorts"}


def test_a_port_is_replaced_by_adding_one_and_waiting_for_its_check(site):
    users, product = site
    old = product.output_ports.select_related("product").get()
    server = {"server": "new", "type": "local", "path": "sales/new.csv", "format": "csv"}
    port, edited = add_output_port(
        product=product, name="new", server=server, edition=product.edition, actor=users.owner
    )
    edited = drop_output_port(port=old, edition=edited.edition, actor=users.owner)
    publish = partial(publish_product, actor=users.owner, break_reason="The old one is gone.")
    edited = replace_document(
        product=edited,
        tree=edited.tree | {"version": "0.2.0"},
        edition=edited.edition,
        actor=users.owner,
    )
    with pytest.raises(PublicationRefused):
        publish(product=edited, edition=edited.edition)

    with_good_checks(edited)
    product = publish(product=edited, edition=edited.edition)

    assert list(product.output_ports.all()) == [port]


def test_a_product_whose_port_is_down_is_still_edited_and_repaired(site):
    users, product = site
    product.output_ports.update(last_good_at=None)
    tree = product.tree | {"tags": ["shop"]}

    product = replace_document(
        product=product, tree=tree, edition=product.edition, actor=users.steward
    )
    product = with_port(product, "second")

    assert [finding.location for finding in publication_findings(product)] == [
        "outputPorts.table",
        "outputPorts.second",
    ]


def test_a_contract_in_several_steps_is_checked_when_all_are_done(site):
    """The document names a contract that the same manifest brings."""
    users, product = site
    contract = product.contracts.get().tree | {"id": "renamed", "version": "1.0.0"}
    port = product.tree["outputPorts"][0] | {"contractId": "renamed"}
    tree = product.tree | {"outputPorts": [port], "version": "0.2.0", "status": "active"}

    (result,) = import_manifests(
        sources=texts(yaml_of(tree), yaml_of(contract)), actor=users.owner, overwrite=True
    )

    assert (result.action, result.status, result.findings) == ("change", "published", ())


def test_a_draft_may_be_emptied(db):
    users = make_users()
    product = with_port(make_product(domain=users.domain))

    product = replace_document(
        product=product,
        tree=product.tree | EMPTY,
        edition=product.edition,
        actor=users.steward,
    )

    assert not product.output_ports.exists()


def test_a_retired_product_does_not_change_any_more(site):
    users, product = site
    product = retire_product(product=product, edition=product.edition, actor=users.owner)

    with pytest.raises(InvalidTransition):
        replace_document(
            product=product,
            tree=product.tree | {"tags": ["x"]},
            edition=product.edition,
            actor=users.owner,
        )
    contract = product.contracts.get().tree | {"version": "9.0.0"}
    with pytest.raises(InvalidTransition):
        save_contract(product=product, tree=contract, edition=product.edition, actor=users.owner)


# --- moving ---------------------------------------------------------------------------------------


@pytest.fixture
def movable(db):
    """The people of a domain, and its published product, which has no files."""
    users = make_users(make_domain("sales"))
    tree = with_answers(product_tree("Orders"))
    place = {"type": "api", "location": "https://example.org/orders", "path": "", "format": ""}
    product = with_good_checks(with_port(make_product(domain=users.domain, tree=tree), **place))
    return users, publish_product(product=product, edition=product.edition, actor=FACTORY)


def doors_of_a_move(person, product, domain):
    """Yield an answer of each door by which a product is moved."""
    tree = product.tree | {"domain": domain.slug}
    program, client = Program(person), Client()
    client.force_login(person)
    path, edition = f"/products/{product.uuid}/move", product.edition
    yield program.send("POST", path, {"domain": domain.slug}, edition=edition).status_code
    fields = {"domain": domain.pk, "reason": "Ours.", "edition": edition}
    yield client.post(f"{product.path}/edit/move", fields).status_code
    yield program.send(
        "POST", "/manifests?overwrite=1", yaml_of(tree).encode(), content_type="application/yaml"
    ).status_code


def test_a_published_product_is_moved_only_where_the_mover_may_publish(movable):
    users, product = movable
    target = make_users(make_domain("stock"))
    grant_role(person=users.owner, role=Role.CONTRIBUTOR, domain=target.domain, actor=FACTORY)

    assert list(doors_of_a_move(users.owner, product, target.domain)) == [403, 422, 422]
    assert unchanged(product)
    grant_role(person=users.owner, role=Role.OWNER, domain=target.domain, actor=FACTORY)
    moved = move_product(
        product=product, domain=target.domain, edition=product.edition, actor=users.owner
    )

    assert moved.domain == target.domain


def test_a_published_product_is_not_moved_to_where_nobody_answers_for_it(movable):
    users, product = movable
    empty = make_domain("empty")
    grant_role(person=users.owner, role=Role.OWNER, domain=empty, actor=FACTORY)

    with pytest.raises(SettingRefused) as refused:
        move_product(product=product, domain=empty, edition=product.edition, actor=users.owner)

    assert [finding.code for finding in refused.value.findings] == ["steward-is-not-owner"]
    assert unchanged(product)


def test_a_contributor_of_the_other_side_moves_nothing(site):
    users, product = site
    person, target = make_person(), make_domain("stock")
    grant_role(person=person, role=Role.OWNER, domain=target, actor=FACTORY)
    grant_role(person=person, role=Role.CONTRIBUTOR, domain=users.domain, actor=FACTORY)

    with pytest.raises(PermissionDenied):
        move_product(product=product, domain=target, edition=product.edition, actor=person)


# --- who can see it -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [("restricted", "public"), ("restricted", "members"), ("members", "public")],
)
@pytest.mark.parametrize("status", ["published", "deprecated"])
def test_only_an_owner_lets_more_people_see_a_published_product(db, status, before, after):
    users = make_users()
    product = make_published_product(domain=users.domain, assayVisibility=before)
    if status == "deprecated":
        product = deprecate_product(product=product, edition=product.edition, actor=FACTORY)
    path, edition = f"/products/{product.uuid}", product.edition
    steward, client = Program(users.steward), Client()
    client.force_login(users.steward)
    tree = product.tree | {
        "customProperties": [
            item | {"value": after} if item["property"] == "assayVisibility" else item
            for item in product.tree["customProperties"]
        ]
    }
    fields = {"name": product.name, "version": "0.1.0", "sensitivity": "internal"}
    fields |= {"purpose": "Why.", "visibility": after, "edition": edition}
    manifest = yaml_of(tree | {"status": "active"}).encode()

    put = steward.send("PUT", path, tree, edition=edition)
    patched = steward.send("PATCH", path, {"visibility": after}, edition=edition)
    page = client.post(f"{product.path}/edit/describe", fields)
    imported = steward.send(
        "PUT", "/manifests?overwrite=1", manifest, content_type="application/yaml"
    )

    problem_of(put, 403, "permission-denied")
    problem_of(patched, 403, "permission-denied")
    assert (page.status_code, imported.status_code) == (403, 422)
    assert b"Only an owner of" in page.content
    assert b"Why." in page.content
    assert unchanged(product)
    owner = Program(users.owner).send("PATCH", path, {"visibility": after}, edition=edition)
    assert owner.json()["visibility"] == after


def test_leaving_the_visibility_out_does_not_widen_it(db):
    users = make_users()
    product = make_published_product(domain=users.domain, assayVisibility="restricted")
    others = [p for p in product.tree["customProperties"] if p["property"] != "assayVisibility"]
    tree = product.tree | {"customProperties": others}

    answer = Program(users.steward).send(
        "PUT", f"/products/{product.uuid}", tree, edition=product.edition
    )

    problem_of(answer, 403, "permission-denied")


def test_anyone_who_edits_may_let_fewer_people_see_it(site):
    users, product = site

    answer = Program(users.steward).send(
        "PATCH",
        f"/products/{product.uuid}",
        {"visibility": "restricted"},
        edition=product.edition,
    )

    assert answer.json()["visibility"] == "restricted"
