"""The tools of the standards' own projects, against a running server: our documents pass them."""

import json
import subprocess
from pathlib import Path

import pytest
from django.urls import reverse

from catalog.contracts.models import DataContract
from catalog.contracts.services import save_contract, upload_data
from catalog.ports.uploads import Upload
from catalog.publication.services import publish_product
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
)

pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = [
    {"name": "id", "logicalType": "integer", "physicalType": "BIGINT", "required": True},
    {"name": "name", "logicalType": "string", "physicalType": "VARCHAR", "unique": True},
]
QUALITY = [{"type": "library", "metric": "rowCount", "mustBe": 2, "id": "two-rows"}]
GOOD = b"id,name\n1,Ada\n2,Grace\n"
DOUBLED = b"id,name\n1,Ada\n2,Ada\n"


def publish(settings, folder, content=GOOD, data_format="csv"):
    """Return a published product whose file Assay hosts, and its contract."""
    settings.ASSAY_FILES_ROOT = folder / "files"
    domain = make_domain("sales")
    make_users(domain)
    tree = with_answers(product_tree("Orders", assaySensitivity="public", assayVisibility="public"))
    upload = Upload(chunks=[content], format=data_format, name=f"orders.{data_format}")
    product = upload_data(
        product=make_product(domain=domain, tree=tree), name="table", upload=upload, actor=FACTORY
    ).product
    contract = product.contracts.get()
    table = {"name": "orders", "properties": COLUMNS, "quality": QUALITY}
    document = contract.tree | {"schema": [table], "status": "active"}
    _, product = save_contract(
        product=product, tree=document, edition=product.edition, actor=FACTORY
    )
    product = publish_product(
        product=with_good_checks(product), edition=product.edition, actor=FACTORY
    )
    return product, DataContract.objects.get()


def read(url):
    done = subprocess.run(
        ["curl", "--fail", "--silent", url], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(command, *arguments, **options):
    return subprocess.run(
        [command, *arguments], capture_output=True, text=True, timeout=120, check=False, **options
    )


def datacontract(python, *arguments, **options):
    return run(Path(python).with_name("datacontract"), *arguments, **options)


@pytest.mark.datacontract
def test_datacontract_lints_our_contract_over_http(
    live_server, datacontract_python, settings, tmp_path
):
    _, contract = publish(settings, tmp_path)
    url = f"{live_server.url}/api/v1/contracts/{contract.uuid}.odcs.yaml"

    done = datacontract(datacontract_python, "lint", "--no-inline-references", url)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Data contract is valid" in done.stdout


@pytest.mark.datacontract
@pytest.mark.parametrize(("content", "verdict"), [(GOOD, "passed"), (DOUBLED, "failed")])
def test_datacontract_tests_a_hosted_file_by_our_contract(
    live_server, datacontract_python, settings, tmp_path, content, verdict
):
    product, contract = publish(settings, tmp_path, content)
    url = f"{live_server.url}/api/v1/contracts/{contract.uuid}.odcs.yaml"
    # The contract names the file by its path; the client keeps what it downloaded under that.
    (server,) = contract.tree["servers"]
    path = tmp_path / "client" / server["path"]
    path.parent.mkdir(parents=True)
    data = f"{live_server.url}/api/v1/products/{product.uuid}/ports/table/data"
    path.write_bytes(read(data))

    report = tmp_path / "report.json"
    done = datacontract(
        datacontract_python,
        *("test", "--no-inline-references", "--server", server["server"]),
        *("--output", str(report), "--output-format", "json", url),
        cwd=tmp_path / "client",
    )

    result = json.loads(report.read_text())
    checks = {check["name"]: check["result"] for check in result["checks"]}
    assert result["result"] == verdict, done.stdout + done.stderr
    assert (done.returncode == 0) == (verdict == "passed")
    assert "passed" in checks.values()
    assert {name for name, passed in checks.items() if passed == "failed"} == (
        set() if verdict == "passed" else {"Check that unique field name has no duplicate values"}
    )


@pytest.mark.check_jsonschema
@pytest.mark.parametrize("version", ["v1.0.0", "v0.9.0"])
def test_check_jsonschema_accepts_our_product(
    live_server, check_jsonschema, settings, tmp_path, shared_folder, version
):
    product, _ = publish(settings, tmp_path)
    url = live_server.url + reverse("api:product_manifest", args=[product.uuid])
    document = tmp_path / "product.odps.yaml"
    document.write_bytes(read(f"{url}?apiVersion={version}"))
    schema = shared_folder / f"samples/bitol-odps/schema/odps-json-schema-{version}.json"

    done = run(check_jsonschema, "--schemafile", str(schema), str(document))

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"apiVersion: {version}" in document.read_text()
