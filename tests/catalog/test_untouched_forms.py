"""Opening a page that edits a product and saving it changes nothing, whatever was imported."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from django.urls.exceptions import Resolver404

from catalog.identifiers import slug_of
from catalog.manifests.import_report import ImportReport
from catalog.manifests.issues import ParseError
from catalog.manifests.readers import Source, read_documents
from catalog.manifests.services import import_manifests
from catalog.products.json_diff import make_patch
from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.types import JSONObject
from tests.factories import (
    FACTORY,
    make_domain,
    make_published_product,
    make_users,
    product_tree,
)
from tests.forms import read_page

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).resolve().parents[3] / "shared/samples"
# A button on these pages does something of its own, however the form was filled in.
ACTIONS = set(
    """
    product_publish product_deprecate product_retire product_delete product_move product_adopt
    product_port_drop product_port_confirm product_table_drop product_column_drop
    product_classification
    """.split()
)
# These add something, and ask for it if it is missing.
ADDS = set(
    """
    product_port_add product_upload product_port_upload product_inputs
    product_contract product_contract_new product_table_add
    """.split()
)


def samples(*folders: str) -> list[Path]:
    paths = [path for folder in folders for path in sorted((SAMPLES / folder).rglob("*.y*ml"))]
    return paths or [Path("missing")]


def bring(*trees: JSONObject) -> DataProduct | None:
    """Import documents; return the product, or None if they are refused."""
    sources = [
        Source(f"{number}.json", lambda tree=tree: json.dumps(tree).encode())
        for number, tree in enumerate(trees)
    ]
    report = ImportReport.of(import_manifests(sources=sources, actor=FACTORY))
    if report.has_errors:
        print(*report.all_issues, sep="\n")
        return None
    return DataProduct.objects.select_related("domain").get()


def of_contract(contract: JSONObject, **custom: Any) -> list[JSONObject]:
    """Return a product that serves a contract, and that contract."""
    tree = product_tree("Orders", **custom)
    port = {"name": "table", "version": "1.0.0", "contractId": contract.get("id")}
    return [tree | {"outputPorts": [port]}, contract]


def everything(product: DataProduct) -> Any:
    contracts = product.contracts.order_by("pk").values_list("uuid", "version", "tree")
    row = DataProduct.objects.values("tree", "edition", "visibility", "status").get(pk=product.pk)
    return json.dumps([row, list(contracts)], default=str)


def route_of(path: str) -> str:
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""


def save_each_untouched(client: Client, product: DataProduct) -> dict[str, int]:
    """Walk all edit pages of a product and send each form as it came; return the answers."""
    start = f"{product.path}/edit"
    waiting, known, answers = [start], {start}, {}
    before = everything(product)
    while waiting:
        page = waiting.pop()
        response = client.get(page)
        assert response.status_code in (200, 302), (page, response.status_code)
        forms, links = read_page(response.content.decode())
        for link in links:
            path = re.sub(r"#.*", "", link)
            if path.startswith(f"{product.path}/edit") and path not in known:
                known.add(path)
                waiting.append(path)
        route = route_of(page.partition("?")[0])
        for form in [] if route in ACTIONS else forms:
            if "csrfmiddlewaretoken" in form.data and form.action not in ("", page):
                continue
            answer = client.post(page, form.data)
            answers[f"{route} {page}"] = answer.status_code
            assert everything(product) == before, page
            if route not in ADDS:
                assert answer.status_code == 302, (page, errors_of(answer))
    return answers


def errors_of(answer: Any) -> Any:
    form = answer.context_data["page"].frame.form
    return form.errors if form else answer.content.decode()


@pytest.fixture
def owner(client):
    users = make_users(make_domain("sales"))
    client.force_login(users.owner)
    return users.owner


@pytest.mark.slow
@pytest.mark.parametrize("path", samples("odcs"), ids=lambda path: path.stem)
def test_no_form_changes_a_contract_of_the_samples(client, owner, shared_folder, path):
    try:
        documents = read_documents(path.read_bytes(), name=path.name)
    except ParseError:
        pytest.skip("no document")
    for server in documents[0].tree.get("servers") or []:
        if server.get("type") == "local":
            server["path"] = "sales/orders.csv"
    product = bring(*of_contract(documents[0].tree))
    if product is None:
        pytest.skip("it has errors")

    answers = save_each_untouched(client, product)

    routes = {key.partition(" ")[0] for key in answers}
    assert {"product_describe", "product_port", "product_answers", "product_objectives"} <= routes
    assert "product_table" in routes or not documents[0].tree.get("schema")


@pytest.mark.slow
@pytest.mark.parametrize("path", samples("bitol-odps"), ids=lambda path: path.stem)
def test_no_form_changes_a_product_of_the_samples(client, owner, shared_folder, path):
    tree = read_documents(path.read_bytes(), name=path.name)[0].tree
    slug = slug_of(str(tree.get("domain") or "sales"))
    if slug != "sales":
        client.force_login(make_users(make_domain(slug)).owner)
    product = bring(tree | {"domain": slug})
    assert product is not None

    assert save_each_untouched(client, product)


COLUMN = {
    "name": " padded ",
    "physicalName": "a b",
    "businessName": "Two\nlines",
    "logicalType": "string",
    "physicalType": f"STRUCT<{'a: INT, ' * 80}>",
    "required": False,
    "unique": False,
    "primaryKey": False,
    "primaryKeyPosition": -1,
    "classification": "Our own\nwords",
    "description": "\nFirst\r\nsecond\n",
    "tags": [],
    "examples": [None, 1, ""],
}
ODD = {
    "apiVersion": "v3.2.0",
    "kind": "DataContract",
    "id": "c" * 450,
    "version": "1" * 70,
    "status": "draft" * 20,
    "name": "n" * 250,
    "tenant": None,
    "servers": [
        {
            "server": "s" * 130,
            "type": "snowflake",
            "account": "a",
            "database": "d",
            "schema": "s",
            "port": "${DB_PORT:-443}",
        }
    ],
    "schema": [
        {
            "name": " t ",
            "physicalType": "table",
            "description": "",
            "properties": [
                COLUMN,
                {"name": "plain"},
                {"name": "null", "description": None, "classification": None, "required": None},
                {
                    "name": "nested",
                    "logicalType": "object",
                    "properties": [COLUMN | {"name": "x"}, {"name": "x.y", "logicalType": "array"}],
                },
                {
                    "name": "list",
                    "logicalType": "array",
                    "items": {"logicalType": "object", "properties": [COLUMN | {"name": "~/i"}]},
                },
                {"name": "scalars", "logicalType": "array", "items": {"logicalType": "string"}},
                {
                    "name": "pairs",
                    "logicalType": "map",
                    "map": {
                        "key": {"logicalType": "string"},
                        "value": {"logicalType": "object", "properties": [{"name": "inner"}]},
                    },
                },
            ],
        },
        {"name": "no columns", "description": "a\r\nb"},
        {"name": "empty", "properties": []},
    ],
}


def test_what_the_standard_allows_is_kept_whole_and_is_the_same_when_it_comes_again(client, owner):
    trees = of_contract(ODD | {"description": {"purpose": "p" * 30_000}})
    trees[0] |= {"id": "i" * 450, "name": "Orders " + "n" * 250, "version": "v" * 70}
    trees[0] |= {"tags": [f"{n}" * 150 for n in range(300)]}

    product = bring(*trees)
    assert product is not None
    contract = product.contracts.get()
    edition = product.edition
    again = bring(*trees)

    assert contract.tree == trees[1]
    assert product.tree["tags"] == trees[0]["tags"]
    assert (again.pk, again.edition) == (product.pk, edition)
    assert product.output_ports.get().port_contract.contract == contract
    page = client.get(f"{product.path}/schema?filter=own")
    assert page.context_data["page"].columns.paginator.count == 3


def test_long_names_that_begin_alike_stay_different(owner):
    long = "c" * 310
    columns = [{"name": f"{long}{end}", "logicalType": "string"} for end in "ab"]

    product = bring(*of_contract(ODD | {"schema": [{"name": "t", "properties": columns}]}))

    names = product.contracts.get().schema_objects.get().properties.values_list("name", flat=True)
    assert len(set(names)) == 2
    assert all(name.startswith("ccc") and len(name) <= 300 for name in names)


def odd_product() -> JSONObject:
    tree = product_tree("Orders") | {
        "name": "Orders",
        "description": {"purpose": " two\r\nlines ", "limitations": "", "usage": None, "more": 1},
        "tags": ["a, b", ' "c"', "", "x" * 130],
        "outputPorts": [
            {"name": " spaced ", "version": "1.0.0", "description": "a\nb", "type": None},
            {"name": "p" * 140, "version": "v" * 80, "contractId": None},
        ],
    }
    tree.pop("version")
    tree["outputPorts"][0]["customProperties"] = [
        {"property": "assayInterval", "value": 60, "vendor": "x"},
        {"property": "other", "value": None},
    ]
    objectives = [
        {"indicator": "availability", "target": 0.999},
        {"indicator": "latency", "target": 1, "threshold": 1, "percentile": 1 / 3, "window": "36h"},
    ]
    imbalances = [
        {"attribute": "sex", "group": " f ", "share": 1 / 3, "n": 10, "more": "kept"},
        {"attribute": "sex", "group": "m", "reference": {"name": "census", "date": "2020-01-31"}},
        {
            "attribute": "age",
            "group": "old",
            "assessor": " Office ",
            "assessedOn": " 2026-01-31 ",
            "explanation": "two\nlines",
        },
    ]
    answers = {
        "use_cases": {"state": "answered", "values": [" padded ", "two\nlines"]},
        "collection_type": {"state": "answered", "values": ["web_api", "survey"]},
        "period": {"state": "answered", "start": " 2024-01-01 "},
        "retention": {"state": "answered", "text": "Two years.", "takenFrom": {"product": "p"}},
        "source": {"state": "unknown", "text": " a\r\nb "},
        "population": {"state": "not_applicable", "reason": "two\nlines"},
    }
    tree = with_custom(tree, "assayObjectives", objectives)
    return with_custom(tree, "assayProvenance", {"answers": answers, "imbalances": imbalances})


def changed_at(before: JSONObject, after: JSONObject) -> list[tuple[str, str]]:
    return [(step["op"], step["path"]) for step in make_patch(before, after)]


@pytest.mark.parametrize(
    ("step", "fields", "changes"),
    [
        ("describe", {"usage": "So."}, [("replace", "/description/usage")]),
        ("describe", {"purpose": "New."}, [("replace", "/description/purpose")]),
        ("ports/{port}", {"description": "New."}, [("replace", "/outputPorts/0/description")]),
        (
            "ports/{port}",
            {"interval": "90"},
            [("replace", "/outputPorts/0/customProperties/0/value")],
        ),
        (
            "provenance",
            {"source-reason": "Why."},
            [("add", "/customProperties/2/value/answers/source/reason")],
        ),
        (
            "provenance",
            {"period-end": "2024-12-31"},
            [("add", "/customProperties/2/value/answers/period/end")],
        ),
        (
            "provenance",
            {"retention-text": "Three years."},
            [
                ("remove", "/customProperties/2/value/answers/retention/takenFrom"),
                ("replace", "/customProperties/2/value/answers/retention/text"),
            ],
        ),
        (
            "provenance",
            {"rows-2-assessor": "Desk"},
            [("replace", "/customProperties/2/value/imbalances/2/assessor")],
        ),
        (
            "provenance",
            {"rows-0-share": "50"},
            [("replace", "/customProperties/2/value/imbalances/0/share")],
        ),
        (
            "objectives",
            {"rows-0-target": "99"},
            [("replace", "/customProperties/1/value/0/target")],
        ),
    ],
)
def test_an_edit_changes_one_pointer_of_the_document(client, owner, step, fields, changes):
    product = bring(odd_product())
    assert product is not None
    before = product.tree
    address = f"{product.path}/edit/{step.format(port=product.output_ports.first().pk)}"
    (form,) = [f for f in read_page(client.get(address).content.decode())[0] if "edition" in f.data]

    answer = client.post(address, form.data | fields)

    assert answer.status_code == 302, errors_of(answer)
    product.refresh_from_db()
    assert changed_at(before, product.tree) == changes


def test_no_form_changes_what_a_page_cannot_show(client, owner):
    product = bring(*of_contract(ODD))
    assert product is not None

    routes = [key.partition(" ")[0] for key in save_each_untouched(client, product)]

    assert routes.count("product_table") >= 3


def test_no_form_changes_an_odd_product(client, owner):
    product = bring(odd_product())
    assert product is not None

    routes = {key.partition(" ")[0] for key in save_each_untouched(client, product)}

    assert {"product_describe", "product_port", "product_answers", "product_objectives"} <= routes


def test_no_form_of_a_published_product_begins_unpublished_changes(client):
    users = make_users(make_domain("sales"))
    product = make_published_product("Orders", domain=users.domain)
    client.force_login(users.owner)

    assert save_each_untouched(client, product)

    assert DataProduct.including_working_copies.count() == 1
