"""The form of a representation plan: proposed columns, errors at their fields, and conflicts."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.contracts.services import save_contract
from catalog.products.services import patch_document
from governance.representation.services import plan_of, save_plan
from tests.factories import FACTORY, make_product, make_users, with_port, write_file
from tests.forms import read_page

pytestmark = pytest.mark.django_db
TABLE = {
    "name": "orders",
    "properties": [
        {"name": "id", "logicalType": "string"},
        {"name": "age", "logicalType": "integer", "classification": "quasi-identifier"},
        {"name": "sex", "logicalType": "string", "classification": "special-category"},
        {"name": "granted", "logicalType": "string"},
    ],
}


@pytest.fixture
def product(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    users = make_users()
    write_file(users.domain, "id,age,sex,granted\n1,30,F,yes\n")
    product = with_port(make_product(domain=users.domain))
    contract = product.contracts.get()
    tree = contract.tree | {"schema": [TABLE]}
    product = save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)[1]
    product.owner = users.owner
    return product


def address(product) -> str:
    return f"{product.path}/bias/plan/{product.output_ports.get().pk}"


def form_data(client, product, **changes) -> dict:
    page = client.get(address(product)).content.decode()
    [form] = [form for form in read_page(page)[0] if "schedule" in form.data]
    return {name: values[-1] for name, values in form.data.items()} | changes


def test_sensitive_columns_are_proposed_and_saved_as_they_are_shown(client, product):
    client.force_login(product.owner)

    page = client.get(address(product)).content.decode()
    client.post(address(product), form_data(client, product))

    assert "The columns that are classified as sensitive are proposed" in page
    plan = plan_of(product.output_ports.get()).plan
    assert [row.column for row in plan.attributes] == ["sex", "age"]
    assert plan.schedule.value == "monthly"


def test_edges_hierarchy_reference_label_and_thresholds_are_saved(client, product):
    client.force_login(product.owner)
    changes = {
        "rows-0-hierarchy": "F;female;people\nM;male;people",
        "rows-0-missing": "?",
        "rows-0-reference_name": "Census",
        "rows-0-reference_date": "2021-03-21",
        "rows-0-reference_shares": "female = 51.1\nmale = 48,9 %",
        "rows-1-bins": "18, 30, 65",
        "rows-1-name": "age_band",
        "label_column": "granted",
        "favourable": "yes, maybe",
        "schedule": "weekly",
        "band": "2",
        "max_gap": "10",
    }

    answer = client.post(address(product), form_data(client, product, **changes), follow=True)

    plan = plan_of(product.output_ports.get()).plan
    sex, age = plan.attributes
    assert "It applies at once and is no part of a version" in answer.content.decode()
    assert sex.groups == {"F": "female", "M": "male"}
    assert sex.missing == ("", "?")
    assert sex.reference.shares == {"female": 0.511, "male": 0.489}
    assert (age.name, age.bins) == ("age_band", (18, 30, 65))
    assert plan.label.favourable == ("yes", "maybe")
    assert (plan.schedule.value, plan.band, plan.thresholds.max_gap) == ("weekly", 0.02, 0.1)
    before = plan_of(product.output_ports.get()).edition
    client.post(address(product), form_data(client, product))
    assert plan_of(product.output_ports.get()).edition == before


def test_a_hierarchy_file_is_read_at_its_level(client, product):
    client.force_login(product.owner)
    upload = SimpleUploadedFile("ages.csv", b"30;30-39;adult\n5;0-9;child\n")
    data = form_data(client, product) | {"rows-1-file": upload, "rows-1-level": "2"}

    client.post(address(product), data)

    age = plan_of(product.output_ports.get()).plan.attributes[1]
    assert age.groups == {"30": "adult", "5": "child"}
    assert (age.hierarchy, age.level) == ("ages.csv", 2)
    client.post(address(product), form_data(client, product, schedule="daily"))
    age = plan_of(product.output_ports.get()).plan.attributes[1]
    assert (age.hierarchy, age.level, age.groups["5"]) == ("ages.csv", 2, "child")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows-1-bins": "18, x"}, "Write numbers"),
        ({"rows-1-bins": "30, 18"}, "18 is not more than 30"),
        ({"rows-0-hierarchy": "F;female\nM"}, "Line 2"),
        ({"rows-0-reference_shares": "F = many"}, "Line 1"),
        ({"rows-0-reference_shares": "F = 80\nM = 70"}, "more than 1"),
        ({"rows-0-reference_shares": "F = 80"}, "A reference needs a name"),
        ({"rows-0-name": "Sex!"}, "is not a name of an attribute"),
        ({"rows-1-name": "sex"}, "is the name of another one"),
        ({"rows-0-column": "", "rows-0-bins": "1"}, "Choose the column"),
        ({"rows-0-DELETE": "on", "rows-1-DELETE": "on"}, "attributes"),
        ({"min_ratio": "7"}, "number from 0 to 1"),
        ({"band": "200"}, "between"),
        ({"rows-0-file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00")}, "not UTF-8"),
    ],
)
def test_errors_are_shown_at_their_field_and_nothing_is_saved(client, product, changes, message):
    client.force_login(product.owner)

    answer = client.post(address(product), form_data(client, product) | changes)

    assert answer.status_code == 422
    assert message in answer.content.decode().replace("&#x27;", "'").replace("&#39;", "'")
    assert plan_of(product.output_ports.get()) is None


def test_someone_elses_edit_is_shown_as_a_conflict(client, product):
    client.force_login(product.owner)
    data = form_data(client, product, schedule="daily")
    edit = [{"op": "replace", "path": "/description/purpose", "value": "Else."}]
    patch_document(product=product, patch=edit, edition=product.edition, actor=FACTORY)
    body = {"attributes": [{"column": "sex"}], "schedule": "weekly"}
    product.refresh_from_db()
    port = product.output_ports.get()
    save_plan(port=port, body=body, edition=product.edition, actor=FACTORY)

    answer = client.post(address(product), data)

    assert answer.status_code == 409
    assert "Someone else saved changes" in answer.content.decode()
    assert "every week" in answer.content.decode()


def test_only_editors_see_the_form(client, product):
    people = make_users(product.domain)
    client.force_login(people.outsider)
    assert client.get(address(product)).status_code == 404
    client.force_login(people.consumer)
    assert client.get(address(product)).status_code in (403, 404)


def test_more_rows_keep_what_was_typed(client, product):
    client.force_login(product.owner)
    data = form_data(client, product, **{"rows-1-bins": "18, x", "more": "1"})

    page = client.post(address(product), data).content.decode()

    assert 'value="18, x"' in page
    assert "Attribute 5" in page
