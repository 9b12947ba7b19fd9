"""S3 servers against moto, which checks keys and signatures as Amazon does."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from governance.inspection.models import Inspection
from governance.inspection.services import inspect_port
from governance.sandbox.groups import Grouping, GroupRequest
from governance.sandbox.runner import count_groups
from governance.slo.outcomes import Outcome
from governance.slo.services import probe_ports
from tests.factories import FACTORY, make_product, with_port

pytestmark = [pytest.mark.django_db, pytest.mark.moto]
SCRIPT = Path(__file__).with_name("moto_server.py")
ODD_KEY = "orders/2026/a b ü+&=%20'(1)~.csv"


@pytest.fixture(scope="session")
def storage(moto: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A running storage: its endpoint, and the key and secret of a user."""
    folder = tmp_path_factory.mktemp("lake")
    files = {
        ODD_KEY: b"id,amount\n1,5\n2,7\n3,\n",
        "orders/rows.json": b'{"id": 1, "paid": true}\n{"id": 2, "paid": false}\n',
        "orders/not.parquet": b"id,amount\n1,5\n",
        "orders/empty.csv": b"",
    }
    for key, content in files.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)
    parquet = str(folder / "orders/rows.parquet")
    duckdb.sql("SELECT range AS id, 'a' AS name FROM range(500)").write_parquet(parquet)
    process = subprocess.Popen(
        [moto, str(SCRIPT), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture(autouse=True)
def reachable(
    storage: dict[str, str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    settings.ASSAY_ALLOWED_NETS = (storage["endpoint"].partition("://")[2],)
    monkeypatch.setenv("ASSAY_SECRET_LAKE", storage["secret"])
    monkeypatch.setenv("ASSAY_SECRET_OTHER", "x" * 40)
    for name in ("LAKE", "OTHER"):
        uses = f"*@{storage['endpoint'].partition('://')[2]}"
        monkeypatch.setenv(f"ASSAY_SECRET_{name}_FOR", uses)
    return storage


def port_at(storage: dict[str, str], location: str, file_format: str = "csv", **custom: Any) -> Any:
    """Return a port whose data is in the storage; `custom` replaces custom properties."""
    properties = {"assayUser": storage["key"], "assaySecret": "lake"} | custom
    server = {
        "server": "lake",
        "type": "s3",
        "location": location,
        "endpointUrl": storage["endpoint"],
        "format": file_format,
        "path": "",
        "customProperties": [
            {"property": name, "value": value} for name, value in properties.items() if value
        ],
    }
    product = with_port(make_product(), **server)
    return product.output_ports.get()


def outcome_of(port: OutputPort) -> tuple[str, int | None]:
    [result] = probe_ports(port_ids=[port.pk])
    return result.outcome, result.status_code


def read(port: OutputPort) -> Inspection:
    ports = OutputPort.objects.select_related("product__domain", "port_contract__contract")
    return inspect_port(port=ports.get(pk=port.pk), actor=FACTORY)


@pytest.mark.parametrize(
    ("location", "file_format"),
    [
        (f"s3://lake/{ODD_KEY}", "csv"),
        ("s3://lake/orders/rows.parquet", "parquet"),
        ("s3://lake/orders/rows.json", "json"),
        ("s3a://lake/orders/rows.json", "json"),
        ("s3://lake/orders/**/*.csv", "csv"),
        ("s3://lake/orders/{model}/*.csv", "csv"),
        ("s3://lake/orders/2026/", "csv"),
        # Behind a page of other keys.
        ("s3://lake/many/*.csv", "csv"),
    ],
)
def test_a_server_that_can_be_read_is_good(storage, location, file_format):
    assert outcome_of(port_at(storage, location, file_format)) == (Outcome.GOOD, 206)


@pytest.mark.parametrize(
    ("location", "custom", "outcome"),
    [
        ("s3://lake/orders/nothing.csv", {}, (Outcome.MISSING, 404)),
        ("s3://lake/orders/*.nothing", {}, (Outcome.MISSING, 200)),
        ("s3://lake/orders/*.csv/", {}, (Outcome.MISSING, 200)),
        ("s3://missing/orders.csv", {}, (Outcome.MISSING, 404)),
        ("s3://locked/orders.csv", {}, (Outcome.DENIED, 403)),
        ("s3://lake/orders/*.csv", {"assayUser": "AKIANOBODY"}, (Outcome.DENIED, 403)),
        ("s3://lake/orders/*.csv", {"assaySecret": "other"}, (Outcome.DENIED, 403)),
        (f"s3://lake/{ODD_KEY}", {"assaySecret": ""}, (Outcome.DENIED, 403)),
        ("s3://lake/orders/*.csv", {"assaySecret": "unset"}, (Outcome.NOT_CONFIGURED, None)),
        ("s3://lake/orders/*.csv", {"assayUser": ""}, (Outcome.NOT_CONFIGURED, None)),
        ("s3://lake/a/../../other/x.csv", {}, (Outcome.NOT_CONFIGURED, None)),
        ("s3://UPPER/x.csv", {}, (Outcome.NOT_CONFIGURED, None)),
        ("https://lake/x.csv", {}, (Outcome.NOT_CONFIGURED, None)),
    ],
)
def test_a_server_that_cannot_be_read_says_why(storage, location, custom, outcome):
    assert outcome_of(port_at(storage, location, **custom)) == outcome


def test_an_object_of_another_format_is_told(storage):
    port = port_at(storage, "s3://lake/orders/not.parquet", "parquet")

    assert outcome_of(port) == (Outcome.WRONG_FORMAT, 206)


def test_a_storage_at_a_private_address_is_called_only_if_it_is_allowed(storage, settings):
    port = port_at(storage, "s3://lake/orders/*.csv")
    settings.ASSAY_ALLOWED_NETS = ()

    assert outcome_of(port) == (Outcome.REFUSED, None)
    assert read(port).failure == "refused"


def test_csv_json_and_parquet_are_read(storage):
    csv = read(port_at(storage, f"s3://lake/{ODD_KEY}"))
    rows = read(port_at(storage, "s3://lake/orders/rows.json", "json"))
    parquet = read(port_at(storage, "s3://lake/orders/rows.parquet", "parquet"))

    assert (csv.failure, rows.failure, parquet.failure) == ("", "", "")
    assert [column.name for column in csv.profile[0].columns] == ["id", "amount"]
    assert [column.logical_type for column in rows.profile[0].columns] == ["integer", "boolean"]
    assert parquet.profile[0].rows == 500
    assert (csv.profile[0].rows, parquet.profile[0].name) == (3, "rows")


def test_groups_of_an_object_are_counted(storage):
    port = port_at(storage, "s3://lake/orders/*.parquet", "parquet")
    server = port.port_contract.contract.servers.get()
    request = GroupRequest(table="", attributes=(Grouping(column="name", name="letter"),))

    counts = count_groups(server, request)

    assert [(cell.groups, cell.n) for cell in counts.table("letter").cells] == [(("a",), 500)]
    assert counts.note == "Read from the newest of 2 objects, orders/rows.parquet."
    assert not counts.is_sample


def test_the_object_that_was_read_is_named(storage):
    inspection = read(port_at(storage, "s3://lake/orders/*.json", "json"))

    assert inspection.failure == ""
    assert inspection.note == "Read from the one object that matches, orders/rows.json."
    assert inspection.profile[0].name == "orders"


@pytest.mark.parametrize(
    ("location", "custom", "code", "words"),
    [
        ("s3://lake/orders/nothing.csv", {}, "not-found", "no such object"),
        ("s3://missing/orders.csv", {}, "not-found", "no such bucket"),
        ("s3://locked/orders.csv", {}, "denied", "Access is denied"),
        ("s3://lake/orders/*.csv", {"assayUser": "AKIANOBODY"}, "denied", "not known there"),
        ("s3://lake/orders/*.csv", {"assaySecret": "other"}, "denied", "does not belong"),
        ("s3://lake/orders/*.csv", {"assaySecret": "unset"}, "no-secret", "ASSAY_SECRET_UNSET"),
        ("s3://lake/orders/*.nothing", {}, "not-found", "No object matches"),
        ("s3://lake/orders/empty.csv", {}, "empty", ""),
        ("s3://lake/orders/not.parquet", {}, "wrong-format", ""),
    ],
)
def test_a_reading_that_fails_says_why(storage, location, custom, code, words):
    file_format = "parquet" if location.endswith("parquet") else "csv"
    inspection = read(port_at(storage, location, file_format, **custom))

    assert inspection.failure == code
    assert words in inspection.failure_message


def test_a_secret_never_leaves_in_an_answer(storage):
    port = port_at(storage, "s3://lake/orders/*.csv", assaySecret="other")
    inspection = read(port)
    tree = json.dumps(DataProduct.objects.get(pk=port.product_id).contracts.get().tree)

    for text in (inspection.failure_message, json.dumps(inspection.tables), tree):
        assert storage["secret"] not in text
        assert "x" * 40 not in text
