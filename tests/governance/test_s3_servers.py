"""S3 servers that move, stall or hold much: each outcome is clear, and costs its limits only."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog.contracts.models import contract_of
from catalog.contracts.services import save_contract
from catalog.exceptions import ValidationFailed
from governance.inspection.services import inspect_port
from governance.sandbox.groups import Grouping, GroupRequest
from governance.sandbox.runner import count_groups
from governance.sandbox.types import SourceUnreadable
from governance.slo.outcomes import Outcome
from governance.slo.services import probe_ports
from tests.catalog.endpoints import Behaviour, Endpoint, dripping, saying, serving
from tests.factories import FACTORY, make_product, with_port

pytestmark = pytest.mark.django_db


NAME = Grouping(column="name", name="name")


def server_of(port: Any) -> Any:
    return port.port_contract.contract.servers.get()


@contextmanager
def port_of(behave: Behaviour, settings: Any, **server: str) -> Iterator[tuple[Any, Endpoint]]:
    """Serve one behaviour as a storage; yield a port that names it, and the storage."""
    with serving(behave) as storage:
        settings.ASSAY_ALLOWED_NETS = (storage.place,)
        declared = {
            "type": "s3",
            "location": "s3://lake/orders.csv",
            "endpointUrl": storage.url,
            "format": "csv",
            "path": "",
        }
        product = with_port(make_product(), **declared | server)
        yield product.output_ports.select_related("product__domain").get(), storage


def probe(port: Any) -> tuple[str, int | None]:
    [result] = probe_ports(port_ids=[port.pk])
    return result.outcome, result.status_code


def file_in_parts(path: Path) -> Behaviour:
    """Serve a file as a storage does: one range for each connection."""

    def behave(connection: socket.socket) -> None:
        request = behave.storage.requests[-1].decode("latin-1")  # type: ignore[attr-defined]
        span = request.lower().split("range: bytes=")[1].split("\r\n")[0]
        start, end = (int(number) for number in span.split("-"))
        size = path.stat().st_size
        end = min(end, size - 1)
        with path.open("rb") as file:
            file.seek(start)
            body = file.read(end - start + 1)
        headers = {"Content_Range": f"bytes {start}-{end}/{size}"}
        saying(206, body, **headers)(connection)

    return behave


def test_a_bucket_in_another_region_is_found_there_once(settings):
    answers = [saying(206, b"id\n1\n"), saying(301, b"", x_amz_bucket_region="eu-west-1")]

    def answer(connection: socket.socket) -> None:
        answers.pop()(connection)

    with port_of(answer, settings) as (port, storage):
        assert probe(port) == (Outcome.GOOD, 206)
        assert storage.connections == 2


def test_a_storage_that_always_names_another_region_is_asked_twice_at_most(settings):
    regions = iter(f"region-{number}" for number in range(100))

    def move(talk: socket.socket) -> None:
        saying(301, b"", x_amz_bucket_region=next(regions))(talk)

    with port_of(move, settings) as (port, storage):
        assert probe(port) == (Outcome.BAD_ANSWER, 301)
        assert storage.connections == 2
        failure = inspect_port(port=port, actor=FACTORY)
        assert failure.failure == "unreachable"
        assert "set assayRegion" in failure.failure_message


def test_a_redirect_to_another_address_is_not_followed(settings):
    elsewhere = saying(307, b"", Location="http://169.254.169.254/latest")

    with port_of(elsewhere, settings) as (port, storage):
        assert probe(port)[0] == Outcome.BAD_ANSWER
        assert storage.connections == 1


def test_a_storage_that_drips_costs_its_deadline(settings):
    with port_of(dripping(b"HTTP/1.1 206 OK\r\nContent-Length: 9\r\n\r\n", b""), settings) as (
        port,
        _storage,
    ):
        assert probe(port)[0] in (Outcome.TIMEOUT, Outcome.BAD_ANSWER)


@pytest.mark.parametrize("status", [500, 503])
def test_a_storage_that_fails_is_an_error_with_its_status(settings, status):
    body = b"<Error><Code>SlowDown</Code></Error>"
    with port_of(saying(status, body), settings) as (port, _storage):
        assert probe(port) == (Outcome.HTTP_ERROR, status)
        message = inspect_port(port=port, actor=FACTORY).failure_message
        assert f"answered {status} SlowDown" in message


def test_a_listing_without_end_costs_five_pages(settings):
    page = (
        b"<ListBucketResult><IsTruncated>true</IsTruncated>"
        b"<NextContinuationToken>t</NextContinuationToken><Contents><Key>x</Key>"
        b"<LastModified>2026-01-01T00:00:00Z</LastModified></Contents></ListBucketResult>"
    )
    with port_of(saying(200, page), settings, location="s3://lake/*.csv") as (port, storage):
        assert probe(port)[0] == Outcome.TIMEOUT
        assert storage.connections == 5
        failure = inspect_port(port=port, actor=FACTORY)
        assert (failure.failure, storage.connections) == ("not-found", 25)
        assert "among the first 20,000 keys" in failure.failure_message


@pytest.mark.slow
def test_of_a_large_parquet_object_only_the_footer_is_fetched(settings, tmp_path):
    path = tmp_path / "large.parquet"
    duckdb.sql("SELECT range AS id, random() AS x FROM range(6000000)").write_parquet(
        str(path), compression="uncompressed"
    )
    assert path.stat().st_size > 64 * 1024**2
    behave = file_in_parts(path)
    location = "s3://lake/large.parquet"
    with port_of(behave, settings, location=location, format="parquet") as (port, storage):
        behave.storage = storage
        table = inspect_port(port=port, actor=FACTORY).profile[0]

        assert (table.name, table.rows) == ("large", 6_000_000)
        assert [(column.name, column.logical_type) for column in table.columns] == [
            ("id", "integer"),
            ("x", "number"),
        ]
        assert all("only the footer was read" in column.reason for column in table.columns)
        assert storage.connections == 2

        attribute = Grouping(column="id", name="id")
        with pytest.raises(SourceUnreadable) as unreadable:
            count_groups(server_of(port), GroupRequest(table="", attributes=(attribute,)))
        assert unreadable.value.code == "too-costly"


@pytest.mark.slow
def test_of_a_large_text_the_first_part_is_read_as_a_sample(settings, tmp_path):
    path = tmp_path / "large.csv"
    path.write_bytes(b"id,name\n" + b"12345678,a name that fills the line\n" * 2_000_000)
    behave = file_in_parts(path)
    with port_of(behave, settings, location="s3://lake/large.csv") as (port, storage):
        behave.storage = storage
        table = inspect_port(port=port, actor=FACTORY).profile[0]

        assert table.is_sample
        assert table.rows is not None
        assert 400_000 < table.rows < 500_000
        assert storage.connections == 1

        counts = count_groups(server_of(port), GroupRequest(table="", attributes=(NAME,)))
        assert (counts.rows, counts.is_sample) == (table.rows, True)


@pytest.mark.parametrize(
    ("server_type", "words"),
    [("gcs", "Google Cloud Storage cannot be read yet"), ("azure", "Azure Blob Storage")],
)
def test_storages_that_are_not_read_yet_say_so(server_type, words):
    product = with_port(make_product(), type=server_type, location="x://lake/orders.csv")
    port = product.output_ports.select_related("product__domain").get()

    with pytest.raises(ValidationFailed, match=words):
        inspect_port(port=port, actor=FACTORY)


def test_a_contract_keeps_a_location_that_cannot_be_read():
    product = with_port(make_product(), type="s3", location="s3://lake/{model}/x.csv", path="")
    contract = contract_of(product.output_ports.get())
    assert contract is not None
    servers = [{"server": "s", "type": "s3", "location": "arn:aws:s3:::lake"}]

    saved, _ = save_contract(
        product=product,
        tree=contract.tree | {"servers": servers},
        edition=product.edition,
        actor=FACTORY,
    )

    assert saved.tree["servers"] == servers
