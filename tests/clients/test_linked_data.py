"""Official clients against a running server with the demo mesh and hostile texts.

pyshacl checks the pages of the catalog and single IRIs with the shapes of DCAT-AP 3, rdflib reads
each in three syntaxes, extruct reads the dataset of a page, and prov reads PROV-JSON.
"""

import json
import socket
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from catalog.people.models import Person
from catalog.products.models import DataProduct
from tests.catalog.api_client import Program
from tests.catalog.linked_data.meshes import HOSTILE, hostile_product, linked_products, measured

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
FOLDER = Path(__file__).parent
SHAPES = "samples/dcat-ap/3.0.1/html/shacl"


def run(python: Path, script: str, addresses: list[str], *arguments: str) -> list[Any]:
    """Return what a script of another environment writes, one JSON value for each address."""
    process = subprocess.run(
        [python, FOLDER / script, *arguments],
        input="\n".join(addresses),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return [json.loads(line) for line in process.stdout.splitlines()]


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> None:
    """The demo mesh, loaded and measured, in a folder of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.ASSAY_DEMO = True
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_FILES_ROOT = tmp_path / "files"
    settings.ASSAY_DEMO_PORT = port
    settings.ASSAY_ALLOWED_NETS = (f"127.0.0.1:{port}",)
    call_command("load_demo", stdout=StringIO())


@pytest.mark.shacl
def test_the_catalog_conforms_to_dcat_ap_and_reads_the_same_in_three_syntaxes(
    demo: None, live_server: LiveServer, settings: Any, shacl_python: Path, shared_folder: Path
):
    settings.ASSAY_BASE_IRI = live_server.url
    hostile = measured(hostile_product())
    lead = Program(Person.objects.get(username="gunnar"))
    token = lead.headers["Authorization"].removeprefix("Bearer ")
    product = DataProduct.objects.get(slug="customer-lifetime-value")
    version = product.versions.order_by("published_at")[0].version

    def read(addresses: list[str]) -> list[Any]:
        return run(
            shacl_python, "linked_data_shapes.py", addresses, str(shared_folder / SHAPES), token
        )

    pages: list[Any] = []
    waiting = [f"{live_server.url}/catalog?limit=30"]
    while waiting:
        pages += read(waiting)
        waiting = pages[-1]["next"]
    iris = [f"{live_server.url}/id/product/{one.uuid}" for one in (hostile, product)]
    answers = [*pages, *read([*iris, f"{iris[1]}@{version}"])]

    assert len(pages) == -(-DataProduct.objects.live().count() // 30) > 1
    assert DataProduct.objects.live().count() >= 40
    assert [answer["violations"] for answer in answers] == [[]] * len(answers)
    assert [answer["differences"] for answer in answers] == [[]] * len(answers)
    for answer in answers:
        triples = set(answer["triples"].values())
        assert len(triples) == 1
        assert min(triples) > 40
        print(answer["url"], triples, answer["warnings"], "recommendations")


@pytest.mark.extruct
def test_extruct_reads_the_dataset_of_a_page(
    live_server: LiveServer, settings: Any, extruct_python: Path
):
    settings.ASSAY_BASE_IRI = live_server.url
    hostile, (product, source) = hostile_product(), linked_products()
    addresses = [f"{live_server.url}{one.path}" for one in (hostile, product)]

    odd, orders = run(extruct_python, "extruct_page.py", addresses)

    assert [len(odd), len(orders)] == [1, 1]
    assert HOSTILE in odd[0]["description"]
    assert orders[0]["@type"] == "Dataset"
    assert orders[0]["name"] == "Orders"
    assert orders[0]["url"] == addresses[1]
    assert orders[0]["isBasedOn"][0]["name"] == source.name


@pytest.mark.prov
def test_prov_reads_the_provenance_of_a_product(
    live_server: LiveServer, settings: Any, prov_python: Path
):
    settings.ASSAY_BASE_IRI = live_server.url
    hostile, (product, _) = measured(hostile_product()), linked_products()
    addresses = [f"{live_server.url}/id/product/{one.uuid}.provjson" for one in (hostile, product)]

    odd, orders = run(prov_python, "prov_documents.py", addresses)

    assert odd["equal"]
    assert orders["equal"]
    assert HOSTILE in "\n".join(odd["labels"])
    assert odd["counts"]["Activity"] == 4
    assert orders["counts"]["Derivation"] == 2
    assert "Tills of all shops" in orders["labels"]
