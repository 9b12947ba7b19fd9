"""The data of a port as readers get it: only open data, whole or in ranges, and never by halves."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import RequestFactory
from django.utils.http import http_date

from catalog.api.rest.files import RangeNotSatisfiable, parse_range
from catalog.contracts.models import contract_of
from catalog.contracts.services import save_contract, upload_data
from catalog.ports.uploads import Upload
from catalog.products.models import DataProduct
from catalog.products.services import replace_document
from catalog.publication.services import deprecate_product, publish_product, retire_product
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
)

pytestmark = pytest.mark.django_db
CSV = b"id,amount\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(200))


@pytest.fixture(autouse=True)
def files_root(settings: Any, tmp_path: Path) -> Path:
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def users() -> Users:
    return make_users(make_domain("sales"))


def send(product: DataProduct, content: bytes = CSV, **fields: Any) -> DataProduct:
    upload = Upload(chunks=[content], format="csv", name="orders.csv")
    return upload_data(
        product=product, name="orders", upload=upload, actor=FACTORY, **fields
    ).product


def draft(users: Users, *, classification: str = "", **custom: Any) -> DataProduct:
    """Return a draft with an upload and two declared columns."""
    custom = {"assaySensitivity": "public"} | custom
    tree = with_answers(product_tree("Orders", domain="sales", **custom))
    product = send(make_product(domain=users.domain, tree=tree))
    contract = product.contracts.get()
    columns = [
        {"name": "id", "logicalType": "integer"},
        {"name": "amount", "logicalType": "integer", "classification": classification},
    ]
    schema = [{"name": "orders", "properties": columns}]
    document = contract.tree | {"schema": schema}
    return save_contract(product=product, tree=document, edition=product.edition, actor=FACTORY)[1]


def published(users: Users, **fields: Any) -> DataProduct:
    product = with_good_checks(draft(users, **fields))
    return publish_product(product=product, edition=product.edition, actor=FACTORY)


def ask(product: DataProduct, person: Any = None, *, query: str = "", **headers: str) -> Any:
    """Return the answer to a reader of the port's data, whose content has not been read."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    address = f"/products/{product.uuid}/ports/orders/data{query}"
    return Program(person).send("GET", address, **headers)


def read(product: DataProduct, person: Any = None, *, query: str = "", **headers: str) -> Any:
    """Return the answer with what was sent as `body`."""
    answer = ask(product, person, query=query, **headers)
    answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer


def content(answer: Any) -> bytes:
    body: bytes = answer.body
    return body


def test_anybody_reads_the_data_of_an_open_product(users):
    product = published(users)

    answer = read(product)

    assert answer.status_code == 200
    assert content(answer) == CSV
    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Length"] == str(len(CSV))
    assert answer["Content-Disposition"] == 'attachment; filename="orders.csv"'
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["ETag"].startswith('"')
    assert read(product, Accept="text/html, application/xhtml+xml").status_code == 200


def test_a_client_that_takes_gzip_gets_the_bytes_as_they_are(users):
    answer = read(published(users), Accept_Encoding="gzip, br")

    assert "Content-Encoding" not in answer
    assert content(answer) == CSV


def test_the_web_server_is_handed_the_file_so_that_no_thread_waits_for_a_slow_reader(users):
    product = published(users)
    path = f"/api/v1/products/{product.uuid}/ports/orders/data"
    environ = RequestFactory().get(path).environ | {"wsgi.file_wrapper": FileWrapper}
    # A request begins by closing old connections, which the test's own is to it.
    request_started.disconnect(close_old_connections)
    try:
        answer = WSGIHandler()(environ, lambda status, headers: None)
    finally:
        request_started.connect(close_old_connections)

    assert isinstance(answer, FileWrapper)
    assert b"".join(answer) == CSV
    answer.filelike.close()


def test_head_says_how_large_the_file_is(users):
    product = published(users)
    address = f"/products/{product.uuid}/ports/orders/data"

    answer = Program().send("HEAD", address)

    assert answer.status_code == 200
    assert answer["Content-Length"] == str(len(CSV))
    assert answer["ETag"] == read(product)["ETag"]
    assert answer.content == b""


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-3", 0, 4),
        ("bytes=10-10", 10, 11),
        ("bytes=-5", len(CSV) - 5, len(CSV)),
        ("bytes=100-", 100, len(CSV)),
        ("bytes=100-999999", 100, len(CSV)),
        ("bytes=-999999", 0, len(CSV)),
    ],
)
def test_a_range_is_served_as_a_part(users, header, start, end):
    answer = read(published(users), Range=header)

    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {start}-{end - 1}/{len(CSV)}"
    assert answer["Content-Length"] == str(end - start)
    assert content(answer) == CSV[start:end]


@pytest.mark.parametrize("header", ["bytes=999999-", "bytes=-0", f"bytes={len(CSV)}-"])
def test_a_range_outside_the_file_is_refused_with_its_size(users, header):
    answer = read(published(users), Range=header)

    problem_of(answer, 416, "range-not-satisfiable")
    assert answer["Content-Range"] == f"bytes */{len(CSV)}"


@pytest.mark.parametrize(
    "header",
    ["bytes=0-1,5-6", "bytes=5-2", "bytes=", "bytes=-", "items=0-4", "bytes=a-b", "bytes=²-", "x"],
)
def test_a_range_that_is_several_or_none_gives_the_whole_file(users, header):
    answer = read(published(users), Range=header)

    assert answer.status_code == 200
    assert content(answer) == CSV


def test_ranges_are_parsed_without_surprises_at_any_size():
    assert parse_range("bytes=0-0", 1) == (0, 1)
    assert parse_range("bytes=" + "9" * 30 + "-", 10) is None
    with pytest.raises(RangeNotSatisfiable):
        parse_range("bytes=0-", 0)


def test_what_a_client_has_is_not_sent_again(users):
    product = published(users)
    first = read(product)

    assert read(product, If_None_Match=first["ETag"]).status_code == 304
    assert read(product, If_None_Match='"other"').status_code == 200
    assert read(product, If_Modified_Since=first["Last-Modified"]).status_code == 304
    before = http_date(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
    assert read(product, If_Modified_Since=before).status_code == 200
    assert read(product, If_Match='"other"').status_code == 412


def test_a_range_of_a_file_that_was_replaced_gives_the_new_file(users):
    product = published(users)
    first = read(product)
    part = read(product, Range="bytes=0-3", If_Range=first["ETag"])
    assert part.status_code == 206
    assert read(product, Range="bytes=0-3", If_Range=first["Last-Modified"]).status_code == 206

    send(product, b"id,amount\n7,7\n")

    again = read(product, Range="bytes=0-3", If_Range=first["ETag"])
    assert again.status_code == 200
    assert content(again) == b"id,amount\n7,7\n"
    assert again["ETag"] != first["ETag"]


def test_a_reader_keeps_the_file_that_it_began_to_read(users):
    product = published(users)
    answer = ask(product)

    send(product, b"id,amount\n7,7\n")

    assert b"".join(answer.streaming_content) == CSV


# --- who gets it ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("custom", "reason"),
    [
        ({"assaySensitivity": "internal"}, "whose sensitivity is public"),
        ({"assaySensitivity": "restricted"}, "whose sensitivity is public"),
        ({"classification": "pii"}, "classifies a column"),
        ({"classification": "Confidential "}, "classifies a column"),
    ],
)
def test_data_that_is_not_open_waits_for_the_gateway(users, custom, reason):
    product = published(users, **custom)

    for person in (None, users.outsider, users.consumer, users.owner):
        problem = problem_of(read(product, person), 403, "data-not-served")
        assert reason in problem["detail"]
        assert "gateway" in problem["hint"]


@pytest.mark.parametrize(
    ("visibility", "knows"),
    [("members", (False, True, True)), ("restricted", (False, False, True))],
)
def test_who_may_not_know_of_a_product_learns_nothing_of_its_data(users, visibility, knows):
    product = published(users, assayVisibility=visibility)

    for person, may_know in zip((None, users.outsider, users.consumer), knows, strict=True):
        answer = read(product, person)
        if may_know:
            problem_of(answer, 403, "data-not-served")
        else:
            problem_of(answer, 404, "not-found")


def test_the_data_of_a_draft_is_served_to_nobody(users):
    product = draft(users)

    problem_of(read(product), 404, "not-found")
    problem_of(read(product, users.consumer), 404, "not-found")
    problem = problem_of(read(product, users.owner), 403, "data-not-served")
    assert "draft" in problem["detail"]


def test_a_deprecated_product_is_served_and_a_retired_one_is_not(users):
    product = published(users)
    product = deprecate_product(
        product=product, edition=product.edition, actor=FACTORY, reason="It is old."
    )
    assert read(product).status_code == 200

    product = retire_product(
        product=product, edition=product.edition, actor=FACTORY, reason="It is old."
    )

    problem_of(read(product), 410, "retired")


def test_a_contract_without_columns_is_not_known_to_be_unclassified(users):
    tree = product_tree("Orders", domain="sales", assaySensitivity="public")
    product = send(make_product(domain=users.domain, tree=with_answers(tree)))
    product = with_good_checks(product)
    product = publish_product(product=product, edition=product.edition, actor=FACTORY)

    problem = problem_of(read(product), 403, "data-not-served")

    assert "declares no columns" in problem["detail"]


def test_only_uploads_to_the_product_itself_are_served(users, files_root):
    """Neither a file that an operator put there, nor that of another product of the domain."""
    other = published(users, assaySlug="other", assayVisibility="restricted")
    place = contract_of(other.output_ports.get()).tree["servers"][0]["path"]
    paths = ["sales/orders.csv", place]
    (files_root / "sales" / "orders.csv").write_bytes(CSV)
    product = published(users)
    for number, path in enumerate(paths):
        contract = product.contracts.order_by("-id")[0]
        servers = [{"server": "a", "type": "local", "path": path, "format": "csv"}]
        document = contract.tree | {"servers": servers, "version": f"0.{number + 2}.0"}
        product = save_contract(
            product=product, tree=document, edition=product.edition, actor=FACTORY
        )[1]
        product = publish_again(product)

        problem = problem_of(read(product), 403, "data-not-served")

        assert "is not kept here" in problem["detail"], path


def publish_again(product: DataProduct) -> DataProduct:
    """Return the product, published with the edits that it had."""
    product = with_good_checks(product)
    major, minor, patch = product.version.split(".")
    tree = product.tree | {"version": f"{major}.{int(minor) + 1}.{patch}"}
    product = replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    # Another format breaks those who read the former one.
    reason = "The next file has another format."
    return publish_product(
        product=product, edition=product.edition, actor=FACTORY, break_reason=reason
    )


def test_a_link_out_of_the_folder_is_not_followed(users, files_root):
    product = published(users)
    place = contract_of(product.output_ports.get()).tree["servers"][0]["path"]
    secret = files_root.parent / "secret.csv"
    secret.write_bytes(b"secret")
    (files_root / place).unlink()
    (files_root / place).symlink_to(secret)

    problem_of(read(product), 404, "not-found")


def test_a_file_that_is_gone_is_not_found(users, files_root):
    product = published(users)
    place = contract_of(product.output_ports.get()).tree["servers"][0]["path"]
    (files_root / place).unlink()

    problem = problem_of(read(product), 404, "not-found")

    assert "missing" in problem["detail"]


def test_the_newest_version_of_a_port_answers_unless_one_is_named(users):
    product = draft(users)
    product = send(product, b"id,amount\n2,2\n", version="10.0.0")
    product = send(product, b"id,amount\n3,3\n", version="9.0.0")
    product = with_good_checks(product)
    tree = product.tree
    product = publish_product(product=product, edition=product.edition, actor=FACTORY)
    assert tree["outputPorts"][1]["version"] == "10.0.0"

    old = read(product, query="?version=1.0.0")

    assert content(old) == CSV
    newest = problem_of(read(product), 403, "data-not-served")
    assert "declares no columns" in newest["detail"]
    problem_of(read(product, query="?version=3.0.0"), 404, "not-found")


def test_reading_data_is_throttled_like_other_reads(users, settings):
    product = published(users)
    answer = read(product)

    assert int(answer["RateLimit-Remaining"]) < int(answer["RateLimit-Limit"])


def test_a_writer_of_hostile_headers_gets_a_plain_answer(users):
    product = published(users)
    for headers in (
        {"Range": "bytes=" + "1" * 5000 + "-"},
        {"If_Range": "x" * 5000, "Range": "bytes=0-1"},
        {"If_None_Match": '"' * 99},
        {"Accept": "text/csv;q=nonsense"},
    ):
        assert read(product, **headers).status_code in (200, 206, 416)


# --- working copies -------------------------------------------------------------------------------


def history_of(product: DataProduct, person: Any = None) -> list[str]:
    answer = Program(person).get(f"/products/{product.uuid}/history")
    return [event["verb"] for event in answer.json()["results"]]


def test_a_port_that_an_upload_adds_is_served_after_the_next_publication(users):
    product = published(users)
    upload = Upload(chunks=[b"id,amount\n5,5\n"], format="csv", name="secret.csv")

    result = upload_data(product=product, name="more", upload=upload, actor=users.owner)

    assert not result.is_live
    address = f"/products/{product.uuid}/ports/more/data"
    for person in (None, users.consumer, users.owner):
        problem_of(Program(person).send("GET", address), 404, "not-found")
        assert read(product, person).body == CSV
    assert "uploaded data" not in history_of(product)
    for surface in ("", "/ports", "/contracts", "/history"):
        body = Program().get(f"/products/{product.uuid}{surface}").content
        assert b"secret" not in body
        assert b"more.csv" not in body


def test_a_file_of_another_format_is_served_after_the_next_publication(users):
    product = published(users)
    upload = Upload(chunks=[b'[{"id": 1, "amount": 2}]'], format="json", name="orders.json")

    result = upload_data(product=product, name="orders", upload=upload, actor=FACTORY)

    assert not result.is_live
    assert read(product).body == CSV
    product.refresh_from_db()
    publish_again(result.product)
    assert read(product).body == b'[{"id": 1, "amount": 2}]'
    assert read(product)["Content-Type"] == "application/json"


def test_an_upload_that_changes_no_document_is_live_while_there_are_unpublished_changes(users):
    product = published(users)
    tree = product.tree | {"name": "Other"}
    replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    upload = Upload(chunks=[b"id,amount\n9,9\n"], format="csv", name="orders.csv")

    result = upload_data(product=product, name="orders", upload=upload, actor=FACTORY)

    assert result.is_live
    assert read(product).body == b"id,amount\n9,9\n"
    assert history_of(product)[0] == "uploaded data"
