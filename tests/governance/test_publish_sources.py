"""A product begins with its source: a file of its domain, a database, an HTTP endpoint."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.products.models import DataProduct
from catalog.products.projection import custom
from catalog.provenance.questions import CURRENT_SET
from tests.factories import make_domain, make_product, make_users, with_port, write_file

pytestmark = pytest.mark.django_db
ORDERS = "order_id,customer_email,amount\n1,a@example.org,2.5\n2,b@example.org,3.5\n"


@pytest.fixture
def users(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return make_users(make_domain("sales"))


@pytest.fixture
def owner(client, users):
    client.force_login(users.owner)
    return client


def edition_of(product):
    product.refresh_from_db()
    return product.edition


def test_files_of_own_domains_are_listed_with_size_and_date(owner, users):
    write_file(users.domain, ORDERS)
    write_file(make_domain("hr"), ORDERS, "salaries.csv")
    write_file(users.domain, b"x", "notes.docx")
    write_file(users.domain, b"x", ".hidden.csv")

    page = owner.get("/publish/file").content.decode()

    assert "sales/orders.csv" in page
    assert f"{len(ORDERS)} Bytes" in page
    assert not any(name in page for name in ("salaries", "notes.docx", ".hidden.csv"))


def test_a_file_that_a_product_serves_already_says_so(owner, users):
    write_file(users.domain, ORDERS)
    owner.post("/publish/file", {"file": "sales/orders.csv", "name": "All orders"})

    assert "served by All orders" in owner.get("/publish/file").content.decode()


def test_an_empty_folder_says_where_to_put_a_file(owner, settings):
    page = owner.get("/publish/file").content.decode()

    assert f"cp orders.csv {settings.ASSAY_FILES_ROOT}/sales/" in page


def test_a_chosen_file_becomes_a_draft_with_a_port_and_its_name(owner, users):
    write_file(users.domain, ORDERS, "daily_orders.csv")

    answer = owner.post("/publish/file", {"file": "sales/daily_orders.csv", "name": ""})

    product = DataProduct.objects.get()
    assert (product.name, product.status) == ("Daily orders", "draft")
    assert answer["Location"] == "/p/sales/daily-orders/edit/source"
    server = product.contracts.get().tree["servers"][0]
    assert (server["type"], server["path"]) == ("local", "sales/daily_orders.csv")
    assert server["format"] == "csv"


@pytest.mark.parametrize("path", ["hr/salaries.csv", "../../etc/passwd", "", "sales/gone.csv"])
def test_a_file_that_is_not_listed_is_refused_next_to_the_field(owner, users, path):
    write_file(users.domain, ORDERS)
    write_file(make_domain("hr"), ORDERS, "salaries.csv")

    answer = owner.post("/publish/file", {"file": path, "name": "Orders"})

    assert answer.status_code == 422
    assert 'id="id_file_error"' in answer.content.decode()
    assert 'value="Orders"' in answer.content.decode()
    assert not DataProduct.objects.exists()


def test_a_taken_name_is_an_error_of_the_name_and_nothing_is_left_over(owner, users):
    write_file(users.domain, ORDERS)
    owner.post("/publish/file", {"file": "sales/orders.csv"})

    answer = owner.post("/publish/file", {"file": "sales/orders.csv", "name": "Orders"})

    assert answer.status_code == 422
    assert 'id="id_name_error"' in answer.content.decode()
    assert DataProduct.objects.count() == 1


def test_an_uploaded_file_becomes_a_draft_that_serves_it(owner, users, tmp_path):
    file = SimpleUploadedFile("daily orders.csv", ORDERS.encode())

    answer = owner.post("/publish/upload", {"file": file, "domain": users.domain.pk})

    product = DataProduct.objects.get()
    server = product.contracts.get().tree["servers"][0]
    assert answer["Location"] == f"{product.path}/edit/source"
    assert product.name == "Daily orders"
    assert (tmp_path / server["path"]).read_text() == ORDERS


def test_a_refused_upload_leaves_no_draft_and_keeps_the_other_fields(owner, users):
    file = SimpleUploadedFile("orders.csv", b"PK\x03\x04 not a table")
    fields = {"file": file, "domain": users.domain.pk, "name": "All orders"}

    answer = owner.post("/publish/upload", fields)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_file_error"' in page
    assert 'value="All orders"' in page
    assert not DataProduct.objects.exists()


def test_uploads_are_not_offered_as_files_of_the_folder(owner, users):
    file = SimpleUploadedFile("orders.csv", ORDERS.encode())
    owner.post("/publish/upload", {"file": file, "domain": users.domain.pk})

    assert "hosted" not in owner.get("/publish/file").content.decode()


def test_the_page_waits_for_the_source_and_reads_it_on_request(owner, users):
    write_file(users.domain, ORDERS)
    step = owner.post("/publish/file", {"file": "sales/orders.csv"})["Location"]

    waiting = owner.get(step)
    owner.post(step, {"read": "1"})
    read = owner.get(step)

    assert waiting["Refresh"] == f"2; url={step}?waited=1"
    assert "Reading the source" in waiting.content.decode()
    assert "Refresh" not in owner.get(f"{step}?waited=45")
    assert "Refresh" not in read
    assert "3 columns" in read.content.decode()


def test_chosen_columns_and_accepted_proposals_go_into_the_contract(owner, users):
    write_file(users.domain, ORDERS)
    step = owner.post("/publish/file", {"file": "sales/orders.csv"})["Location"]
    owner.post(step, {"read": "1"})
    product = DataProduct.objects.get()
    proposal = "orders/customer_email/pii"
    assert proposal in owner.get(step).content.decode()

    fields = {"tables": ["orders"], "proposals": [proposal], "edition": edition_of(product)}
    answer = owner.post(step, fields)

    contract = product.contracts.get()
    assert answer["Location"] == f"{product.path}/edit/schema/{contract.uuid}/tables/0"
    columns = {item["name"]: item for item in contract.tree["schema"][0]["properties"]}
    assert columns["customer_email"]["classification"] == "pii"
    assert "classification" not in columns["amount"]


def test_a_rejected_proposal_is_not_written(owner, users):
    write_file(users.domain, ORDERS)
    step = owner.post("/publish/file", {"file": "sales/orders.csv"})["Location"]
    owner.post(step, {"read": "1"})
    product = DataProduct.objects.get()

    owner.post(step, {"tables": ["orders"], "edition": edition_of(product)})

    columns = product.contracts.get().tree["schema"][0]["properties"]
    assert not any("classification" in column for column in columns)


def test_no_table_chosen_is_an_error_next_to_the_tables(owner, users):
    write_file(users.domain, ORDERS)
    step = owner.post("/publish/file", {"file": "sales/orders.csv"})["Location"]
    owner.post(step, {"read": "1"})

    answer = owner.post(step, {"edition": edition_of(DataProduct.objects.get())})

    assert answer.status_code == 422
    assert "Choose at least one table." in answer.content.decode()


def test_a_database_keeps_the_name_of_its_secret_and_never_a_password(owner, users):
    fields = {
        "type": "postgres",
        "host": "db.example.org",
        "port": "5432",
        "database": "shop",
        "schema": "public",
        "user": "reader",
        "secret": "sales_db",
        "name": "Shop orders",
        "domain": users.domain.pk,
    }

    owner.post("/publish/database", fields)

    server = DataProduct.objects.get().contracts.get().tree["servers"][0]
    assert (server["host"], server["database"]) == ("db.example.org", "shop")
    assert custom(server, "assayUser") == "reader"
    assert custom(server, "assaySecret") == "sales_db"


@pytest.mark.parametrize(
    ("kind", "usual"), [("postgres", {"port": 5432, "schema": "public"}), ("mysql", {"port": 3306})]
)
def test_a_database_gets_the_usual_port_and_schema_of_its_type(owner, users, kind, usual):
    fields = {"type": kind, "host": "db.example.org", "database": "shop", "name": "Shop"}

    owner.post("/publish/database", fields | {"domain": users.domain.pk})

    server = DataProduct.objects.get().contracts.get().tree["servers"][0]
    assert {key: server[key] for key in ("port", "schema") if key in server} == usual


def test_a_test_of_a_database_says_why_it_failed_and_keeps_all_fields(owner, users):
    fields = {
        "type": "postgres",
        "host": "127.0.0.1",
        "port": "5",
        "database": "shop",
        "schema": "public",
        "domain": users.domain.pk,
        "test": "1",
    }

    answer = owner.post("/publish/database", fields)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Blocked: the address is not on the allow-list." in page
    assert 'value="shop"' in page
    assert not DataProduct.objects.exists()


def test_a_wrong_location_of_object_storage_is_an_error_next_to_its_field(owner, users):
    fields = {"location": "bucket/orders.csv", "format": "csv", "name": "Orders"}

    answer = owner.post("/publish/s3", fields | {"domain": users.domain.pk})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_location_error"' in page
    assert 'value="bucket/orders.csv"' in page
    assert not DataProduct.objects.exists()


def test_an_address_that_may_not_be_called_is_said_by_the_test(owner, users):
    fields = {"url": "http://127.0.0.1:1/x", "domain": users.domain.pk, "test": "1"}

    page = owner.post("/publish/endpoint", fields).content.decode()

    assert "No answer:" in page
    assert not DataProduct.objects.exists()


def test_a_check_on_request_makes_a_port_live_and_says_how_long_it_took(owner, users):
    write_file(users.domain, ORDERS)
    owner.post("/publish/file", {"file": "sales/orders.csv"})
    port = DataProduct.objects.get().output_ports.get()

    answer = owner.post(f"/ports/{port.pk}/check", {"to": "publish"}, follow=True)

    port.refresh_from_db()
    assert port.last_outcome == "good"
    assert answer.redirect_chain[0][0].endswith("/edit/publish")
    assert "orders-file answered in" in answer.content.decode()


def test_a_failed_check_on_request_says_its_outcome(owner, users):
    path = write_file(users.domain, ORDERS)
    owner.post("/publish/file", {"file": "sales/orders.csv"})
    path.unlink()
    port = DataProduct.objects.get().output_ports.get()

    page = owner.post(f"/ports/{port.pk}/check", follow=True).content.decode()

    assert "The check of orders-file failed: missing." in page


def test_only_editors_check_a_port(client, users):
    product = with_port(make_product(domain=users.domain))
    port = product.output_ports.get()
    client.force_login(users.outsider)

    assert client.post(f"/ports/{port.pk}/check").status_code == 404


def test_saving_a_step_of_a_draft_continues_with_the_next_one_that_is_not_done(owner, users):
    product = with_port(make_product(domain=users.domain))
    fields = {
        "name": product.name,
        "slug": product.slug,
        "version": "0.1.0",
        "purpose": "Orders.",
        "sensitivity": "internal",
        "visibility": "public",
    }
    edit = f"{product.path}/edit"

    described = owner.post(
        f"{edit}/describe", fields | {"edition": edition_of(product), "continue": "1"}
    )
    answers = {f"{code}-state": "unknown" for code in CURRENT_SET.codes}
    rows = {"rows-TOTAL_FORMS": "0", "rows-INITIAL_FORMS": "0", "edition": edition_of(product)}
    answered = owner.post(f"{edit}/provenance", answers | rows | {"continue": "1"})

    assert described["Location"] == f"{edit}/provenance"
    assert answered["Location"] == f"{edit}/objectives"


def test_every_step_lists_what_is_still_missing_with_links(owner, users):
    product = make_product(domain=users.domain)

    page = owner.get(f"{product.path}/edit/inputs").content.decode()

    assert f'href="{product.path}/edit/ports/add">There is no active output port.' in page
    assert f'href="{product.path}/edit/provenance#id_source-state">Provenance: 7 things' in page


@pytest.mark.parametrize("path", ["upload", "file", "database", "endpoint"])
def test_only_people_who_can_register_products_reach_the_sources(client, users, path):
    assert client.get(f"/publish/{path}").status_code == 302
    client.force_login(users.consumer)
    assert client.get(f"/publish/{path}")["Location"] == "/publish"
