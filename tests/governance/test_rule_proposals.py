"""Readings of a source propose rules, which editors add on the quality tab or in the API."""

import pytest

from catalog.contracts.models import contract_of
from catalog.contracts.services import save_contract
from catalog.ports.services import edited_port
from catalog.products.models import DataProduct
from catalog.products.services import edited_version
from governance.inspection.models import Inspection
from governance.inspection.services import delete_values_of, inspect_port
from governance.quality.services import proposals_of
from tests.catalog.api_client import Program
from tests.factories import (
    FACTORY,
    make_person,
    make_published_product,
    make_users,
    publish_changes,
    write_file,
)

pytestmark = pytest.mark.django_db
COLUMNS = ({"name": "customer_id"}, {"name": "state"}, {"name": "stars", "logicalType": "integer"})


@pytest.fixture
def users(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return make_users()


@pytest.fixture
def product(users):
    """A published, public product whose source was read three times."""
    write_file(users.domain, orders())
    product = make_published_product(
        "Orders", domain=users.domain, assaySensitivity="public", assayVisibility="public"
    )
    product = declare(product, *COLUMNS)
    for _ in range(3):
        read(product)
    return product


def orders(rows=40, **changes):
    """Return a CSV file; `changes` replace the cell of a column in the first row."""
    lines = [
        {"customer_id": f"C-{row:04}", "state": ("open", "paid")[row % 2], "stars": row % 5 + 1}
        for row in range(rows)
    ]
    lines[0] |= changes
    return "\n".join(
        ["customer_id,state,stars", *(",".join(map(str, line.values())) for line in lines), ""]
    )


def declare(product, *columns, server=(), publish=True):
    """Return the product after its contract got these columns, and maybe another server."""
    edited = edited_version(DataProduct.objects.get(pk=product.pk))
    contract = contract_of(edited.output_ports.get())
    major, minor, _ = contract.version.split(".")
    version = f"{major}.{int(minor) + 1}.0"
    tree = contract.tree | {"schema": [{"name": "rows", "properties": [*columns]}]}
    tree |= {"version": version, "servers": [contract.tree["servers"][0] | dict(server)]}
    save_contract(product=edited, tree=tree, edition=edited.edition, actor=FACTORY)
    product = DataProduct.objects.get(pk=product.pk)
    return publish_changes(product) if publish else product


def port_of(product):
    return DataProduct.objects.get(pk=product.pk).output_ports.get()


def read(product):
    inspect_port(port=port_of(product), actor=FACTORY)


def proposed(product):
    return {(item.column, item.row.kind): item for item in proposals_of(port_of(product))}


def edited_rules(product):
    """Return the rules of each column in what people edit."""
    contract = contract_of(edited_port(port_of(product)))
    properties = contract.tree["schema"][0]["properties"]
    return {item["name"]: item["quality"] for item in properties if "quality" in item}


def add(client, product, proposal, **fields):
    edition = edited_version(DataProduct.objects.get(pk=product.pk)).edition
    data = {"edition": edition, "key": proposal.key} | fields
    return client.post(f"/ports/{port_of(product).pk}/quality/add", data, follow=True)


def text_of(response):
    return " ".join(response.content.decode().split())


EVERYTHING = {
    ("customer_id", "missing"),
    ("customer_id", "duplicates"),
    ("state", "missing"),
    ("state", "allowed_values"),
    ("stars", "missing"),
    ("stars", "range"),
}


def test_three_readings_propose_rules_with_their_evidence(product):
    proposals = proposed(product)

    assert set(proposals) == EVERYTHING
    unique = proposals["customer_id", "duplicates"]
    assert unique.reason == "“customer_id” had no value twice in 3 readings of 40 rows."
    assert proposals["state", "allowed_values"].row.details == "open, paid"
    assert proposals["stars", "range"].rule["implementation"] == {
        "check": "range",
        "minimum": 1,
        "maximum": 5,
    }


def test_a_reading_that_fails_counts_nothing_and_forgets_nothing(product, settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path / "elsewhere"
    read(product)

    assert Inspection.objects.get().failure
    assert set(proposed(product)) == EVERYTHING
    assert {item.n_readings for item in proposed(product).values()} == {3}


def test_one_reading_against_it_ends_a_proposal(product, users):
    write_file(users.domain, orders(customer_id="C-0001", state="sent", stars=7))
    read(product)

    assert set(proposed(product)) == {
        ("customer_id", "missing"),
        ("state", "missing"),
        ("stars", "missing"),
        ("stars", "range"),
    }
    assert proposed(product)["stars", "range"].row.details == "1 to"


def test_another_source_begins_with_no_evidence(product, users):
    path = {"path": f"{users.domain.slug}/others.csv"}
    declare(product, *COLUMNS, server=path, publish=False)
    assert proposed(product) == {}

    write_file(users.domain, orders(), name="others.csv")
    publish_changes(DataProduct.objects.get(pk=product.pk))
    read(product)

    assert proposed(product) == {}
    read(product)
    read(product)
    assert set(proposed(product)) == EVERYTHING


def test_a_column_of_another_type_begins_with_no_evidence(product, users):
    text = orders().replace("C-", "1")
    write_file(users.domain, text)
    read(product)

    assert not [column for column, _ in proposed(product) if column == "customer_id"]


def test_what_the_contract_checks_or_requires_is_not_proposed(product):
    rule = {"metric": "invalidValues", "arguments": {"validValues": ["open", "paid", "sent"]}}
    first, state, stars = COLUMNS
    declare(
        product,
        first | {"required": True, "unique": True},
        state | {"quality": [rule | {"mustBe": 0}]},
        stars | {"logicalTypeOptions": {"minimum": 1}},
    )

    assert set(proposed(product)) == {("state", "missing"), ("stars", "missing")}


def test_of_a_classified_column_nothing_is_proposed_that_shows_values(product):
    first, state, stars = COLUMNS
    counts_only = {(column, kind) for column, kind in EVERYTHING if kind != "allowed_values"}

    # The working copy counts at once, the stored values go with its publication.
    declare(product, first, state | {"classification": "pii"}, stars, publish=False)
    assert set(proposed(product)) == counts_only
    publish_changes(DataProduct.objects.get(pk=product.pk))
    delete_values_of([product.uuid])

    assert "paid" not in str(Inspection.objects.get().facts)
    assert set(proposed(product)) == counts_only
    declare(product, *COLUMNS)
    assert ("state", "allowed_values") not in proposed(product)


def test_values_that_a_row_of_the_form_cannot_write_are_not_proposed(product, users):
    write_file(users.domain, orders().replace("paid", '"paid, sent"'))
    for _ in range(3):
        read(product)

    assert ("state", "allowed_values") not in proposed(product)


def test_an_editor_adds_a_proposed_rule_to_the_working_copy(client, product, users):
    client.force_login(users.owner)
    page = f"{product.path}/quality"

    text = text_of(client.get(page))
    assert "“customer_id” was never null in 3 readings of 40 rows." in text
    response = add(client, product, proposed(product)["customer_id", "missing"])

    assert "added to the working copy" in text_of(response)
    assert edited_rules(product) == {"customer_id": [{"metric": "nullValues", "mustBe": 0}]}
    assert "quality" not in str(contract_of(port_of(product)).tree["schema"])
    assert "“customer_id” was never null" not in text_of(client.get(page))
    add(client, product, proposed(product)["state", "allowed_values"])
    assert set(edited_rules(product)) == {"customer_id", "state"}


def test_a_proposal_that_is_gone_or_an_old_edition_adds_nothing(client, product, users):
    client.force_login(users.owner)
    proposals = proposed(product)
    missing, bounds = proposals["customer_id", "missing"], proposals["stars", "range"]
    edition = product.edition
    add(client, product, missing)

    assert "not proposed any more" in text_of(add(client, product, missing))
    add(client, product, bounds, edition=edition)
    assert "Nothing was added" in text_of(add(client, product, bounds, edition="x"))
    assert set(edited_rules(product)) == {"customer_id"}


def test_readers_see_no_proposal_and_add_none(client, product):
    client.force_login(make_person())

    assert "readings of 40 rows" not in text_of(client.get(f"{product.path}/quality"))
    assert add(client, product, proposed(product)["stars", "range"]).status_code in (403, 404)
    assert edited_rules(product) == {}


def test_the_api_lists_proposals_for_editors_and_adds_one(product, users):
    program = Program(users.owner)
    path = f"/products/{product.uuid}/ports/{port_of(product).name}/checks/proposals"

    answer = program.get(path)
    [unique] = [
        item
        for item in answer.json()["proposals"]
        if (item["column"], item["kind"]) == ("customer_id", "duplicates")
    ]
    assert (unique["readings"], unique["rule"]) == (3, {"metric": "duplicateValues", "mustBe": 0})
    changed = program.send("POST", path, {"id": unique["id"]}, edition=answer["ETag"])

    assert changed.status_code == 200
    assert len(changed.json()["proposals"]) == len(answer.json()["proposals"]) - 1
    assert set(edited_rules(product)) == {"customer_id"}
    assert program.send("POST", path, {"id": "x"}, edition=changed["ETag"]).status_code == 422
    assert program.send("POST", path, {"id": unique["id"]}).status_code == 428
    assert Program(make_person()).get(path).status_code == 403
