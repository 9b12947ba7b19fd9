"""Suggested classifications: confirmed into the contract, rejected for good, by page and API."""

import pytest

from catalog.audit.models import AuditEvent
from catalog.contracts.services import save_contract
from catalog.exceptions import EditConflict, PermissionDenied, ValidationFailed
from catalog.products.models import DataProduct
from governance.inspection.models import Inspection
from governance.inspection.services import (
    decide_classifications,
    inspect_port,
    inspection_summary,
    suggestions_of,
    visible_profile,
)
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    publish_changes,
    with_port,
    write_file,
)

ROWS = "id,reach,first_name,amount\n" + "".join(
    f"{n},person{n}@example.org,Ada,{n}.5\n" for n in range(40)
)


@pytest.fixture
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def users(db):
    return make_users(make_domain())


@pytest.fixture
def product(files, users):
    """Return a public product whose file has e-mail addresses under a name that hides them."""
    product = make_product(domain=users.domain, assaySensitivity="public")
    write_file(product.domain, ROWS)
    product = give_schema(with_port(product), "id", "reach", "first_name", "amount")
    inspect_port(port=product.output_ports.get(), actor=FACTORY)
    return current(product)


def current(product):
    return DataProduct.objects.select_related("domain").get(pk=product.pk)


def keys_of(product):
    return {row.column.path: row.key for row in suggestions_of(product)}


def decide(product, users, **decision):
    return decide_classifications(
        product=product, actor=users.steward, edition=product.edition, **decision
    )


def classifications_of(product):
    (table,) = current(product).contracts.order_by("-id")[0].tree["schema"]
    return {item["name"]: item.get("classification") for item in table["properties"]}


def test_names_and_values_suggest_and_say_why(product):
    evidence = {row.column.path: row.evidence for row in suggestions_of(product)}

    assert evidence == {
        "reach": "100 % of 40 sampled values are valid e-mail addresses.",
        "first_name": "By its name only: its values do not contradict the name.",
    }


def test_a_column_without_a_reading_is_suggested_by_its_name(users):
    product = give_schema(with_port(make_product(domain=users.domain)), "customer_email")

    (suggestion,) = suggestions_of(product)

    assert suggestion.evidence == "By its name only: no values of the column were sampled."


def test_a_confirmed_suggestion_is_written_into_the_contract(product, users):
    decide(product, users, confirm=list(keys_of(product).values()))

    assert classifications_of(product) == {
        "id": None,
        "reach": "pii",
        "first_name": "pii",
        "amount": None,
    }
    assert suggestions_of(current(product)) == []
    event = AuditEvent.objects.filter(verb="confirmed classifications").get()
    assert event.after == {"rows.reach": "pii", "rows.first_name": "pii"}


def test_a_confirmed_suggestion_of_a_published_contract_makes_a_new_version(files, users):
    write_file(users.domain, ROWS)
    product = make_published_product(domain=users.domain)
    tree = product.contracts.get().tree
    table = {"name": "rows", "properties": [{"name": "customer_email"}]}
    new = tree | {"schema": [table], "version": "0.2.0"}
    _, copy = save_contract(product=product, tree=new, edition=product.edition, actor=FACTORY)

    decide(copy, users, confirm=list(keys_of(copy).values()))

    assert keys_of(copy) == {}
    assert classifications_of(publish_changes(current(product))) == {"customer_email": "pii"}


def test_nested_columns_are_classified_where_they_are(users):
    product = with_port(make_product(domain=users.domain))
    nested = {
        "name": "people",
        "properties": [
            {"name": "person", "logicalType": "object", "properties": [{"name": "email"}]},
            {"name": "reach", "logicalType": "array", "items": {"properties": [{"name": "phone"}]}},
        ],
    }
    tree = product.contracts.get().tree | {"schema": [nested]}
    _, product = save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)

    decide(product, users, confirm=list(keys_of(product).values()))

    person, reach = current(product).contracts.get().tree["schema"][0]["properties"]
    assert person["properties"][0]["classification"] == "pii"
    assert reach["items"]["properties"][0]["classification"] == "pii"


def test_a_rejection_is_remembered_over_readings_and_versions(product, users):
    decide(product, users, reject=[keys_of(product)["reach"]], reason="Of shops, not of people")

    inspect_port(port=product.output_ports.get(), actor=FACTORY)
    tree = product.contracts.get().tree
    renamed = tree | {"version": "2.0.0", "name": "Another name"}
    save_contract(
        product=current(product), tree=renamed, edition=current(product).edition, actor=FACTORY
    )

    assert set(keys_of(current(product))) == {"first_name"}
    event = AuditEvent.objects.filter(verb="rejected classifications").get()
    assert (event.after, event.reason) == ({"rows.reach": "pii"}, "Of shops, not of people")


def test_a_rejection_can_be_taken_back(product, users):
    decide(product, users, reject=[keys_of(product)["reach"]])
    rejection = product.rejected_classifications.get()

    decide(current(product), users, restore=[rejection.pk])

    assert "reach" in keys_of(current(product))


def test_values_that_look_personal_are_shown_only_once_a_steward_cleared_them(product, users):
    def visible_columns():
        (table,) = visible_profile(Inspection.objects.get())
        return {column.name: column.has_values for column in table.columns}

    assert visible_columns() == {"id": True, "reach": False, "first_name": True, "amount": True}
    assert "example.org" not in str(Inspection.objects.get().tables)

    decide(product, users, reject=[keys_of(product)["reach"]])
    inspect_port(port=current(product).output_ports.get(), actor=FACTORY)

    assert visible_columns()["reach"]


def test_readers_of_the_inspection_are_not_told_what_looks_personal(product):
    (table,) = inspection_summary(Inspection.objects.get())["tables"]

    assert not {"detections", "n_sampled"} & set(table["columns"][1])


def test_only_stewards_decide(product, users):
    key = keys_of(product)["reach"]

    with pytest.raises(PermissionDenied):
        decide_classifications(
            product=product, actor=users.owner, edition=product.edition, confirm=[key]
        )


def test_a_decision_on_something_else_than_a_suggestion_is_refused(product, users):
    with pytest.raises(ValidationFailed) as error:
        decide(product, users, confirm=["contract/rows/id/pii"])

    assert error.value.issues[0].hint == "Load the suggestions again."


def test_a_decision_on_an_older_edition_is_a_conflict(product, users):
    key = keys_of(product)["reach"]

    with pytest.raises(EditConflict):
        decide_classifications(
            product=product, actor=users.steward, edition=product.edition - 1, confirm=[key]
        )


def test_the_page_offers_what_values_show_and_saves_in_bulk(client, product, users):
    client.force_login(users.steward)
    path = f"{product.path}/edit/classification"
    page = client.get(path).content.decode()
    fields = {"edition": product.edition, "chosen": list(keys_of(product).values())}

    assert page.count(" checked") == 1
    assert client.post(path, fields | {"decision": "confirm"}).status_code == 302
    assert classifications_of(product)["reach"] == "pii"
    assert "Nothing is suggested" in client.get(path).content.decode()


def test_the_page_asks_for_a_choice(client, product, users):
    client.force_login(users.steward)
    fields = {"edition": product.edition, "decision": "reject"}

    answer = client.post(f"{product.path}/edit/classification", fields)

    assert (answer.status_code, "Choose at least one column." in answer.content.decode()) == (
        422,
        True,
    )


def test_an_owner_sees_the_suggestions_and_who_decides(client, product, users):
    client.force_login(users.owner)

    page = client.get(f"{product.path}/edit/classification").content.decode()

    assert "Stewards of the domain decide." in page
    assert 'value="confirm"' not in page


def test_the_api_lists_and_decides(client, product, users):
    client.force_login(users.steward)
    url = f"/api/v1/products/{product.uuid}/classification-suggestions"
    answer = client.get(url)
    (first, _) = answer.json()["suggestions"]
    body = {"reject": [first["id"]], "reason": "Of shops"}

    decided = client.post(
        url, body, content_type="application/json", headers={"If-Match": answer["ETag"]}
    )

    assert (first["column"], first["classification"], first["is_by_values"]) == (
        "reach",
        "pii",
        True,
    )
    assert [row["column"] for row in decided.json()["suggestions"]] == ["first_name"]
    assert [row["column"] for row in decided.json()["rejected"]] == ["reach"]


def test_a_reader_who_may_not_edit_gets_no_suggestions(client, product, users):
    url = f"/api/v1/products/{product.uuid}/classification-suggestions"
    DataProduct.objects.filter(pk=product.pk).update(status="published")
    client.force_login(users.consumer)

    assert client.get(url).status_code == 403
