"""Products: their tree, their addresses and the writers who meet at one edition."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.exceptions import (
    EditConflict,
    InvalidTransition,
    NameConflict,
    PermissionDenied,
    ValidationFailed,
)
from catalog.manifests.serializers import yaml_of
from catalog.products.models import DataProduct, FormerAddress
from catalog.products.projection import custom, with_custom
from catalog.products.services import (
    delete_product,
    move_product,
    patch_document,
    register_product,
    replace_document,
    set_alias,
    set_trust,
    share_product,
)
from catalog.revisions.models import Tombstone
from tests.catalog.api_client import Program
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_team,
    make_users,
    product_tree,
)

pytestmark = pytest.mark.django_db


def _patch(product, *steps, edition=None, actor=FACTORY):
    return patch_document(
        product=product,
        patch=list(steps),
        edition=edition if edition is not None else product.edition,
        actor=actor,
    )


def test_registering_writes_the_columns_the_tree_and_one_event():
    users = make_users()
    tree = product_tree("Orders of the day", assaySensitivity="confidential", assaySlug="orders")

    product = register_product(domain=users.domain, tree=tree, actor=users.owner)

    assert (product.slug, product.sensitivity, product.status) == ("orders", 3, "draft")
    assert (product.edition, product.revision) == (1, 1)
    event = AuditEvent.objects.about("product", str(product.uuid)).get()
    assert (event.verb, event.actor_id) == ("registered", str(users.owner.uuid))
    assert event.domain_id == users.domain.pk


@pytest.mark.parametrize("who", ["consumer", "outsider"])
def test_who_has_no_say_in_a_domain_registers_nothing_there(who):
    users = make_users()

    with pytest.raises(PermissionDenied):
        register_product(domain=users.domain, tree=product_tree(), actor=getattr(users, who))

    assert not DataProduct.objects.exists()


def test_a_patch_changes_one_pointer_and_nothing_else():
    tree = product_tree("Orders") | {"x-ours": {"kept": None}, "tenant": "${TENANT:-acme}"}
    product = make_product(tree=tree)

    product = _patch(product, {"op": "replace", "path": "/description/purpose", "value": "Why."})

    assert product.tree == tree | {"description": {"purpose": "Why."}}
    assert (product.purpose, product.edition, product.revision) == ("Why.", 2, 2)


def test_an_equal_tree_is_no_edit():
    product = make_product()

    again = replace_document(product=product, tree=product.tree, edition=1, actor=FACTORY)

    assert (again.edition, again.revision) == (1, 1)


def test_the_second_writer_of_an_edition_is_told_both_states():
    product = make_product()
    _patch(product, {"op": "add", "path": "/tags", "value": ["one"]}, edition=1)

    with pytest.raises(EditConflict) as refused:
        _patch(product, {"op": "add", "path": "/tags", "value": ["two"]}, edition=1)

    assert (refused.value.sent, refused.value.current) == (1, 2)
    assert DataProduct.objects.get().tags == ["one"]


BAD_PATCHES = [
    [{"op": "replace", "path": "/nowhere", "value": 1}],
    [{"op": "dance", "path": "/name"}],
    [{"op": "replace", "path": "/name", "value": 3}],
    [{"op": "replace", "path": "/name", "value": "nul \x00"}],
    [{"op": "replace", "path": "/name", "value": "half \ud800"}],
    [{"op": "replace", "path": "/id", "value": "other"}],
    [{"op": "add", "path": "/tags", "value": {"a": 1}}],
    [{"op": "add", "path": "/outputPorts", "value": [{"version": "1.0.0"}]}],
    [{"op": "add", "path": "/outputPorts", "value": [{"name": "a"}, {"name": "a"}]}],
    [{"path": "/name"}],
    [{"op": "remove"}],
    ["word"],
    [{"op": "replace", "path": "", "value": []}],
]


@pytest.mark.parametrize("patch", BAD_PATCHES)
def test_a_patch_that_makes_no_sense_changes_nothing(patch):
    product = make_product("Orders")

    with pytest.raises(ValidationFailed) as refused:
        _patch(product, *patch)

    assert all(issue.location and issue.message for issue in refused.value.issues)
    current = DataProduct.objects.get()
    assert (current.tree, current.edition) == (product.tree, 1)
    assert not current.output_ports.exists()


def test_a_renamed_product_leads_there_from_its_old_address_and_may_go_back():
    product = make_product("Orders")
    renamed = _patch(product, {"op": "replace", "path": "/name", "value": "Sales orders"})

    back = _patch(renamed, {"op": "replace", "path": "/name", "value": "Orders"})

    assert renamed.slug == "sales-orders"
    assert back.slug == "orders"
    assert FormerAddress.objects.get().slug == "sales-orders"


def test_an_address_is_never_given_twice():
    domain = make_domain()
    product = make_product("Orders", domain=domain)
    with pytest.raises(NameConflict):
        make_product("Orders", domain=domain)
    _patch(product, {"op": "replace", "path": "/name", "value": "Sales"})

    with pytest.raises(NameConflict):
        make_product("Orders", domain=domain)


def test_a_moved_product_keeps_its_id_and_its_old_address():
    users, elsewhere = make_users(), make_domain("elsewhere")
    product = make_product("Orders", domain=users.domain)

    with pytest.raises(PermissionDenied):
        move_product(product=product, domain=elsewhere, edition=1, actor=users.owner)
    moved = move_product(product=product, domain=elsewhere, edition=1, actor=FACTORY)

    assert (moved.uuid, moved.path) == (product.uuid, "/p/elsewhere/orders")
    assert FormerAddress.objects.get().domain == users.domain
    assert moved.tree["domain"] == "elsewhere"


def test_a_deleted_draft_leaves_a_tombstone_above_its_last_revision():
    product = make_product()

    delete_product(product=product, edition=1, actor=FACTORY)

    tombstone = Tombstone.objects.get()
    assert (tombstone.object_id, tombstone.revision) == (product.uuid, 2)
    assert not DataProduct.objects.exists()


def test_a_published_product_is_retired_and_not_deleted():
    product = make_published_product()

    with pytest.raises(InvalidTransition) as refused:
        delete_product(product=product, edition=product.edition, actor=FACTORY)

    assert "Retire" in refused.value.hint


def test_named_readers_join_the_tokens_of_a_restricted_product():
    product = make_published_product(assayVisibility="restricted")
    team, domain = make_team(), make_domain()

    product = share_product(
        product=product, domains=[domain], teams=[team], edition=product.edition, actor=FACTORY
    )

    assert {f"team:{team.pk}", f"domain:{domain.pk}"} <= set(product.reader_tokens)


def test_a_turned_verdict_raises_the_revision_and_new_figures_do_not():
    product = make_published_product()
    before = (product.edition, product.revision)

    change = set_trust(product_id=product.pk, verdict="met", figures={"a": 1}, actor=FACTORY)
    same = set_trust(product_id=product.pk, verdict="met", figures={"a": 2}, actor=FACTORY)

    product.refresh_from_db()
    assert (change, same) == (True, False)
    assert (product.edition, product.revision) == (before[0], before[1] + 1)
    assert product.slo_figures == {"a": 2}


def test_new_figures_reach_followers_where_they_have_seen_nothing_for_an_hour():
    product = make_published_product()
    set_trust(product_id=product.pk, verdict="met", figures={"a": 1}, actor=FACTORY)
    DataProduct.objects.update(revised_at=timezone.now() - timedelta(minutes=61))
    product.refresh_from_db()

    for value in (2, 3):
        set_trust(product_id=product.pk, verdict="met", figures={"a": value}, actor=FACTORY)

    after = DataProduct.objects.get(pk=product.pk)
    assert (after.revision, after.edition) == (product.revision + 1, product.edition)
    assert after.slo_figures == {"a": 3}


def test_an_alias_remembers_the_edition_of_its_import():
    product = make_product()

    set_alias(product=product, system="bitol-odps", identifier="x", digest="d" * 64)

    alias = product.aliases.get()
    assert (alias.imported_edition, alias.imported_digest) == (1, "d" * 64)


def test_a_custom_property_is_set_replaced_and_taken_out():
    tree = with_custom(with_custom({"id": "x"}, "assaySlug", "a"), "assaySlug", "b")

    assert custom(tree, "assaySlug") == "b"
    assert with_custom(tree, "assaySlug", None) == {"id": "x"}


def test_the_narrower_visibility_is_the_default_of_page_api_and_manifest():
    users = make_users(make_domain("sales"))
    program, client = Program(users.owner), Client()
    client.force_login(users.owner)
    minimal = {"apiVersion": "v1.0.0", "kind": "DataProduct", "domain": "sales"}
    form = client.get("/publish/new").context_data["page"].form
    fields = {"name": "By page", "domain": users.domain.pk, "sensitivity": "internal"}

    client.post("/publish/new", fields | {"visibility": form["visibility"].value()})
    program.send("POST", "/products", {"domain": "sales", "name": "By fields"})
    program.send("POST", "/products", {"domain": "sales", "tree": minimal | {"name": "By tree"}})
    program.send(
        "POST",
        "/manifests",
        yaml_of(minimal | {"name": "By manifest", "id": "bare"}).encode(),
        content_type="application/yaml",
    )

    products = dict(DataProduct.objects.values_list("name", "visibility"))
    assert products == dict.fromkeys(("By page", "By fields", "By tree", "By manifest"), "members")
    described = client.get("/p/sales/by-fields/edit/describe").context_data["page"].frame.form
    assert described["visibility"].value() == "members"
