"""The source tab: read, see the drift, write it into the contract."""

import pytest

from catalog.products.services import patch_document
from governance.inspection.services import inspect_port
from tests.factories import (
    FACTORY,
    give_schema,
    make_product,
    make_published_product,
    make_users,
    with_port,
    write_file,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


def test_an_owner_reads_the_source_sees_the_drift_and_adopts_it(client, files):
    users = make_users()
    write_file(users.domain, "id,paid\n1,1.5\n")
    product = give_schema(with_port(make_product(domain=users.domain)), "id", "gone")
    port = product.output_ports.get()
    client.force_login(users.owner)

    client.post(f"/ports/{port.pk}/read")
    page = client.get(f"{product.path}/source").content.decode()
    client.post(f"/ports/{port.pk}/adopt", {"edition": product.edition})
    after = client.get(f"/api/v1/ports/{port.pk}/inspection").json()

    assert "Column not found in the source." in page
    assert after["drifts"] == []
    names = product.contracts.get().schema_objects.get().properties.values_list("name", flat=True)
    assert list(names) == ["id", "paid"]


def test_an_old_edition_adopts_nothing(client, files):
    users = make_users()
    write_file(users.domain, "id,paid\n1,1.5\n")
    product = with_port(make_product(domain=users.domain))
    client.force_login(users.owner)
    client.post(f"/ports/{product.output_ports.get().pk}/read")
    edit = [{"op": "replace", "path": "/description/purpose", "value": "Else."}]
    patch_document(product=product, patch=edit, edition=product.edition, actor=FACTORY)

    answer = client.post(
        f"/ports/{product.output_ports.get().pk}/adopt", {"edition": product.edition}, follow=True
    )

    assert "You edited edition" in answer.content.decode()
    assert not product.contracts.get().schema_objects.exists()


def test_a_reader_sees_what_was_read_and_has_nothing_to_press(client, files):
    product = make_published_product()

    page = client.get(f"{product.path}/source").content.decode()

    assert "Not read yet." in page
    assert "<button" not in page.split("<main")[1].split('class="tab-body"')[1]


def test_the_port_of_a_hidden_product_is_not_found(client, files):
    users = make_users()
    port = with_port(make_product(domain=users.domain)).output_ports.get()
    client.force_login(users.outsider)

    assert client.post(f"/ports/{port.pk}/read").status_code == 404
    assert client.post(f"/ports/{port.pk}/adopt").status_code == 404


def test_estimates_are_marked_and_what_was_not_compared_does_not_match(client, files):
    users = make_users()
    write_file(users.domain, "kind,id\n" + "".join(f"{n % 3},{n}\n" for n in range(20_000)))
    product = with_port(make_product(domain=users.domain))
    client.force_login(users.owner)

    client.post(f"/ports/{product.output_ports.get().pk}/read")
    page = client.get(f"{product.path}/source").content.decode()
    api = client.get(f"/api/v1/ports/{product.output_ports.get().pk}/inspection").json()

    assert "20,000 rows" in page
    assert "about 20,000" not in page
    assert "Not compared: the contract declares no columns." in page
    assert "Matches the contract." not in page
    assert [column["is_exact"] for column in api["tables"][0]["columns"]] == [False, True]
    assert (api["is_compared"], api["tables"][0]["is_sample"]) == (False, False)


def test_a_sample_is_called_one(client, files):
    users = make_users()
    write_file(users.domain, "id\n1\n")
    product = give_schema(with_port(make_product(domain=users.domain)), "id")
    client.force_login(users.owner)
    port = product.output_ports.get()
    client.post(f"/ports/{port.pk}/read")
    [table] = port.inspection.tables
    table |= {"rows": 1_000_000, "is_sample": True}
    type(port.inspection).objects.update(tables=[table])

    page = client.get(f"{product.path}/source").content.decode()

    assert "at least 1,000,000 rows" in page


def test_a_page_shows_as_many_columns_as_fit_and_a_link_to_each_other_table(client, files):
    port = with_port(make_product()).output_ports.get()
    write_file(port.product.domain, "id\n1\n")
    inspection = inspect_port(port=port, actor=FACTORY)
    column = inspection.tables[0]["columns"][0]
    inspection.tables = [
        inspection.tables[0] | {"name": f"t{n:03}", "columns": [column | {"name": f"c{n:03}"}] * 40}
        for n in range(600)
    ]
    inspection.save()
    users = make_users(port.product.domain)
    client.force_login(users.owner)
    address = f"{port.product.path}/source"

    page = client.get(address).content.decode()
    other = client.get(f"{address}?table=t300").content.decode()

    assert "c011" in page
    assert "c012" not in page
    assert "588 further tables" in page
    assert "88 more are listed by the API." in page
    assert "?table=t012#" in page
    assert "c300" in other
    assert "c011" not in other
