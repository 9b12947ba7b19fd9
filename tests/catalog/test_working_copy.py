"""What people edit of a published product: hidden from readers until it is published."""

from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.contracts.models import contracts_of
from catalog.contracts.services import add_output_port, change_output_port, save_contract
from catalog.exceptions import EditConflict, ImmutableVersion, InvalidTransition, NameConflict
from catalog.manifests.serializers import yaml_of
from catalog.manifests.services import import_manifests
from catalog.ports.services import ProbeSummary, update_probe_times
from catalog.products.models import WORKING_COPY, DataProduct, FormerAddress
from catalog.products.projection import with_columns, with_custom
from catalog.products.services import (
    discard_changes,
    edited_version,
    move_product,
    patch_document,
    replace_document,
    share_product,
)
from catalog.provenance.services import declare_provenance
from catalog.publication.services import (
    deprecate_product,
    publication_findings,
    publish_product,
    retire_product,
)
from governance.inspection.services import inspect_port
from governance.slo.models import ProbeSchedule
from tests.catalog.api_client import Program, problem_of
from tests.catalog.test_manifests import texts
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    publish_changes,
    with_good_checks,
    write_file,
)

pytestmark = pytest.mark.django_db
OTHER_FILE = {"server": "new", "type": "local", "path": "sales/new.csv", "format": "csv"}


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


@pytest.fixture
def product(users):
    return make_published_product("Orders", domain=users.domain)


def edit(product, actor=FACTORY, **columns):
    edited = edited_version(product)
    tree = with_columns(edited.tree, columns)
    return replace_document(product=edited, tree=tree, edition=edited.edition, actor=actor)


def published(product):
    return DataProduct.objects.get(uuid=product.uuid)


def state_of(product):
    """Return all that readers see of a product, except what is measured."""
    row = published(product)
    ports = list(row.output_ports.values("name", "version", "description", "contract_identifier"))
    contracts = list(row.contracts.values_list("identifier", "version", "digest"))
    answers = list(row.provenance.answers.order_by("question").values_list("question", "text"))
    return row.tree, row.edition, row.revision, row.updated_at, ports, contracts, answers


# --- edits ----------------------------------------------------------------------------------------


def test_every_edit_of_a_published_product_leaves_what_readers_see(product):
    before = state_of(product)
    port = product.output_ports.get()

    edited = edit(product, purpose="New words.", tags=["new"], version="0.2.0")
    contract = product.contracts.get().tree | {"version": "0.2.0", "name": "New name"}
    _, edited = save_contract(product=edited, tree=contract, edition=edited.edition, actor=FACTORY)
    _, edited = add_output_port(
        product=edited, name="new", server=OTHER_FILE, edition=edited.edition, actor=FACTORY
    )
    fields = {"name": port.name, "version": port.version, "description": "New words."}
    edited = change_output_port(
        port=port, fields=fields, server=None, edition=edited.edition, actor=FACTORY
    )
    answers = {"source": {"state": "answered", "text": "New words."}}
    edited = declare_provenance(
        product=edited, provenance={"answers": answers}, edition=edited.edition, actor=FACTORY
    )

    assert state_of(product) == before
    assert edited.is_working_copy
    assert edited.edition == product.edition + 6
    assert [row.name for row in edited.output_ports.all()] == ["table", "new"]


def test_an_edit_that_changes_nothing_opens_no_working_copy(product):
    contract = product.contracts.get().tree

    edited = edit(product, purpose=product.purpose)
    _, edited = save_contract(product=edited, tree=contract, edition=edited.edition, actor=FACTORY)

    assert edited == product
    assert edited_version(product).edition == product.edition


def test_an_edit_of_what_is_published_is_refused_while_there_are_unpublished_changes(
    users, product
):
    editor, path = Program(users.steward), f"/products/{product.uuid}"
    edited = editor.send("PATCH", path, {"usage": "So."}, edition=product.edition).json()

    current = editor.get(path)
    refused = editor.send("PATCH", path, {"usage": "No."}, If_Match=current["ETag"])

    problem = problem_of(refused, 412, "edit-conflict")
    assert problem["current"]["usage"] == "So."
    assert problem["current"]["edition"] == edited["edition"] > current.json()["edition"]


def test_the_working_copy_shows_its_changes_to_editors_alone(users, product):
    path = f"/products/{product.uuid}/working-copy"
    edit(product, purpose="New words.", tags=["new"])

    copy = Program(users.steward).get(path)

    assert copy.json()["id"] == str(product.uuid)
    assert copy.json()["status"] == "published"
    assert [change["location"] for change in copy.json()["changes"]] != []
    assert Program(users.consumer).get(path).status_code == 403
    assert Client().get(f"/api/v1{path}").status_code == 401


def test_owners_see_unpublished_changes_on_every_tab_and_readers_do_not(client, users, product):
    edit(product, purpose="New words.", tags=["new"])

    for tab in ("", "/schema", "/provenance", "/history"):
        client.force_login(users.steward)
        assert b"2 unpublished changes" in client.get(f"{product.path}{tab}").content
        client.force_login(users.consumer)
        assert b"unpublished" not in client.get(f"{product.path}{tab}").content


def test_events_of_unpublished_edits_are_for_those_who_see_drafts(users, product):
    edit(product, purpose="New words.")
    path = f"/products/{product.uuid}/history"

    verbs = {
        name: [event["verb"] for event in Program(person).get(path).json()["results"]]
        for name, person in (("steward", users.steward), ("reader", users.consumer))
    }

    assert verbs["steward"][:2] == ["edited", "published"]
    assert verbs["reader"] == ["published"]


def test_a_published_contract_version_does_not_change_in_the_working_copy(product):
    contract = product.contracts.get()

    with pytest.raises(ImmutableVersion):
        save_contract(
            product=edit(product, tags=["x"]),
            tree=contract.tree | {"name": "Other"},
            edition=edited_version(product).edition,
            actor=FACTORY,
        )


# --- publication ----------------------------------------------------------------------------------


def test_publishing_shows_every_change_at_once_and_keeps_ports_and_contracts(product):
    contract, edited = save_contract(
        product=product,
        tree=product.contracts.get().tree | {"version": "0.2.0"},
        edition=product.edition,
        actor=FACTORY,
    )
    port, edited = add_output_port(
        product=edited, name="new", server=OTHER_FILE, edition=edited.edition, actor=FACTORY
    )
    edit(product, purpose="New words.")
    (table,) = product.output_ports.all()

    after = publish_changes(product)

    assert after.pk == product.pk
    assert (after.purpose, after.version) == ("New words.", "0.2.0")
    assert list(after.output_ports.order_by("pk")) == [table, port]
    assert after.output_ports.get(pk=table.pk).port_contract.contract == contract
    assert after.contracts.count() == 3
    assert after.edition > edited.edition
    assert not DataProduct.including_working_copies.filter(working_copy_of=after).exists()
    assert after.versions.first().tree == after.tree


def test_publishing_again_without_changes_drops_an_empty_working_copy(product):
    edit(product, purpose="New words.")
    edited = edit(product, purpose=product.purpose)

    again = publish_product(product=edited, edition=edited.edition, actor=FACTORY)

    assert again.edition == edited.edition + 1
    assert again.versions.count() == 1
    assert edited_version(again) == again


def test_publishing_needs_the_edition_of_the_working_copy(product):
    edit(product, purpose="New words.", version="0.2.0")

    with pytest.raises(EditConflict):
        publish_product(product=product, edition=product.edition, actor=FACTORY)


def test_publishing_changes_of_a_deprecated_product_keeps_it_deprecated(product):
    product = deprecate_product(
        product=product, edition=product.edition, actor=FACTORY, reason="Old."
    )
    edit(product, limitations="Until May.")

    after = publish_changes(product)

    assert (after.status, after.end_reason, after.limitations) == (
        "deprecated",
        "Old.",
        "Until May.",
    )


def test_a_new_name_becomes_the_address_with_the_publication(users, product):
    make_product("Taken", domain=users.domain)
    with pytest.raises(NameConflict):
        edit(product, name="Taken")

    edited = edit(product, name="Sales orders")
    addresses = (edited.path, published(product).path)
    after = publish_changes(product)

    assert addresses == ("/p/sales/orders", "/p/sales/orders")
    assert after.path == "/p/sales/sales-orders"
    assert FormerAddress.objects.get(product=after).slug == "orders"


def test_a_new_server_is_checked_before_it_is_published_and_a_known_one_is_not(users, product):
    write_file(users.domain, "id\n1\n", "new.csv")
    with_good_checks(product)
    port, edited = add_output_port(
        product=product, name="new", server=OTHER_FILE, edition=product.edition, actor=FACTORY
    )
    probed = set(ProbeSchedule.objects.probed().values_list("port__product", "port__name"))

    assert probed == {(product.pk, "table"), (edited.pk, "new")}
    inspection = inspect_port(port=port, actor=users.steward)
    assert (inspection.failure, inspection.tables[0]["columns"][0]["name"]) == ("", "id")


def test_a_server_that_is_checked_for_readers_counts_in_the_working_copy(product):
    edited = edit(product, purpose="New words.")
    edited.output_ports.update(last_good_at=None, last_probed_at=None)
    port, now = product.output_ports.get(), timezone.now()
    server = "local sales/orders.csv csv"
    check = ProbeSummary(at=now, outcome="good", is_good=True, server=server)
    update_probe_times(probes={port.pk: check})

    assert publication_findings(edited_version(product)) == []


# --- discarding and the end of a product ----------------------------------------------------------


def test_discarding_restores_what_is_published_and_no_edition_returns(users, product):
    before = state_of(product)[0]
    edited = edit(product, users.steward, purpose="New words.")

    after = discard_changes(product=edited, edition=edited.edition, actor=users.steward)

    assert (after.tree, after.edition) == (before, edited.edition + 1)
    assert edited_version(after) == after
    event = AuditEvent.objects.about(WORKING_COPY, str(product.uuid)).first()
    assert event.verb == "discarded changes"
    assert event.before["patch"][0]["value"] == "New words."
    with pytest.raises(InvalidTransition):
        discard_changes(product=after, edition=after.edition, actor=users.steward)


def test_the_page_shows_what_is_discarded_and_then_discards_it(client, users, product):
    edited = edit(product, purpose="New words.")
    client.force_login(users.steward)

    page = client.get(f"{product.path}/edit/discard")
    client.post(f"{product.path}/edit/discard", {"edition": edited.edition})

    assert b"urpose" in page.content
    assert edited_version(product).purpose == product.purpose


def test_a_deprecation_keeps_the_working_copy_and_a_retirement_discards_it(product):
    edited = edit(product, purpose="New words.")

    deprecated = deprecate_product(product=product, edition=product.edition, actor=FACTORY)
    current = edited_version(deprecated)
    retired = retire_product(product=current, edition=current.edition, actor=FACTORY)

    assert (current.purpose, current.status) == ("New words.", "deprecated")
    assert product.edition < edited.edition < deprecated.edition < current.edition < retired.edition
    assert not DataProduct.including_working_copies.filter(working_copy_of=retired).exists()


def test_a_move_takes_the_working_copy_along(users, product):
    target = make_users(make_domain("stock"))
    edit(product, purpose="New words.")
    path = {"path": "stock/orders.csv"}
    contract = product.contracts.get()
    contract.servers.update(location=path["path"])

    moved = move_product(
        product=product, domain=target.domain, edition=product.edition, actor=FACTORY
    )

    assert (moved.path, edited_version(moved).path) == ("/p/stock/orders", "/p/stock/orders")
    assert edited_version(moved).purpose == "New words."


# --- settings -------------------------------------------------------------------------------------


def test_fewer_readers_at_once_without_a_working_copy(users, product):
    answer = Program(users.steward).send(
        "PATCH", f"/products/{product.uuid}", {"visibility": "members"}, edition=product.edition
    )

    assert published(product).visibility == answer.json()["visibility"] == "members"
    assert edited_version(published(product)) == published(product)
    assert AuditEvent.objects.filter(verb="changed settings", object_kind="product").exists()


def test_a_document_applies_its_setting_at_once_and_keeps_the_rest_for_the_publication(product):
    edited = edit(product, visibility="restricted", purpose="New words.")

    row = published(product)
    assert (row.visibility, edited.visibility) == ("restricted", "restricted")
    assert (row.purpose, edited.purpose) == (product.purpose, "New words.")
    assert Client().get(product.path).status_code == 404
    assert row.edition < edited.edition


def test_a_setting_does_not_ask_for_another_version(product):
    edit(product, visibility="members")
    again = publish_product(
        product=published(product), edition=published(product).edition, actor=FACTORY
    )

    assert again.versions.count() == 1


def test_readers_are_shared_at_once_with_either_edition(users, product):
    other = make_domain("stock")
    restricted = edit(product, visibility="restricted")
    edited = edit(restricted, purpose="New words.")
    share = partial(share_product, domains=[other], teams=[], actor=users.owner)

    shared = share(product=edited, edition=edited.edition)
    again = share(product=edited_version(shared), edition=published(product).edition)

    assert again.readers.count() == 1
    assert edited_version(again).edition == again.edition + 1


# --- manifests ------------------------------------------------------------------------------------


def imported(tree, users, **options):
    options = {"overwrite": True} | options
    (result,) = import_manifests(sources=texts(yaml_of(tree)), actor=users.owner, **options)
    return result


def test_an_active_manifest_updates_and_publishes_and_a_draft_updates_the_working_copy(
    users, product
):
    tree = with_columns(product.tree, {"purpose": "New words.", "version": "0.2.0"})

    draft = imported(tree | {"status": "draft"}, users)
    unpublished = published(product).purpose
    active = imported(tree | {"status": "active"}, users)

    assert unpublished == product.purpose
    assert "working copy" in draft.notes[0]
    assert published(product).purpose == "New words."
    assert active.notes == ("it publishes version 0.2.0",)
    assert imported(tree | {"status": "active"}, users).action == "no change"


def test_a_dry_run_says_whether_a_manifest_publishes_and_changes_nothing(users, product):
    before = state_of(product)
    tree = with_columns(product.tree, {"purpose": "New words.", "version": "0.2.0"})

    draft = imported(tree | {"status": "draft"}, users, is_dry_run=True)
    active = imported(tree | {"status": "active"}, users, is_dry_run=True)

    assert "it changes the working copy" in draft.notes[0]
    assert active.notes == ("it publishes version 0.2.0",)
    assert state_of(product) == before
    assert edited_version(published(product)) == published(product)


def test_a_manifest_that_cannot_be_published_stays_in_the_working_copy(users, product):
    tree = with_columns(product.tree, {"purpose": "", "version": "0.2.0"}) | {"status": "active"}
    before = state_of(product)

    result = imported(tree, users)

    assert [finding.code for finding in result.findings] == ["purpose-is-said"]
    assert state_of(product) == before
    assert edited_version(product).purpose == ""


def test_a_manifest_does_not_replace_unpublished_edits_of_people(users, product):
    edit(product, users.steward, purpose="Words of a person.")
    tree = with_columns(product.tree, {"usage": "So.", "version": "0.2.0"}) | {"status": "active"}

    result = imported(tree, users, overwrite=False)

    assert result.action == "conflict"
    assert edited_version(product).purpose == "Words of a person."


def test_a_manifest_that_ends_a_product_needs_no_new_version(users, product):
    tree = with_custom(product.tree, "assayEndReason", "Replaced.")

    deprecated = imported(tree | {"status": "deprecated"}, users)
    again = imported(tree | {"status": "deprecated"}, users)
    retired = imported(tree | {"status": "retired"}, users)

    assert [one.findings for one in (deprecated, again, retired)] == [(), (), ()]
    assert (again.action, published(product).status) == ("no change", "retired")
    assert published(product).end_reason == "Replaced."
    assert contracts_of(published(product)).count() == 1
    assert imported(tree | {"status": "retired"}, users).action == "no change"


def test_an_editor_cannot_say_how_a_published_product_ends(users, product):
    step = {"property": "assayEndReason", "value": "Gone."}
    patch = [{"op": "add", "path": "/customProperties/-", "value": step}]

    with pytest.raises(Exception, match="Only an owner"):
        patch_document(product=product, patch=patch, edition=product.edition, actor=users.steward)
