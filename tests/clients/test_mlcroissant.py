"""The official client of Croissant loads what Assay exports, and reads the files it serves."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from django.urls import reverse

from catalog.authorization.access import EVERYTHING
from catalog.contracts.services import save_contract, upload_data
from catalog.manifests.croissant_facts import port_facts
from catalog.manifests.formats.croissant.exporting import (
    DatasetFacts,
    export,
    tables_of,
    write,
)
from catalog.manifests.formats.croissant.importing import read_document
from catalog.manifests.formats.types import ImportedProduct
from catalog.ports.uploads import Upload
from catalog.products.models import DataProduct
from catalog.publication.services import publish_product
from catalog.types import JSONObject
from config.demo.manifests import read_products
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
)

pytestmark = [pytest.mark.django_db, pytest.mark.mlcroissant]
SCRIPT = Path(__file__).with_name("mlcroissant_load.py")
# Texts that break documents, paths and identifiers, if anything does.
HOSTILE = (
    'a "quoted" name',
    "spaces and\ttabs",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "\\u0000 {{7*7}} ${x}",
    "名前",
    "🥐",
    "@id",
    "http://example.org/a b",
    "x" * 300,
    ".",
    "a%20b",
)


@pytest.fixture
def server(live_server, settings, tmp_path):
    """A running server whose addresses are those that documents have."""
    settings.ASSAY_BASE_IRI = live_server.url
    settings.ASSAY_FILES_ROOT = tmp_path / "files"
    return live_server


def load(python: Path, home: Path, requests: list[JSONObject]) -> list[JSONObject]:
    """Return what the client makes of each dataset; its downloads go into a folder of the test."""
    done = subprocess.run(
        [python, str(SCRIPT)],
        input=orjson.dumps(requests),
        capture_output=True,
        timeout=120,
        check=False,
        env={"HOME": str(home), "CROISSANT_CACHE": str(home / "croissant"), "PATH": "/usr/bin"},
    )
    assert done.returncode == 0, done.stderr.decode()
    answers: list[JSONObject] = orjson.loads(done.stdout)
    return answers


def columns(*types: str, **fields_by_name: Any) -> list[JSONObject]:
    plain = [
        {"name": name, "logicalType": kind} for name, kind in zip("abcdefgh", types, strict=False)
    ]
    return [*plain, *({"name": name} | fields for name, fields in fields_by_name.items())]


def publish(content: bytes, data_format: str, properties: list[JSONObject]) -> DataProduct:
    """Return a published product whose port `orders` serves a file."""
    domain = make_domain()
    make_users(domain)
    tree = with_answers(product_tree("Orders", domain=domain.slug, assaySensitivity="public"))
    upload = Upload(chunks=[content], format=data_format, name=f"orders.{data_format}")
    product = upload_data(
        product=make_product(domain=domain, tree=tree), name="orders", upload=upload, actor=FACTORY
    ).product
    table = {"name": "orders", "properties": properties}
    document = product.contracts.get().tree | {"schema": [table]}
    product = save_contract(product=product, tree=document, edition=product.edition, actor=FACTORY)[
        1
    ]
    return publish_product(
        product=with_good_checks(product), edition=product.edition, actor=FACTORY
    )


def croissant_url(server: Any, product: DataProduct, port: str = "orders") -> str:
    path = reverse("api:port_croissant", kwargs={"uuid": product.uuid, "port": port})
    return f"{server.url}{path}"


def test_the_client_reads_the_records_of_files_from_their_urls(
    server, mlcroissant_python, tmp_path
):
    nested = {
        "address": {"logicalType": "object", "properties": columns("string")},
        "tags": {"logicalType": "array", "items": {"logicalType": "string"}},
        "lines": {
            "logicalType": "array",
            "items": {"logicalType": "object", "properties": columns("integer")},
        },
    }
    path = tmp_path / "orders.parquet"
    duckdb.sql(
        "SELECT 1 AS a, 2.5::DOUBLE AS b, DATE '2026-01-31' AS c, {'a': 'Oslo'} AS address, "
        "['x', 'y'] AS tags, [{'a': 7}, {'a': 8}] AS lines"
    ).write_parquet(str(path))
    plain = columns("integer", "string", "date")
    deep = columns("integer", "number", "date", **nested)
    rows_of_csv = b'a,b,c\n1,"\xc3\xa6 ""q""",2026-01-31\n2,,2026-02-01\n'
    products = [
        publish(rows_of_csv, "csv", plain),
        publish(path.read_bytes(), "parquet", deep),
        publish(b'{"a": 1, "b": "x"}\n{"a": 2}\n', "json", plain[:2]),
        publish(b"a\tb\n1\tx,y\n", "csv", plain[:2]),
    ]

    answers = load(
        mlcroissant_python,
        tmp_path,
        [{"dataset": croissant_url(server, one), "read": ["orders"]} for one in products],
    )

    assert [answer.get("error") for answer in answers] == [None] * 4
    rows = [
        [
            {key.removeprefix("orders/"): value for key, value in row.items()}
            for row in answer["records"]["orders"]
        ]
        for answer in answers
    ]
    assert [(row["a"], row["b"], row["c"][:10]) for row in rows[0]] == [
        (1, 'æ "q"', "2026-01-31"),
        (2, None, "2026-02-01"),
    ]
    [record] = rows[1]
    assert (record["a"], record["b"], record["c"][:10]) == (1, 2.5, "2026-01-31")
    assert record["address"] == {"orders/address/a": "Oslo"}
    assert record["tags"] == ["x", "y"]
    assert record["lines"] == [{"orders/lines/a": 7}, {"orders/lines/a": 8}]
    assert [(row["a"], row["b"]) for row in rows[2]] == [(1, "x"), (2, None)]
    assert [(row["a"], row["b"]) for row in rows[3]] == [(1, "x,y")]


def test_the_client_refuses_a_file_that_changed_after_its_checksum(
    server, client, mlcroissant_python, tmp_path
):
    product = publish(b"a\n1\n", "csv", columns("integer"))
    document = client.get(croissant_url(server, product)).json()
    upload = Upload(chunks=[b"a\n9\n"], format="csv", name="orders.csv")
    upload_data(product=product, name="orders", upload=upload, actor=FACTORY)

    current = client.get(croissant_url(server, product)).json()
    requests = [{"dataset": dataset, "read": ["orders"]} for dataset in (document, current)]
    [old, new] = load(mlcroissant_python, tmp_path, requests)

    assert "is not identical" in old["error"]
    assert new["records"]["orders"] == [{"orders/a": 9}]


def hostile_dataset(text: str) -> JSONObject:
    """Return the dataset of a product whose every text is this one, in nested columns too."""
    nested = [{"name": text}, {"name": f"{text} "}]
    tree = product_tree("Hostile", license=text, citation=text) | {
        "tags": [text],
        "version": text[:60],
        "team": {"name": text},
        "description": {"purpose": text, "usage": text, "limitations": text},
    }
    product = with_port(make_product(tree=tree), "orders")
    properties = [
        {"name": text, "description": text},
        {"name": text.upper(), "logicalType": "integer", "primaryKey": True},
        {"name": "n", "logicalType": "object", "properties": nested},
    ]
    tables = [{"name": name, "properties": properties} for name in (text, f"{text}2")]
    contract = product.contracts.get().tree | {"schema": tables}
    save_contract(product=product, tree=contract, edition=product.edition, actor=FACTORY)
    return export(port_facts(product.output_ports.get(), EVERYTHING)).document


def test_the_client_loads_hostile_texts_and_tables_without_a_file(mlcroissant_python, tmp_path):
    documents = [hostile_dataset(text) for text in HOSTILE]

    answers = load(mlcroissant_python, tmp_path, [{"dataset": one} for one in documents])

    assert [answer.get("error") for answer in answers] == [None] * len(HOSTILE)
    loaded = [answer["document"] for answer in answers]
    assert [one["recordSet"][0]["name"] for one in loaded] == list(HOSTILE)
    assert [one["version"] for one in documents] == [text[:60] for text in HOSTILE]


def test_the_client_loads_samples_as_they_came_edited_and_rewritten(
    mlcroissant_python, tmp_path, shared_folder
):
    samples = sorted((shared_folder / "samples/croissant").glob("1.*/**/*.json"))
    documents = []
    for path in samples:
        imported = read_document(orjson.loads(path.read_bytes()))
        facts = facts_of(imported)
        edited = replace(facts, tree=facts.tree | {"name": "Another name", "tags": ["new"]})
        documents += [export(facts).document, export(edited).document, write(facts).document]

    answers = load(mlcroissant_python, tmp_path, [{"dataset": one} for one in documents])

    names = [str(path.relative_to(shared_folder)) for path in samples for _ in range(3)]
    errors = {
        name: answer["error"]
        for name, answer in zip(names, answers, strict=True)
        if "error" in answer
    }
    assert errors == {}
    assert {document["name"] for document in documents[1::3]} == {"Another name"}


def facts_of(imported: ImportedProduct) -> DatasetFacts:
    [contract] = imported.contracts
    return DatasetFacts(
        tree=imported.tree,
        contract=contract,
        iri="https://mesh.example/id/product/1",
        page="https://mesh.example/p/open/data",
        publisher="Open",
        tables=tables_of(contract),
    )


def test_the_client_loads_every_port_of_the_demo(mlcroissant_python, tmp_path):
    names, documents = [], []
    for product in read_products():
        for contract in product.contracts:
            facts = DatasetFacts(
                tree=product.document,
                contract=contract,
                iri="https://mesh.example/id/product/1",
                page="https://mesh.example/p/demo/data",
                publisher=product.domain,
                tables=tables_of(contract),
            )
            names.append(f"{product.slug} {contract['id']}")
            documents.append(export(facts).document)

    answers = load(mlcroissant_python, tmp_path, [{"dataset": one} for one in documents])

    errors = {
        name: answer["error"]
        for name, answer in zip(names, answers, strict=True)
        if "error" in answer
    }
    assert errors == {}
    assert len(documents) >= 40
