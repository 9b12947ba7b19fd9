"""Values of a source follow today's rules on every surface, and what is hidden is deleted."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from catalog.authorization.values import ValueRules
from catalog.contracts.services import save_contract
from catalog.products.projection import with_custom
from catalog.products.services import replace_document
from governance.inspection.models import Inspection
from governance.inspection.services import (
    decide_classifications,
    delete_hidden_values,
    delete_values_of,
    inspect_port,
    inspection_summary,
    suggestions_of,
)
from tests.catalog.api_client import Program
from tests.factories import FACTORY, make_published_product, make_users, publish_changes

pytestmark = pytest.mark.django_db
ROWS = "name,email\nAda Lovelace,ada@example.org\nGrace Hopper,grace@example.org\n"


@pytest.fixture
def users():
    return make_users()


@pytest.fixture
def product(users, settings, tmp_path):
    """A public product whose columns are open and cleared by a steward, with its source read."""
    settings.ASSAY_FILES_ROOT = tmp_path
    folder = tmp_path / users.domain.slug
    folder.mkdir()
    (folder / "orders.csv").write_text(ROWS)
    product = make_published_product(
        domain=users.domain, assaySensitivity="public", assayVisibility="public"
    )
    product = declare(product, version="0.2.0")
    inspect_port(port=product.output_ports.get(), actor=FACTORY)
    decide_classifications(
        product=product,
        actor=users.steward,
        edition=product.edition,
        reject=[suggestion.key for suggestion in suggestions_of(product)],
    )
    inspect_port(port=product.output_ports.get(), actor=FACTORY)
    return product


def declare(product, *, version="", nested=(), **classifications):
    """Return the product after its contract declared both columns, so classified."""
    contract = product.output_ports.get().port_contract.contract
    properties = [
        {"name": name, "classification": classifications.get(name, ""), "properties": list(nested)}
        for name in ("name", "email")
    ]
    tree = contract.tree | {"schema": [{"name": "orders", "properties": properties}]}
    tree |= {"version": version} if version else {}
    _, product = save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    return publish_changes(product)


def set_custom(product, key, value):
    tree = with_custom(product.tree, key, value)
    changed = replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    # A visibility is a setting: it acts at once.
    return publish_changes(changed) if changed.is_working_copy else changed


def surfaces(client, product, users):
    """Return what every surface says of the source, to the owner of the product."""
    port = product.output_ports.get()
    client.force_login(users.owner)
    for tab in ("schema", "source", "history", "history.atom"):
        assert client.get(f"{product.path}/{tab}").status_code == 200
    command = StringIO()
    call_command("read_schema", f"{product.domain.slug}/{product.slug}", "--json", stdout=command)
    product.refresh_from_db()
    return {
        "page": client.get(f"{product.path}/schema").content.decode(),
        "source": client.get(f"{product.path}/source").content.decode(),
        "api": Program(users.owner).get(f"/ports/{port.pk}/inspection").content.decode(),
        "history": client.get(f"{product.path}/history").content.decode(),
        "feed": client.get(f"{product.path}/history.atom").content.decode(),
        "command": command.getvalue(),
    }


def surfaces_with(client, product, users, text):
    """Return the surfaces that show a value, before anything is deleted."""
    return {name for name, body in surfaces(client, product, users).items() if text in body}


VALUE_SURFACES = {"page", "api", "command"}
CHANGES = {
    "confidential": lambda product: set_custom(product, "assaySensitivity", "confidential"),
    "internal": lambda product: set_custom(product, "assaySensitivity", "internal"),
    "members": lambda product: set_custom(product, "assayVisibility", "members"),
    "restricted": lambda product: set_custom(product, "assayVisibility", "restricted"),
    "classified": lambda product: declare(product, version="0.3.0", name="pii", email="pii"),
    "nested": lambda product: declare(
        product, version="0.3.0", nested=[{"name": "part", "classification": "confidential"}]
    ),
    "undeclared": lambda product: publish_changes(
        save_contract(
            product=product,
            tree=product.output_ports.get().port_contract.contract.tree
            | {"schema": [], "version": "0.3.0"},
            edition=product.edition,
            actor=FACTORY,
        )[1],
        break_reason="The columns were never meant to be promised.",
    ),
}


def test_values_of_open_columns_are_visible(client, product, users):
    assert surfaces_with(client, product, users, "ada@example.org") == VALUE_SURFACES


@pytest.mark.parametrize("change", CHANGES)
def test_values_read_while_open_disappear_from_every_surface_when_they_are_hidden(
    client, product, users, change
):
    changed = CHANGES[change](product)

    port = product.output_ports.get()
    inspection = Inspection.objects.select_related("port__product").get()
    assert "ada@example.org" in json.dumps(inspection.tables), "nothing is deleted yet"
    assert "ada@example.org" not in json.dumps(inspection_summary(inspection))
    client.force_login(users.owner)
    assert b"ada@example.org" not in client.get(f"{changed.path}/source").content
    api = Program(users.owner).get(f"/ports/{port.pk}/inspection")
    assert api.status_code == 200
    assert b"ada@example.org" not in api.content
    assert surfaces_with(client, changed, users, "ada@example.org") == set()


def test_one_classified_column_leaves_the_values_of_the_other(client, product, users):
    changed = declare(product, version="0.3.0", email="pii")

    assert surfaces_with(client, changed, users, "Ada Lovelace") == VALUE_SURFACES
    assert surfaces_with(client, changed, users, "ada@example.org") == set()


@pytest.mark.parametrize("change", CHANGES)
def test_hidden_values_are_deleted_after_the_commit(
    product, change, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        CHANGES[change](product)

    inspection = Inspection.objects.get()
    assert "example.org" not in json.dumps(inspection.tables)
    assert not inspection.has_values
    assert [column["n_distinct"] for column in inspection.tables[0]["columns"]] == [2, 2]


def test_values_whose_hint_was_lost_are_deleted_by_the_next_sweep(product):
    CHANGES["confidential"](product)

    assert delete_hidden_values() == 1
    assert delete_hidden_values() == 0
    assert "example.org" not in json.dumps(Inspection.objects.get().tables)


def test_a_change_that_hides_nothing_deletes_nothing(product):
    before = Inspection.objects.get().tables
    set_custom(product, "assayVisibility", "public")

    assert delete_hidden_values() == 0
    delete_values_of([product.uuid])

    assert Inspection.objects.get().tables == before


def test_opening_a_column_again_brings_no_value_back_before_it_is_read(product):
    delete_values_of([set_custom(product, "assaySensitivity", "confidential").uuid])
    product.refresh_from_db()

    reopened = set_custom(product, "assaySensitivity", "public")

    inspection = Inspection.objects.get()
    assert "example.org" not in json.dumps(inspection_summary(inspection))
    inspect_port(port=reopened.output_ports.get(), actor=FACTORY)
    assert "ada@example.org" in json.dumps(inspection_summary(Inspection.objects.get()))


@pytest.mark.parametrize(
    ("tables", "table", "is_only", "allowed"),
    [
        ({"orders": {"name": {""}}}, "orders", False, True),
        ({"orders": {"name": {"", "pii"}}}, "orders", False, False),
        ({"orders": {"name": {"none"}}}, "ORDERS", False, True),
        ({"orders": {"name": {""}}}, "customers", True, True),
        ({"orders": {"name": {""}}}, "customers", False, False),
        ({"a": {"name": {""}}, "b": {"name": {"pii"}}}, "rows", True, False),
        ({"a": {"name": {""}}, "b": {"other": {"pii"}}}, "rows", True, True),
        ({"orders": {"other": {""}}}, "orders", True, False),
        ({}, "orders", True, False),
    ],
)
def test_a_column_is_open_only_if_it_is_declared_and_nothing_in_it_is_classified(
    tables, table, is_only, allowed
):
    rules = ValueRules(visibility="public", sensitivity=1, classifications=tables)

    assert rules.allow(table, "Name", is_only_table=is_only) is allowed
