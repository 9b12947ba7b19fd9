"""The pages on which a product is changed: who may, what is refused where, what is kept."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.contracts.models import contracts_of
from catalog.contracts.services import save_contract
from catalog.manifests.serializers import yaml_of
from catalog.products.models import DataProduct, Status
from catalog.products.projection import with_columns
from catalog.products.services import edited_version, patch_document, replace_document
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    with_port,
)

pytestmark = pytest.mark.django_db

STEPS = (
    "describe ports ports/add inputs schema schema/file provenance objectives readers publish"
).split()
DESCRIPTION = {"name": "Orders", "version": "0.1.0", "sensitivity": "internal"}
DESCRIPTION |= {"visibility": "public", "slug": "orders"}
PORT = {"name": "api", "version": "1.0.0", "kind": "api"}


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


@pytest.fixture
def product(users):
    return give_schema(with_port(make_product("Orders", domain=users.domain)), "id", "amount")


@pytest.fixture
def edit(product, users, client):
    client.force_login(users.owner)
    return f"{product.path}/edit"


def _paths(product):
    contract = product.contracts.get()
    port = product.output_ports.get()
    table = f"schema/{contract.uuid}/tables"
    more = [f"ports/{port.pk}", f"ports/{port.pk}/drop", f"schema/{contract.uuid}/file"]
    return ["", *(f"/{step}" for step in [*STEPS, *more, table, f"{table}/0", f"{table}/0/drop"])]


def test_every_step_is_shown_to_who_may_edit(client, product, edit):
    pages = {path: client.get(edit + path).status_code for path in _paths(product)}

    assert set(pages.values()) == {200}, pages


def test_steps_of_life_are_shown_where_they_start(client, users, edit):
    published = make_published_product("Returns", domain=users.domain)

    for step in ("deprecate", "retire", "move"):
        assert client.get(f"{published.path}/edit/{step}").status_code == 200
    assert client.get(f"{published.path}/edit/delete").status_code == 302
    assert client.get(f"{edit}/delete").status_code == 200
    assert client.get(f"{edit}/retire").status_code == 302


def test_the_checklist_counts_what_blocks_and_the_start_page_lists_the_draft(client, product, edit):
    checklist = client.get(edit).context_data["page"]
    start = client.get("/publish").context_data["page"]

    assert checklist.frame.blocking > 0
    states = {step.definition.code: step.state for step in checklist.frame.steps}
    assert states["provenance"] == "todo"
    assert [(row.product, row.blocking) for row in start.drafts] == [
        (product, checklist.frame.blocking)
    ]


def test_an_outsider_finds_no_draft_and_may_not_edit_what_is_public(client, users, product):
    published = make_published_product("Returns", domain=users.domain)
    client.force_login(users.outsider)

    assert client.get(f"{product.path}/edit").status_code == 404
    refused = client.get(f"{published.path}/edit/describe")
    assert refused.status_code == 403
    assert "contributor or owner or steward of Sales" in refused.content.decode()


def test_signed_out_every_step_leads_to_sign_in_whether_or_not_it_exists(client, product):
    for path in (f"{product.path}/edit", "/p/sales/nothing/edit"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in?next=")


def test_a_slower_editor_sees_both_states_and_loses_nothing(client, product, edit):
    edition = product.edition
    patch = [{"op": "replace", "path": "/description/purpose", "value": "Theirs."}]
    product = patch_document(product=product, patch=patch, edition=edition, actor=FACTORY)

    answer = client.post(
        f"{edit}/describe", {**DESCRIPTION, "edition": edition, "purpose": "Mine.", "usage": "So."}
    )
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs." in text
    assert "Mine." in text
    assert f'name="edition" value="{product.edition}"' in text

    form = answer.context_data["page"].frame.form
    again = {**DESCRIPTION, "edition": form["edition"].value(), "purpose": form["purpose"].value()}
    client.post(f"{edit}/describe", again)
    product.refresh_from_db()
    assert product.purpose == "Mine."


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"slug": "no spaces"}, "slug"),
        ({"purpose": "x" * 20_001}, "purpose"),
        ({"tags": ",".join(f"t{n}" for n in range(201))}, "tags"),
        ({"sensitivity": "secret"}, "sensitivity"),
        ({"visibility": "nobody"}, "visibility"),
        ({"version": "v" * 61}, "version"),
    ],
)
def test_an_error_is_shown_at_its_field(client, product, edit, fields, field):
    sent = {**DESCRIPTION, "edition": product.edition, "usage": "kept as typed"} | fields

    answer = client.post(f"{edit}/describe", sent)

    assert answer.status_code == 422
    assert field in answer.context_data["page"].frame.form.errors
    assert "kept as typed" in answer.content.decode()
    assert DataProduct.objects.get().edition == product.edition


def test_an_address_in_use_is_refused_at_the_address(client, users, product, edit):
    make_product("Returns", domain=users.domain)

    answer = client.post(
        f"{edit}/describe", {**DESCRIPTION, "edition": product.edition, "slug": "returns"}
    )

    assert answer.status_code == 422
    assert list(answer.context_data["page"].frame.form.errors) == ["slug"]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://localhost/",
        "file:///etc/passwd",
        "http://",
        "not an address",
        "http://a b/",
    ],
)
def test_an_address_that_may_not_be_called_is_refused_at_its_field(client, product, edit, url):
    answer = client.post(
        f"{edit}/ports/add", {**PORT, "edition": product.edition, "url": url, "name": "more"}
    )

    assert answer.status_code == 422
    assert list(answer.context_data["page"].frame.form.errors) == ["url"]
    assert product.output_ports.count() == 1


def test_a_file_outside_the_files_root_is_refused_at_its_field(client, product, edit):
    fields = {"kind": "local", "path": "../secrets", "format": "csv", "name": "more"}

    answer = client.post(f"{edit}/ports/add", {**PORT, "edition": product.edition, **fields})

    assert answer.status_code == 422
    assert list(answer.context_data["page"].frame.form.errors) == ["path"]


def test_a_port_is_changed_and_taken_away(client, product, edit):
    port = product.output_ports.get()
    fields = {"name": "renamed", "kind": "local", "path": "sales/b.csv", "format": "csv"}

    client.post(
        f"{edit}/ports/{port.pk}",
        {**PORT, **fields, "edition": product.edition, "interval": "60"},
    )
    port = product.output_ports.get()
    assert (port.name, port.interval) == ("renamed", 60)
    assert port.port_contract.contract.servers.get().location == "sales/b.csv"

    product.refresh_from_db()
    client.post(f"{edit}/ports/{port.pk}/drop", {"edition": product.edition})
    assert not product.output_ports.exists()
    assert not product.contracts.exists()


def test_changing_a_published_ports_server_makes_the_contracts_next_version(client, users, edit):
    product = make_published_product("Returns", domain=users.domain)
    port = product.output_ports.get()
    fields = {"name": port.name, "kind": "local", "path": "sales/b.csv", "format": "csv"}

    client.post(
        f"{product.path}/edit/ports/{port.pk}", {**PORT, **fields, "edition": product.edition}
    )

    versions = contracts_of(edited_version(product)).order_by("id")
    assert list(versions.values_list("version", flat=True)) == ["0.1.0", "0.2.0"]
    assert product.contracts.get().version == "0.1.0"


def test_input_ports_are_named_by_address_and_ticked_away(client, users, product, edit):
    source = make_published_product("Returns", domain=users.domain)
    wrong = client.post(f"{edit}/inputs", {"edition": product.edition, "source": "a/b"})
    assert list(wrong.context_data["page"].frame.form.errors) == ["source"]

    client.post(f"{edit}/inputs", {"edition": product.edition, "source": "sales/returns"})
    assert product.input_ports.get().source == source

    product.refresh_from_db()
    pages = client.get(f"{edit}/inputs")
    client.post(f"{edit}/inputs", {"edition": product.edition, "removed": _ticks(pages)})
    assert not product.input_ports.exists()


def test_after_a_conflict_a_tick_still_means_the_input_port_that_it_was_set_at(
    client, users, product, edit
):
    for name in ("Returns", "Visits"):
        make_published_product(name, domain=users.domain)
        address = f"{users.domain.slug}/{name.lower()}"
        product.refresh_from_db()
        client.post(f"{edit}/inputs", {"edition": product.edition, "source": address})
    product.refresh_from_db()
    of_returns, of_visits = _ticks(client.get(f"{edit}/inputs"))
    edition = product.edition
    client.post(f"{edit}/inputs", {"edition": edition, "removed": [of_returns]})

    met = client.post(f"{edit}/inputs", {"edition": edition, "removed": [of_returns, of_visits]})

    assert met.status_code == 409
    assert _ticks(met) == [of_visits]
    assert re.search(rf'value="{of_visits}"\s+checked', met.content.decode())
    product.refresh_from_db()
    assert [port.name for port in product.input_ports.all()] == ["visits"]


def _ticks(pages):
    return re.findall(r'name="removed"\s+value="([^"]+)"', pages.content.decode())


def _rows(total, prefix="rows"):
    return {f"{prefix}-TOTAL_FORMS": str(total), f"{prefix}-INITIAL_FORMS": "0"}


def _table(product, **fields):
    contract = product.contracts.get()
    rows = {"name": "rows"} | _rows(3, "columns")
    for index, name in enumerate(("id", "amount")):
        rows[f"columns-{index}-address"] = f"/properties/{index}={name}"
        rows[f"columns-{index}-name"] = name
        rows[f"columns-{index}-type"] = "string"
    path = f"{product.path}/edit/schema/{contract.uuid}/tables/0"
    return path, {"edition": product.edition, **rows, **fields}


def test_columns_are_renamed_added_and_removed_in_one_go(client, product, edit):
    path, fields = _table(product)
    fields |= {"columns-0-name": "order_id", "columns-0-key": "on", "columns-1-DELETE": "on"}
    fields |= {"columns-2-name": "note", "columns-2-classification": "pii"}

    client.post(path, fields)

    columns = product.contracts.get().schema_objects.get().properties.all()
    assert [(c.name, c.is_primary_key, c.classification) for c in columns] == [
        ("order_id", True, ""),
        ("note", False, "pii"),
    ]


def test_two_columns_of_one_name_are_refused_at_the_second(client, product, edit):
    path, fields = _table(product, **{"columns-1-name": "id"})

    answer = client.post(path, fields)

    assert answer.status_code == 422
    assert list(answer.context_data["page"].frame.form.errors) == ["columns-1-name"]


def test_more_rows_are_shown_with_all_that_was_typed_and_nothing_is_written(client, product, edit):
    path, fields = _table(product, **{"columns-2-name": "typed", "more": "1"})

    answer = client.post(path, fields)

    assert answer.status_code == 200
    assert 'value="typed"' in answer.content.decode()
    assert answer.context_data["page"].frame.form.rows.total_form_count() == 8
    assert DataProduct.objects.get().edition == product.edition


def test_a_contract_comes_as_a_file_and_its_errors_name_the_line(client, product, edit):
    good = b"apiVersion: v3.1.0\nkind: DataContract\nid: c-2\nversion: 1.0.0\nstatus: draft\n"
    bad = good + b"schema:\n  - properties: []\n"
    path = f"{edit}/schema/file"

    refused = client.post(
        path, {"edition": product.edition, "file": SimpleUploadedFile("c.yaml", bad)}
    )
    assert refused.status_code == 422
    assert "Line 7" in refused.content.decode()

    client.post(path, {"edition": product.edition, "file": SimpleUploadedFile("c.yaml", good)})
    assert product.contracts.filter(identifier="c-2").exists()


def test_hostile_contract_files_are_refused_at_the_field(client, product, edit):
    deep = b"[" * 100_000
    bomb = b"a: &a [1,1]\nb: &b [*a,*a]\nc: &c [*b,*b]\n" + b"d: [*c,*c]\n"
    for content in (deep, bomb, b"id: a\nid: b\n", b"\x00", b"\xff\xfe", b"x" * (3 * 2**20)):
        answer = client.post(
            f"{edit}/schema/file",
            {"edition": product.edition, "file": SimpleUploadedFile("c.yaml", content)},
        )
        assert answer.status_code == 422
        assert "file" in answer.context_data["page"].frame.form.errors


def test_a_wrong_share_is_refused_in_its_row(client, product, edit):
    rows = {
        "rows-TOTAL_FORMS": "2",
        "rows-INITIAL_FORMS": "0",
        "rows-1-attribute": "sex",
        "rows-1-group": "f",
    }

    answer = client.post(
        f"{edit}/provenance", {"edition": product.edition, **rows, "rows-1-share": "131"}
    )

    assert answer.status_code == 422
    assert list(answer.context_data["page"].frame.form.errors) == ["rows-1-share"]
    assert answer.content.decode().count('href="#id_rows-1-share"') == 1


def test_an_attribute_that_the_service_refuses_is_shown_in_its_row(client, product, edit):
    rows = {
        "rows-TOTAL_FORMS": "3",
        "rows-INITIAL_FORMS": "0",
        "rows-2-attribute": "Sex!",
        "rows-2-group": "f",
    }

    answer = client.post(f"{edit}/provenance", {"edition": product.edition, **rows})

    assert answer.status_code == 422
    assert list(answer.context_data["page"].frame.form.errors) == ["rows-2-attribute"]


def test_an_answer_needs_its_text_and_not_applicable_its_reason(client, product, edit):
    sent = {
        "source-state": "answered",
        "period-state": "not_applicable",
        "rows-TOTAL_FORMS": "0",
        "rows-INITIAL_FORMS": "0",
    }

    answer = client.post(f"{edit}/provenance", {"edition": product.edition, **sent})

    assert set(answer.context_data["page"].frame.form.errors) == {"source-text", "period-reason"}


def test_objectives_are_promised_in_percent_and_checked(client, product, edit):
    row = {
        "rows-TOTAL_FORMS": "1",
        "rows-INITIAL_FORMS": "0",
        "rows-0-indicator": "latency",
        "rows-0-target": "99,5",
    }
    usual = {"rows-0-window": "30d", "rows-0-budgeting": "occurrences"}

    refused = client.post(f"{edit}/objectives", {"edition": product.edition, **row, **usual})
    assert list(refused.context_data["page"].frame.form.errors) == ["rows-0-threshold"]

    client.post(
        f"{edit}/objectives",
        {"edition": product.edition, **row, **usual, "rows-0-threshold": "0.5"},
    )
    objective = product.objectives.get()
    assert (objective.target, objective.threshold) == (0.995, 0.5)


def test_deprecating_names_a_successor_that_can_be_used(client, users, product, edit):
    old = make_published_product("Returns", domain=users.domain)
    path = f"{old.path}/edit/deprecate"
    refused = client.post(
        path, {"edition": old.edition, "successor": "sales/orders", "reason": "x"}
    )
    assert list(refused.context_data["page"].frame.form.errors) == ["successor"]

    new = make_published_product("Refunds", domain=users.domain)
    sent = {"edition": old.edition, "successor": "sales/refunds", "ends_on": "2030-01-31"}
    client.post(path, {**sent, "reason": "Better."})
    old.refresh_from_db()
    assert (old.status, old.successor) == (Status.DEPRECATED, new)

    form = {"edition": old.edition, "reason": "Over."}
    unconfirmed = client.post(f"{old.path}/edit/retire", form)
    mistyped = client.post(f"{old.path}/edit/retire", form | {"confirmed_name": "Refunds"})
    assert (unconfirmed.status_code, mistyped.status_code) == (422, 422)
    assert "announced to end on" in mistyped.content.decode()
    client.post(f"{old.path}/edit/retire", form | {"confirmed_name": " returns "})
    assert client.get(f"{old.path}/edit").status_code == 410


def test_only_an_owner_publishes_and_a_contributor_reads_who(client, users, product):
    client.force_login(users.steward)

    page = client.get(f"{product.path}/edit/publish")
    forged = client.post(f"{product.path}/edit/publish", {"edition": product.edition})

    assert page.status_code == 200
    assert forged.status_code == 403


def test_a_draft_is_moved_and_then_deleted(client, users, product, edit):
    other = make_users(make_domain("finance"))
    client.force_login(other.owner)
    assert client.get(f"{edit}/move").status_code == 404

    client.force_login(users.owner)
    page = client.get(f"{edit}/move")
    assert "edit any other domain." in page.content.decode()
    client.post(f"{edit}/delete", {"edition": product.edition, "reason": "No need."})
    assert not DataProduct.objects.exists()


def test_an_edit_conflict_keeps_the_document_and_shows_the_current_one(client, product, edit):
    contract = product.contracts.get()
    path = f"{edit}/schema/{contract.uuid}/file"
    mine = yaml_of(contract.tree | {"name": "Mine"}).encode()
    theirs = contract.tree | {"name": "Theirs"}
    save_contract(product=product, tree=theirs, edition=product.edition, actor=FACTORY)

    answer = client.post(
        path, {"edition": product.edition, "file": SimpleUploadedFile("c.yaml", mine)}
    )

    form = answer.context_data["page"].frame.form
    assert answer.status_code == 409
    assert form["text"].value() == mine.decode()
    assert [(row.current, row.submitted) for row in form.differences] == [
        ("name: Theirs", "name: Mine")
    ]


def test_what_was_typed_survives_that_the_product_was_renamed_meanwhile(client, product, edit):
    fields = DESCRIPTION | {"edition": product.edition, "purpose": "Mine."}
    renamed = with_columns(product.tree, {"slug": "returns"})
    replace_document(product=product, tree=renamed, edition=product.edition, actor=FACTORY)

    answer = client.post(f"{edit}/describe", fields)

    assert answer.status_code == 409
    assert "Mine." in answer.content.decode()
