"""The page on which editors add, change and remove the quality rules of a table."""

import pytest

from catalog.contracts.models import contract_of
from catalog.products.services import edited_version
from tests.factories import (
    give_schema,
    make_person,
    make_product,
    make_published_product,
    make_users,
    with_port,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def users(client):
    """The people of a domain; its owner is signed in."""
    users = make_users()
    client.force_login(users.owner)
    return users


@pytest.fixture
def draft(users):
    """A draft with one table of two columns."""
    return give_schema(with_port(make_product("Orders", domain=users.domain)), "id", "total")


def page_of(product):
    contract = contract_of(edited_version(product).output_ports.get())
    return f"{product.path}/edit/schema/{contract.uuid}/tables/0/rules"


def tables_of(product):
    return contract_of(edited_version(product).output_ports.get()).tree["schema"]


def send(client, product, *rows, **more):
    """Send the form with these rows and return the response."""
    product.refresh_from_db()
    fields = {"edition": edited_version(product).edition, "rows-TOTAL_FORMS": len(rows)}
    fields |= {"rows-INITIAL_FORMS": 0} | more
    for index, row in enumerate(rows):
        fields |= {f"rows-{index}-{name}": value for name, value in row.items()}
    return client.post(page_of(product), fields)


NOT_NULL = {"kind": "missing", "columns": "id"}
ENOUGH = {"kind": "row_count", "operator": "mustBeGreaterThan", "limit": "10"}


def test_rules_are_added_to_their_column_and_to_the_table(client, draft):
    response = send(client, draft, NOT_NULL, {}, ENOUGH)

    [table] = tables_of(draft)
    assert response.status_code == 302
    assert table["quality"] == [{"metric": "rowCount", "mustBeGreaterThan": 10}]
    assert table["properties"][0]["quality"] == [{"metric": "nullValues", "mustBe": 0}]


def test_a_rule_is_changed_and_another_one_removed(client, draft):
    send(client, draft, NOT_NULL, ENOUGH)
    rows = client.get(page_of(draft)).context_data["page"].frame.form.rows.initial

    assert [row["kind"] for row in rows] == ["row_count", "missing"]
    send(client, draft, ENOUGH | {"limit": "20"}, NOT_NULL | {"DELETE": "on"})

    [table] = tables_of(draft)
    assert table["quality"] == [{"metric": "rowCount", "mustBeGreaterThan": 20}]
    assert "quality" not in table["properties"][0]


def test_a_page_that_is_saved_as_it_was_opened_changes_nothing(client, draft):
    send(client, draft, NOT_NULL)
    draft.refresh_from_db()
    edition = draft.edition

    assert send(client, draft, NOT_NULL).status_code == 302
    draft.refresh_from_db()
    assert draft.edition == edition


def test_rules_of_a_published_product_are_edited_in_its_working_copy(client, users):
    product = make_published_product("Orders", domain=users.domain)
    contract = product.contracts.get()
    form = {"edition": product.edition, "name": "rows"}
    client.post(f"{product.path}/edit/schema/{contract.uuid}/tables", form)

    send(client, product, ENOUGH)

    assert tables_of(product)[0]["quality"] == [{"metric": "rowCount", "mustBeGreaterThan": 10}]
    contract.refresh_from_db()
    assert "quality" not in str(contract.tree["schema"])


@pytest.mark.parametrize(
    ("row", "field", "text"),
    [
        (NOT_NULL | {"columns": "ID2"}, "columns", "no column"),
        (ENOUGH | {"limit": ""}, "operator", ""),
        ({"columns": "id"}, "kind", ""),
        ({"kind": "length", "columns": "id", "details": "x to 5"}, "details", "whole number"),
        (ENOUGH | {"kind": "sql", "details": "SELECT ${place}"}, "details", "placeholder"),
    ],
)
def test_an_error_is_shown_at_its_row_and_nothing_is_saved(client, draft, row, field, text):
    response = send(client, draft, NOT_NULL, row)
    form = response.context_data["page"].frame.form

    assert response.status_code == 422
    assert not form.rows.forms[0].errors
    assert text in str(form.rows.forms[1].errors)
    assert "quality" not in str(tables_of(draft))


def test_more_rows_keep_what_was_written(client, draft):
    response = send(client, draft, NOT_NULL, more="1")
    form = response.context_data["page"].frame.form

    assert response.status_code == 200
    assert form.rows.forms[0].initial["kind"] == "missing"
    assert len(form.rows.forms) == 6


def test_someone_else_was_faster(client, draft):
    old = draft.edition
    send(client, draft, NOT_NULL)

    response = send(client, draft, NOT_NULL, ENOUGH, edition=old)

    assert response.status_code == 409


def test_each_kind_and_field_is_explained(client, draft):
    text = client.get(page_of(draft)).content.decode()

    assert "Keys that occur more than once." in text
    assert "Without them no row may be." in text


def test_only_editors_open_the_form(client, draft):
    client.force_login(make_person())

    assert client.get(page_of(draft)).status_code == 404
