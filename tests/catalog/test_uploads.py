"""A file that people upload for a port: whole or not at all; of two at once one gets a conflict."""

import errno
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.contracts.models import contract_of
from catalog.contracts.services import remove_stale_uploads, upload_data
from catalog.exceptions import CatalogError, InvalidTransition, PermissionDenied, ValidationFailed
from catalog.ports.uploads import (
    StorageFull,
    Upload,
    UploadConflict,
    UploadCutShort,
    UploadTooLarge,
    snapshots_of,
)
from catalog.products.models import DataProduct
from catalog.publication.services import publish_product
from tests.catalog.api_client import Program, problem_of
from tests.factories import (
    FACTORY,
    Users,
    make_domain,
    make_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
)

pytestmark = pytest.mark.django_db
CSV = b"id,amount\n1,5\n2,7\n"


@pytest.fixture(autouse=True)
def files_root(settings: Any, tmp_path: Path) -> Path:
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def users() -> Users:
    return make_users(make_domain("sales"))


@pytest.fixture
def draft(users: Users) -> DataProduct:
    return make_product("Orders", domain=users.domain)


def upload(content: bytes = CSV, name: str = "orders.csv", **fields: Any) -> Upload:
    format_ = fields.pop("format", name.rpartition(".")[2])
    return Upload(**{"chunks": [content], "format": format_, "name": name} | fields)


def send(product: DataProduct, content: bytes = CSV, *, port: str = "orders", **fields: Any) -> Any:
    """Upload a file as the system and return what it became."""
    options = {key: fields.pop(key) for key in ("replaces", "actor", "version") if key in fields}
    options.setdefault("actor", FACTORY)
    return upload_data(product=product, name=port, upload=upload(content, **fields), **options)


def files_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def published(users: Users, content: bytes = CSV) -> DataProduct:
    """Return a published product with a port that serves an upload."""
    tree = with_answers(product_tree("Published orders", domain="sales"))
    product = send(make_product(domain=users.domain, tree=tree), content).product
    product = with_good_checks(product)
    return publish_product(product=product, edition=product.edition, actor=FACTORY)


def test_an_upload_makes_a_port_whose_contract_names_the_file(draft, files_root):
    result = send(draft)

    contract = contract_of(result.port)
    assert contract is not None
    assert contract.tree["servers"] == [
        {"server": "production", "type": "local", "path": result.location, "format": "csv"}
    ]
    assert result.location == f"sales/hosted/{draft.uuid}/1.0.0/orders.csv"
    assert (files_root / result.location).read_bytes() == CSV
    event = AuditEvent.objects.get(verb="uploaded data")
    assert event.after["sha256"] == result.sha256
    assert event.after["bytes"] == len(CSV)


def test_the_next_upload_replaces_the_file_and_leaves_the_documents(draft, files_root):
    first = send(draft)
    edition = first.product.edition

    second = send(first.product, b"id\n9\n")

    assert second.location == first.location
    assert second.product.edition == edition
    assert (files_root / second.location).read_bytes() == b"id\n9\n"


def test_the_last_snapshots_are_kept_and_the_newest_is_served(draft, files_root, settings):
    settings.ASSAY_UPLOAD_SNAPSHOTS = 2
    for number in range(4):
        result = send(draft, b"id\n%d\n" % number)
        draft = result.product

    files = snapshots_of(files_root / result.location)

    assert [snapshot.path.read_bytes() for snapshot in files] == [b"id\n3\n", b"id\n2\n"]
    assert [snapshot.is_served for snapshot in files] == [True, False]


def test_a_file_of_another_format_gets_a_place_of_its_own_and_the_contract_follows(
    draft, files_root
):
    first = send(draft)

    second = send(first.product, b'[{"id": 1}]', name="orders.json")

    assert second.location.endswith("/orders.json")
    assert contract_of(second.port) is not None
    port = second.product.output_ports.get()
    contract = contract_of(port)
    assert contract is not None
    assert contract.tree["servers"][0]["path"] == second.location
    assert (files_root / first.location).exists()


def test_an_upload_to_a_published_port_is_live_at_once(users, files_root):
    product = published(users)

    result = send(product, b"id\n7\n")

    assert result.is_live
    product.refresh_from_db()
    assert product.status == "published"
    assert (files_root / result.location).read_bytes() == b"id\n7\n"


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"PK\x03\x04\x14\x00rest", "orders.csv", "a ZIP archive"),
        (b"PK\x03\x04\x14\x00rest", "orders.parquet", "a ZIP archive"),
        (b"\x1f\x8b\x08\x00rest", "orders.csv", "compressed by gzip"),
        (b"%PDF-1.7\nrest", "orders.csv", "a PDF file"),
        (b"\xff\xfei\x00d\x00", "orders.csv", "text in UTF-16"),
        (b"PAR1\x00\x00", "orders.csv", "a Parquet file"),
        (b"SQLite format 3\x00", "orders.json", "a SQLite database"),
        (b"id\n1\x00\n", "orders.csv", "bytes that no text has"),
        (b"<!DOCTYPE html><p>Sign in", "orders.csv", "a web page"),
        (b"id,amount\n", "orders.json", "begins neither with"),
        (b"id,amount\n", "orders.parquet", "does not begin with PAR1"),
        (b"PAR1" + bytes(40), "orders.parquet", "its end is missing"),
        (b"PAR1" + b"\xff\xff\xff\x7fPAR1", "orders.parquet", "its end is missing"),
        (b"", "orders.csv", "The file is empty"),
        (b" \n\t ", "orders.json", "The file is empty"),
        (b"\xef\xbb\xbf", "orders.csv", "The file is empty"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_it_is(
    draft, files_root, content, name, reason
):
    with pytest.raises(ValidationFailed) as refused:
        send(draft, content, name=name)

    assert reason in str(refused.value)
    assert files_below(files_root) == []


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'[{"id": 1}, {"id": 2', "orders.json"),
        (b'{"id": 1}\n{"id": }\n', "orders.json"),
        (b"PAR1" + b"\x15" * 40 + b"\x10\x00\x00\x00PAR1", "orders.parquet"),
    ],
)
def test_a_file_that_cannot_be_read_never_replaces_one_that_can(draft, files_root, content, name):
    result = send(draft)

    with pytest.raises(ValidationFailed, match="does not have the stated format"):
        send(result.product, content, name=name)

    assert (files_root / result.location).read_bytes() == CSV
    assert len(files_below(files_root)) == 2


def test_a_disk_that_is_really_full_loses_nothing(draft, settings, tmp_path):
    root = tmp_path / "small"
    root.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(root)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        settings.ASSAY_FILES_ROOT = root
        result = send(draft)

        with pytest.raises(StorageFull, match="The disk of the files is full"):
            send(result.product, b"id\n" + b"12345678\n" * 300_000)

        assert (root / result.location).read_bytes() == CSV
        assert len(files_below(root)) == 2
        assert send(result.product, b"id\n1\n").size == 5
    finally:
        subprocess.run(["umount", str(root)], check=True)


@pytest.mark.parametrize("header", [b"PAR1,PAR2", b"ORCID,name", b"BZh,x", b"Obj,x", b"<id>,x"])
def test_a_table_whose_first_column_is_called_as_other_files_begin_is_taken(draft, header):
    assert send(draft, header + b"\n1,2\n").size == len(header) + 5


@pytest.mark.parametrize(
    "name",
    ["../../etc/orders.csv", "..\\..\\orders.csv", "/etc/orders.csv", "a\x00b.csv", "x" * 3000],
)
def test_the_name_at_the_sender_never_becomes_a_path(draft, files_root, name):
    result = send(draft, name=name, format="csv")

    assert result.location == f"sales/hosted/{draft.uuid}/1.0.0/orders.csv"
    files = files_below(files_root)
    assert len(files) == 2
    assert all(path.startswith(f"sales/hosted/{draft.uuid}/1.0.0/") for path in files)
    assert ".." not in AuditEvent.objects.get(verb="uploaded data").after["file"]


@pytest.mark.parametrize(
    ("port", "version"), [("../x", "1.0.0"), ("a/b", "../.."), ("Ümläut!", "1 0"), (".", "..")]
)
def test_neither_name_nor_version_of_a_port_leads_out_of_its_folder(
    draft, files_root, port, version
):
    result = send(draft, port=port, version=version)

    path = (files_root / result.location).resolve()
    assert path.is_relative_to(files_root / "sales" / "hosted" / str(draft.uuid))


def test_two_ports_never_share_a_file(draft):
    first = send(draft, port="Orders!")
    second = send(first.product, b"id\n2\n", port="orders")
    third = send(second.product, b"id\n3\n", port="orders?")

    assert len({first.location, second.location, third.location}) == 3


def test_a_file_beyond_the_limit_is_refused_before_and_while_it_comes(draft, files_root, settings):
    settings.ASSAY_MAX_UPLOAD_MB = 1
    sent = []

    def chunks() -> Iterator[bytes]:
        for _ in range(10_000):
            sent.append(1)
            yield b"1,2\n" * 1000

    with pytest.raises(UploadTooLarge, match="larger than 1 MB"):
        send(draft, chunks=chunks(), size=10 * 1024**3)
    assert sent == []
    with pytest.raises(UploadTooLarge):
        send(draft, chunks=chunks())

    assert len(sent) < 300
    assert files_below(files_root) == []


def test_an_upload_that_breaks_off_leaves_what_was_there(draft, files_root):
    product = send(draft).product

    def broken() -> Iterator[bytes]:
        yield b"id,amount\n"
        raise ConnectionResetError

    with pytest.raises(UploadCutShort, match="after 18 of 1,000 bytes"):
        send(product, size=1000)
    with pytest.raises((CatalogError, OSError)):
        send(product, chunks=broken())

    files = files_below(files_root)
    assert len(files) == 2
    assert (files_root / files[-1]).read_bytes() == CSV


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_said_and_leaves_what_was_there(draft, files_root, number):
    result = send(draft)

    def full() -> Iterator[bytes]:
        yield b"id\n"
        raise OSError(number, os.strerror(number))

    with pytest.raises(StorageFull, match="The disk of the files is full"):
        send(result.product, chunks=full())

    assert (files_root / result.location).read_bytes() == CSV
    assert len(files_below(files_root)) == 2


def test_of_two_uploads_at_once_one_wins_and_the_other_is_told(draft, files_root):
    first = send(draft)

    def slow() -> Iterator[bytes]:
        yield b"id\n"
        send(first.product, b"id\n1\n")
        yield b"2\n"

    with pytest.raises(UploadConflict, match="uploaded to this port meanwhile") as conflict:
        send(first.product, chunks=slow())

    assert (files_root / first.location).read_bytes() == b"id\n1\n"
    assert conflict.value.current not in ("", first.tag)
    assert AuditEvent.objects.filter(verb="uploaded data").count() == 2


def test_two_first_uploads_at_once_make_one_port(draft):
    def slow() -> Iterator[bytes]:
        yield b"id\n"
        send(draft)
        yield b"2\n"

    with pytest.raises(UploadConflict):
        send(draft, chunks=slow())

    assert draft.output_ports.count() == 1


def test_an_upload_that_saw_other_data_is_refused(draft):
    first = send(draft)
    second = send(first.product, b"id\n1\n", replaces=first.tag)

    with pytest.raises(UploadConflict):
        send(second.product, b"id\n2\n", replaces=first.tag)


def test_only_those_who_may_edit_upload(draft, users, files_root):
    for person in (users.consumer, users.outsider):
        with pytest.raises(PermissionDenied):
            send(draft, actor=person)

    assert files_below(files_root) == []
    assert send(draft, actor=users.owner).size == len(CSV)


def test_a_port_that_serves_from_an_api_is_not_replaced_by_a_file(draft, files_root):
    api = {"type": "api", "location": "https://example.org/orders", "path": "", "format": ""}
    product = with_port(draft, "orders", **api)

    with pytest.raises(InvalidTransition, match="serves from a server of type api"):
        send(product)

    assert files_below(files_root) == []


def test_half_written_files_of_a_killed_process_are_removed_later(draft, files_root):
    result = send(draft)
    old = (files_root / result.location).parent / ".incoming-dead"
    new = old.with_name(".incoming-alive")
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    hours_ago = timezone.now() - timedelta(hours=12)
    os.utime(old, (hours_ago.timestamp(),) * 2)

    assert remove_stale_uploads(before=timezone.now() - timedelta(hours=6)) == 1
    assert not old.exists()
    assert new.exists()
    assert (files_root / result.location).exists()


# --- the API --------------------------------------------------------------------------------------


def data_of(product: DataProduct, port: str = "orders", query: str = "") -> str:
    return f"/products/{product.uuid}/ports/{port}/data{query}"


def test_the_api_takes_a_file_as_its_body(draft, users):
    program = Program(users.owner)
    created = program.send("PUT", data_of(draft), CSV, content_type="text/csv", If_None_Match="*")
    assert created.status_code == 201, created.content
    assert created.json()["size"] == len(CSV)

    replaced = program.send(
        "POST", data_of(draft), b"id\n1\n", content_type="text/csv", edition=created["ETag"]
    )

    assert replaced.status_code == 200
    assert replaced["ETag"] != created["ETag"]
    stale = program.send(
        "PUT", data_of(draft), CSV, content_type="text/csv", edition=created["ETag"]
    )
    problem_of(stale, 412, "upload-conflict")


def test_the_api_tells_the_format_from_the_name_or_the_media_type(draft, users):
    program = Program(users.owner)
    body = b'{"id": 1}\n{"id": 2}\n'

    by_name = program.send(
        "PUT",
        data_of(draft, query="?filename=orders.ndjson"),
        body,
        content_type="application/octet-stream",
        If_None_Match="*",
    )
    unknown = program.send(
        "PUT", data_of(draft, "b"), body, content_type="application/octet-stream", If_Match="*"
    )
    multipart = program.send(
        "PUT", data_of(draft, "b"), body, content_type="multipart/form-data; boundary=x"
    )

    assert by_name.json()["format"] == "json"
    assert "format" in problem_of(unknown, 422, "invalid")["errors"][0]["message"]
    problem_of(multipart, 415, "unsupported-media-type")


def test_the_api_asks_what_is_replaced(draft, users):
    answer = Program(users.owner).send("PUT", data_of(draft), CSV, content_type="text/csv")

    assert "what it replaces" in problem_of(answer, 428, "precondition-required")["detail"]


def test_the_api_refuses_what_is_too_large_by_its_length(draft, users, settings):
    settings.ASSAY_MAX_UPLOAD_MB = 1
    answer = Program(users.owner).send(
        "PUT", data_of(draft), b"1" * (3 * 1024**2), content_type="text/csv", If_Match="*"
    )

    problem_of(answer, 413, "too-large")
    other = Program(users.owner).send("POST", "/products", b"1" * (11 * 1024**2))
    problem_of(other, 413, "too-large")


def test_the_api_lets_nobody_upload_who_may_not(draft, users):
    for person, status, code in (
        (None, 401, "not-authenticated"),
        (users.outsider, 404, "not-found"),
    ):
        answer = Program(person).send(
            "PUT", data_of(draft), CSV, content_type="text/csv", If_Match="*"
        )
        problem_of(answer, status, code)
    product = published(users)
    denied = Program(users.consumer).send(
        "PUT", data_of(product), CSV, content_type="text/csv", If_Match="*"
    )
    problem_of(denied, 403, "permission-denied")


# --- the pages ------------------------------------------------------------------------------------


def browser(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def test_the_form_adds_a_port_and_takes_its_next_file(draft, users, files_root):
    client = browser(users.owner)
    page = f"{draft.path}/edit/ports/upload"
    assert 'enctype="multipart/form-data"' in client.get(page).content.decode()

    added = client.post(
        page, {"edition": draft.edition, "file": SimpleUploadedFile("orders.csv", CSV)}
    )

    assert added.status_code == 302, added.content.decode()[:3000]
    port = draft.output_ports.get()
    assert port.name == "orders"
    page = f"{draft.path}/edit/ports/{port.pk}/data"
    html = client.get(page).content.decode()
    assert "served now" in html
    tag = html.split('name="replaces" value="')[1].split('"')[0]
    fields = {"edition": 1, "replaces": tag}
    first = client.post(page, fields | {"file": SimpleUploadedFile("a.csv", b"id\n1\n")})
    second = client.post(page, fields | {"file": SimpleUploadedFile("b.csv", b"id\n2\n")})

    assert first.status_code == 302
    assert second.status_code == 422
    assert "uploaded to this port meanwhile" in second.content.decode()
    now = second.content.decode().split('name="replaces" value="')[1].split('"')[0]
    again = client.post(
        page, fields | {"replaces": now, "file": SimpleUploadedFile("b.csv", b"id\n2\n")}
    )
    assert again.status_code == 302


def test_the_form_says_what_is_wrong_at_the_file(draft, users, files_root):
    client = browser(users.owner)
    page = f"{draft.path}/edit/ports/upload"

    wrong = client.post(page, {"edition": 1, "file": SimpleUploadedFile("a.csv", b"PK\x03\x04x")})
    unknown = client.post(page, {"edition": 1, "file": SimpleUploadedFile("a.docx", b"text")})
    missing = client.post(page, {"edition": 1})

    assert wrong.status_code == unknown.status_code == missing.status_code == 422
    assert "it is a ZIP archive" in wrong.content.decode()
    assert "The format of the file is not known" in unknown.content.decode()
    assert files_below(files_root) == []
