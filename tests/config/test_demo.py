"""The demo mesh: its manifests agree with each other, with the standards and with its rows."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest

from catalog.manifests.formats import bitol_odps, odcs
from catalog.manifests.readers import read_documents
from catalog.manifests.source_map import Document
from catalog.manifests.terms import parse_terms
from catalog.products.projection import custom
from catalog.types import JSONObject
from config.demo.data import Connection, make_rows, relations_of, write_files
from config.demo.manifests import MANIFESTS, DemoProduct, read_domains, read_products
from config.demo.paths import DEMO
from governance.slo.projection import declared_objectives

DAY = date(2026, 11, 2)
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
# Fields that ODPS 1.1 added; the samples have the schema of 1.0.
ADDED = ("type", "synonyms", "context", "deprecated")


@pytest.fixture(scope="module")
def products() -> dict[str, DemoProduct]:
    return {f"{product.domain}/{product.slug}": product for product in read_products()}


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [
        read_documents(path.read_bytes(), name=str(path.relative_to(MANIFESTS)))[0]
        for path in sorted(MANIFESTS.rglob("*.yaml"))
    ]


@pytest.fixture(scope="module")
def rows() -> Connection:
    return make_reader()


@pytest.fixture(scope="module")
def files(products: dict[str, DemoProduct], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_files(products.values(), files=folder / "files", answers=folder / "answers", day=DAY)
    return folder


# --- the mesh ---


def test_the_mesh_is_large_and_nested_and_each_product_has_a_purpose_of_its_own(products):
    purposes = {product.document["description"]["purpose"] for product in products.values()}
    domains = read_domains()

    assert len(products) >= 44
    assert len(domains) >= 7
    assert sum("parent" in domain for domain in domains) >= 1
    assert len(purposes) == len(products)


def test_every_product_is_in_the_folder_of_its_domain_under_its_own_name(products):
    domains = {domain["slug"] for domain in read_domains()}

    for address, product in products.items():
        document = product.document
        assert product.domain == document["domain"], address
        assert product.domain in domains, address
        assert product.slug == custom(document, "assaySlug"), address


def test_every_contract_and_successor_that_a_product_names_exists(products):
    contracts = {c["id"]: p.domain for p in products.values() for c in p.contracts}

    for address, product in products.items():
        document = product.document
        own = {port["contractId"] for port in document["outputPorts"]}
        inputs = {port["contractId"] for port in document.get("inputPorts", ())}
        assert own == {contract["id"] for contract in product.contracts}, address
        assert inputs <= set(contracts), address
        assert custom(document, "assaySuccessor") in {None, *products}, address


def test_every_term_that_a_column_names_is_in_the_glossary(documents):
    glossary = DEMO / "glossary.yaml"
    entries = parse_terms(glossary.read_bytes(), name=glossary.name)
    slugs = {entry.key[1] for entry in entries}
    urls = {
        definition["url"]
        for document in documents
        for schema_object in document.tree.get("schema", ())
        for column in schema_object["properties"]
        for definition in column.get("authoritativeDefinitions", ())
    }

    assert not [entry for entry in entries if entry.issues]
    assert len(urls) >= 8
    assert {url.rpartition("/")[2] for url in urls} <= slugs


def test_the_customer_lifetime_value_is_in_the_customer_domain(products):
    product = products["customer/customer-lifetime-value"]

    assert product.document["name"] == "Customer lifetime value"
    servers = [contract["servers"][0] for contract in product.contracts]
    assert {server.get("format", server["type"]) for server in servers} == {"api", "parquet"}


# --- manifests ---


def test_every_manifest_is_imported_without_a_warning(documents):
    problems = [
        str(problem)
        for document in documents
        for problem in (bitol_odps if "odps" in document.file else odcs).check(document)
    ]

    assert problems == []
    assert all(
        declared_objectives(document.tree) is not None
        for document in documents
        if "odps" in document.file
    )


def test_every_manifest_passes_the_schema_of_its_standard(documents, shared_folder):
    schemas = {
        version: json.loads(
            (shared_folder / f"samples/odcs/schema/odcs-json-schema-{version}.json").read_text()
        )
        for version in ("v3.1.0", "v3.2.0")
    }
    schemas["v1.0.0"] = json.loads(
        (shared_folder / "samples/bitol-odps/schema/odps-json-schema-v1.0.0.json").read_text()
    )
    validators = {
        version: jsonschema_rs.Draft201909Validator(schema) for version, schema in schemas.items()
    }

    issues = []
    for document in documents:
        tree = document.tree
        if tree["kind"] == "DataProduct":
            tree = {key: value for key, value in tree.items() if key not in ADDED}
            tree |= {"apiVersion": "v1.0.0"}
        errors = validators[tree["apiVersion"]].iter_errors(tree)
        issues += [f"{document.file}: {error.message}" for error in errors]

    assert issues == []


def test_the_first_product_of_the_docs_is_valid():
    for path in sorted((EXAMPLES / "first-product").glob("*.yaml")):
        (document,) = read_documents(path.read_bytes(), name=path.name)

        assert (bitol_odps if "odps" in path.name else odcs).check(document) == []


# --- rows ---


def test_files_have_the_columns_of_their_contracts(products, files):
    for product, contract in file_contracts(products):
        server, objects = contract["servers"][0], contract["schema"]
        columns = COLUMNS[server["format"]](files / "files" / server["path"], objects)
        for schema_object in objects:
            expected = [column["name"] for column in schema_object["properties"]]
            assert columns[schema_object["name"]] == expected, product.slug


def test_parquet_files_have_the_physical_types_of_their_contracts(products, files):
    reader = make_reader()
    for product, contract in file_contracts(products):
        server = contract["servers"][0]
        if server["format"] != "parquet":
            continue
        path = files / "files" / server["path"]
        described = reader.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()

        types = {name: kind.partition("(")[0] for name, kind, *_ in described}
        assert types == {
            column["name"]: column["physicalType"] for column in contract["schema"][0]["properties"]
        }, product.slug


# What the measurement of the loaded demo contradicts.
WRONG_ON_PURPOSE = ("contact-centre-cases", "Finnish")


def test_the_stated_imbalances_are_those_of_the_rows(products, rows):
    compared = 0
    for product in products.values():
        for imbalance in imbalances_of(product):
            attribute = imbalance["attribute"]
            relation = relation_with(product, attribute)
            if relation is None or (product.slug, imbalance["group"]) == WRONG_ON_PURPOSE:
                continue
            counts = rows.execute(
                f"SELECT count(*) FILTER (WHERE {attribute} = $1), count(*) FROM {relation}",
                [imbalance["group"]],
            ).fetchall()
            group, total = counts[0]
            compared += 1
            assert total == imbalance["n"], product.slug
            assert group / total == pytest.approx(imbalance["share"], abs=0.0051), product.slug

    assert compared >= 40


def test_some_rows_are_bad_on_purpose(rows):
    bad = [
        "sales.order_lines WHERE quantity < 0",
        "last_mile.locker_occupancy WHERE taken < 0 OR taken > doors",
        "customer.customer_master WHERE email NOT LIKE '%_@_%'",
        "health.medicine_stock WHERE in_stock < 0",
    ]

    for relation in bad:
        ((count,),) = rows.execute(f"SELECT count(*) FROM {relation}").fetchall()
        assert 0 < count < 400, relation


def test_the_same_day_gives_the_same_files(products, files, tmp_path):
    write_files(products.values(), files=tmp_path / "files", answers=tmp_path / "answers", day=DAY)

    for path in sorted(files.rglob("*.*")):
        assert path.read_bytes() == (tmp_path / path.relative_to(files)).read_bytes(), path.name


# --- reading the files ---


def file_contracts(
    products: dict[str, DemoProduct],
) -> Iterator[tuple[DemoProduct, JSONObject]]:
    for product in products.values():
        for contract in product.contracts:
            server = contract["servers"][0]
            if product.status != "retired" and server.get("format") in COLUMNS:
                yield product, contract


@cache
def make_reader() -> Connection:
    return make_rows(day=DAY)


def imbalances_of(product: DemoProduct) -> list[JSONObject]:
    provenance = custom(product.document, "assayProvenance") or {}
    return list(provenance.get("imbalances", ()))


def relation_with(product: DemoProduct, attribute: str) -> str | None:
    """A relation that has the attribute, or reaches it through the customer number."""
    contract = product.contracts[0]
    relation = next(relations_of(product, contract))
    names = {column["name"] for column in contract["schema"][0]["properties"]}
    if attribute in names:
        return relation
    known = ("sex", "age_band", "region", "language", "income_band", "country")
    if "customer_id" in names and attribute in known:
        return f"{relation} JOIN customer.customer_master USING (customer_id)"
    return None


def csv_columns(path: Path, objects: list[JSONObject]) -> dict[str, list[str]]:
    with path.open(newline="") as lines:
        return {objects[0]["name"]: next(csv.reader(lines))}


def json_columns(path: Path, objects: list[JSONObject]) -> dict[str, list[str]]:
    return {objects[0]["name"]: list(json.loads(path.read_bytes())[0])}


def parquet_columns(path: Path, objects: list[JSONObject]) -> dict[str, list[str]]:
    described = make_reader().execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    return {objects[0]["name"]: [row[0] for row in described]}


def sqlite_columns(path: Path, objects: list[JSONObject]) -> dict[str, list[str]]:
    database = sqlite3.connect(path)
    names = [schema_object["name"] for schema_object in objects]
    columns = {
        name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")] for name in names
    }
    database.close()
    return columns


COLUMNS = {
    "csv": csv_columns,
    "json": json_columns,
    "parquet": parquet_columns,
    "sqlite": sqlite_columns,
}
