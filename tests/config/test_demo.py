"""The demo mesh: its notation, manifests and rows agree with each other."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from catalog.manifests import bitol_odps, odcs
from catalog.manifests.readers import read_documents
from catalog.manifests.source_map import Document
from config.demo.manifests import Printer, data_file
from config.demo.notation import (
    DomainSpec,
    Product,
    SpecError,
    Table,
    column_of,
    objective_of,
    read_mesh,
)
from config.demo.rows import Connection, make_rows, write_files
from governance.slo.projection import declared_objectives

DAY = date(2026, 11, 2)
SOURCE_URL = "http://127.0.0.1:8001"
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
# What 1.1 added to the product standard; the samples hold the schema of 1.0.
ADDED = ("type", "synonyms", "context", "deprecated")


@pytest.fixture(scope="module")
def mesh() -> tuple[DomainSpec, ...]:
    return read_mesh()


@pytest.fixture(scope="module")
def products(mesh: tuple[DomainSpec, ...]) -> dict[str, Product]:
    return {product.address: product for sketch in mesh for product in sketch.products}


@pytest.fixture(scope="module")
def manifests(
    mesh: tuple[DomainSpec, ...], tmp_path_factory: pytest.TempPathFactory
) -> list[Document]:
    folder = tmp_path_factory.mktemp("manifests")
    Printer(mesh=mesh, source_url=SOURCE_URL).write(folder)
    return [
        read_documents(path.read_bytes(), name=str(path.relative_to(folder)))[0]
        for path in sorted(folder.rglob("*.yaml"))
    ]


@pytest.fixture(scope="module")
def rows() -> Connection:
    return make_reader()


@pytest.fixture(scope="module")
def written(mesh: tuple[DomainSpec, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_files(mesh, files=folder / "files", answers=folder / "answers", day=DAY)
    return folder


# --- what the mesh says ---


def test_the_mesh_is_large_nested_and_says_something_of_its_own_about_each_product(mesh, products):
    purposes = {product.purpose for product in products.values()}

    assert len(products) >= 44
    assert len(mesh) >= 7
    assert sum(bool(sketch.parent) for sketch in mesh) >= 1
    assert len(purposes) == len(products)


def test_every_address_that_a_product_names_is_a_product(products):
    named = {
        other
        for product in products.values()
        for other in (*product.inputs, *filter(None, [product.successor]))
    } | {
        column.reference
        for product in products.values()
        for table in product.tables
        for column in table.columns
        if column.reference
    }

    assert named <= set(products)


def test_the_customer_lifetime_value_stands_in_the_customer_domain(products):
    product = products["customer/customer-lifetime-value"]

    assert product.name == "Customer lifetime value"
    assert {port.kind for port in product.ports} == {"api", "parquet"}


@pytest.mark.parametrize("line", ["string odd | Text", "string pk", "integer pk unkown | Text"])
def test_a_column_with_an_unknown_flag_or_without_a_text_is_refused(line):
    with pytest.raises(SpecError):
        column_of("column", line)


def test_a_promise_is_a_sentence():
    assert objective_of("latency 95% under 0.5s over 7d on api") == {
        "indicator": "latency",
        "target": 0.95,
        "threshold": 0.5,
        "window": "7d",
        "port": "api",
    }
    with pytest.raises(SpecError):
        objective_of("latency is fine")


# --- manifests ---


def test_every_manifest_is_sound_to_the_import_without_a_warning(manifests):
    problems = [
        str(problem)
        for document in manifests
        for problem in (bitol_odps if "odps" in document.file else odcs).check(document)
    ]

    assert problems == []
    assert all(
        declared_objectives(document.tree) is not None
        for document in manifests
        if "odps" in document.file
    )


def test_every_manifest_passes_the_schema_of_its_standard(manifests, shared_folder):
    schemas = {
        version: json.loads(
            (shared_folder / f"samples/odcs/schema/odcs-json-schema-{version}.json").read_text()
        )
        for version in ("v3.1.0", "v3.2.0")
    }
    odps = json.loads(
        (shared_folder / "samples/bitol-odps/schema/odps-json-schema-v1.0.0.json").read_text()
    )
    validators = {name: jsonschema_rs.Draft201909Validator(held) for name, held in schemas.items()}
    validators["v1.0.0"] = jsonschema_rs.Draft201909Validator(odps)

    issues = []
    for document in manifests:
        tree = document.tree
        if tree["kind"] == "DataProduct":
            tree = {key: value for key, value in tree.items() if key not in ADDED}
            tree |= {"apiVersion": "v1.0.0"}
        errors = validators[tree["apiVersion"]].iter_errors(tree)
        issues += [f"{document.file}: {error.message}" for error in errors]

    assert issues == []


def test_the_examples_in_the_docs_are_what_the_demo_prints(mesh, tmp_path):
    Printer(mesh=mesh, source_url=SOURCE_URL).write(tmp_path)

    shown = sorted(path for path in (EXAMPLES / "demo").rglob("*.yaml"))

    assert len(shown) >= 6
    for path in shown:
        printed = tmp_path / path.relative_to(EXAMPLES / "demo")
        assert path.read_text() == printed.read_text(), path.name


def test_the_first_product_of_the_docs_is_sound():
    for path in sorted((EXAMPLES / "first-product").glob("*.yaml")):
        (document,) = read_documents(path.read_bytes(), name=path.name)

        assert (bitol_odps if "odps" in path.name else odcs).check(document) == []


# --- rows ---


def test_the_rows_have_the_columns_and_types_of_their_contracts(products, written):
    for product, port in served(products):
        path = written / "files" / data_file(product, port)
        found = COLUMNS[port.kind](path, product.tables)
        for table in product.tables if port.kind == "sqlite" else product.tables[:1]:
            wanted = [column.name for column in table.columns]
            assert found[table.name] == wanted, product.address


def test_parquet_files_have_the_physical_types_that_their_contracts_name(products, written, mesh):
    printer, reader = Printer(mesh=mesh, source_url=SOURCE_URL), make_reader()
    for product, port in served(products):
        if port.kind != "parquet":
            continue
        path = written / "files" / data_file(product, port)
        said = {
            item["name"]: item["physicalType"]
            for at, tree in printer.contracts(product)
            if at == port
            for item in tree["schema"][0]["properties"]
        }
        described = reader.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()

        found = {name: kind.partition("(")[0] for name, kind, *_ in described}
        assert found == said, product.address


def test_the_stated_imbalances_are_those_of_the_rows(products, rows):
    compared = 0
    for product in products.values():
        for row in product.imbalances:
            relation = relation_of(product.tables[0], row["attribute"])
            if relation is None:
                continue
            counted = rows.execute(
                f"SELECT count(*) FILTER (WHERE {row['attribute']} = $1), count(*) FROM {relation}",
                [row["group"]],
            ).fetchall()
            group, everybody = counted[0]
            compared += 1
            assert everybody == row["n"], product.address
            assert group / everybody == pytest.approx(row["share"], abs=0.0051), product.address

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


def test_the_same_day_gives_the_same_files(mesh, written, tmp_path):
    write_files(mesh, files=tmp_path / "files", answers=tmp_path / "answers", day=DAY)

    for path in sorted(written.rglob("*.*")):
        assert path.read_bytes() == (tmp_path / path.relative_to(written)).read_bytes(), path.name


# --- how files are looked into ---


def served(products: dict[str, Product]) -> Iterator[tuple[Product, Any]]:
    for product in products.values():
        for port in product.ports:
            if product.status != "retired" and port.kind in COLUMNS:
                yield product, port


@cache
def make_reader() -> Connection:
    return make_rows(day=DAY)


def relation_of(table: Table, attribute: str) -> str | None:
    """A table that has the attribute, or that a customer number leads to it from."""
    names = {column.name for column in table.columns}
    schema, name = table.rows.split(".")
    if attribute in names:
        return f"{schema}.{name}"
    known = ("sex", "age_band", "region", "language", "income_band", "country")
    if "customer_id" in names and attribute in known:
        return f"{schema}.{name} JOIN customer.customer_master USING (customer_id)"
    return None


def first_line(path: Path, tables: tuple[Table, ...]) -> dict[str, list[str]]:
    with path.open(newline="") as lines:
        return {tables[0].name: next(csv.reader(lines))}


def first_object(path: Path, tables: tuple[Table, ...]) -> dict[str, list[str]]:
    return {tables[0].name: list(json.loads(path.read_bytes())[0])}


def parquet_columns(path: Path, tables: tuple[Table, ...]) -> dict[str, list[str]]:
    described = make_reader().execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    return {tables[0].name: [row[0] for row in described]}


def sqlite_columns(path: Path, tables: tuple[Table, ...]) -> dict[str, list[str]]:
    database = sqlite3.connect(path)
    found = {
        table.name: [row[1] for row in database.execute(f"PRAGMA table_info({table.name})")]
        for table in tables
    }
    database.close()
    return found


COLUMNS = {
    "csv": first_line,
    "json": first_object,
    "parquet": parquet_columns,
    "sqlite": sqlite_columns,
}
