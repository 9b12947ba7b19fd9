"""An output port as a Croissant dataset: what it says, to whom, and what it loses."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import orjson
import pytest
from django.urls import reverse

from catalog.authorization.access import EVERYTHING
from catalog.contracts.services import save_contract, upload_data
from catalog.manifests.croissant_facts import port_facts
from catalog.manifests.formats.croissant.checks import check_document
from catalog.manifests.formats.croissant.exporting import DatasetFacts, export, tables_of
from catalog.manifests.formats.croissant.importing import read_document
from catalog.manifests.formats.croissant.tables import (
    ColumnFigures,
    FileFacts,
    NodeIds,
    Table,
    TableWriter,
)
from catalog.ports.file_formats import layout_of
from catalog.ports.uploads import Upload
from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import edited_version, replace_document
from catalog.publication.services import publish_product, retire_product
from catalog.types import JSONObject, JSONValue
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

ID = {"name": "id", "logicalType": "integer", "primaryKey": True}
CITY = {"name": "city", "logicalType": "string", "description": "Where it was sent."}


def with_schema(product: DataProduct, *properties: JSONObject) -> DataProduct:
    """Return a product whose one contract has a table with these columns."""
    table = {"name": "orders", "description": "One row each.", "properties": list(properties)}
    tree = product.contracts.get().tree | {"schema": [table]}
    return save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)[1]


def publish(product: DataProduct) -> DataProduct:
    return publish_product(
        product=with_good_checks(product), edition=product.edition, actor=FACTORY
    )


@pytest.fixture
def orders(db, settings, tmp_path):
    """A published public product whose port serves an uploaded CSV."""
    settings.ASSAY_FILES_ROOT = tmp_path
    domain = make_domain("sales")
    make_users(domain)
    tree = with_answers(product_tree("Orders", assaySensitivity="public", license="CC-BY-4.0"))
    tree = with_custom(
        tree,
        "assayProvenance",
        {
            "questionSet": "2026.2",
            "answers": tree["customProperties"][-1]["value"]["answers"]
            | {"limits": {"state": "answered", "text": "Not for pricing."}},
            "imbalances": [{"attribute": "sex", "group": "female", "share": 0.33}],
        },
    )
    upload = Upload(chunks=[b"id,city\n1,Oslo\n"], format="csv", name="orders.csv")
    product = upload_data(
        product=make_product(domain=domain, tree=tree | {"version": "1.0.0"}),
        name="orders",
        upload=upload,
        actor=FACTORY,
    ).product
    return publish(with_schema(product, ID, CITY))


def address(product: DataProduct, port: str = "orders", name: str = "port_croissant") -> str:
    return reverse(f"api:{name}", kwargs={"uuid": product.uuid, "port": port})


def document_of(product: DataProduct) -> JSONObject:
    return export(port_facts(product.output_ports.get(), EVERYTHING)).document


def test_a_port_with_a_file_says_where_its_columns_are(orders, client, settings):
    response = client.get(address(orders))
    document = response.json()

    assert response["Content-Type"].startswith("application/ld+json")
    base = settings.ASSAY_BASE_IRI
    assert document["@id"] == f"{base}/id/product/{orders.uuid}"
    assert document["url"] == f"{base}/p/sales/orders"
    assert document["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert document["creator"]["name"] == "Sales"
    assert document["datePublished"] == orders.published_at.date().isoformat()
    assert document["version"] == "1.0.0"
    assert document["citeAs"].startswith(f"Sales ({orders.published_at.year}): Orders.")
    [file] = document["distribution"]
    served = client.get(file["contentUrl"].removeprefix(base))
    content = b"".join(served.streaming_content)
    assert file["sha256"] == sha256(content).hexdigest()
    assert file["encodingFormat"] == "text/csv"
    [record_set] = document["recordSet"]
    assert record_set["key"] == [{"@id": "orders/id"}]
    assert [field["dataType"] for field in record_set["field"]] == ["sc:Integer", "sc:Text"]
    source = {"fileObject": {"@id": file["@id"]}, "extract": {"column": "city"}}
    assert record_set["field"][1]["source"] == source
    assert document["rai:dataLimitations"] == "Not for pricing."
    assert document["rai:dataBiases"] == "Declared: sex female: 33.0% of the records."


def test_the_same_state_has_the_same_bytes_and_a_tag(orders, client):
    first, second = client.get(address(orders)), client.get(address(orders))

    assert first.content == second.content
    unchanged = client.get(address(orders), headers={"If-None-Match": first["ETag"]})
    assert unchanged.status_code == 304


def test_the_report_lists_what_the_dataset_does_not_say(orders, client):
    response = client.get(address(orders))
    report = client.get(response["Link"].partition(">")[0][1:]).json()

    assert report["document"] == response.json()
    assert len(report["losses"]) == int(response["Assay-Loss"])
    locations = {loss["location"] for loss in report["losses"]}
    assert "/provenance/contact" in locations


def test_what_is_in_no_loss_comes_back_when_the_dataset_is_imported(orders):
    facts = port_facts(orders.output_ports.get(), EVERYTHING)
    exported = export(facts)

    imported = read_document(exported.document)
    members = {"tree": imported.tree, "contract": imported.contracts[0], "imbalances": ()}
    again = export(replace(facts, **members))

    assert imported.tree["name"] == orders.name
    assert imported.tree["description"]["purpose"] == orders.tree["description"]["purpose"]
    names = [column["name"] for column in imported.contracts[0]["schema"][0]["properties"]]
    assert names == ["id", "city"]
    assert again.document == exported.document


def test_a_working_copy_changes_nothing_until_it_is_published(orders, client):
    before = client.get(address(orders)).json()
    tree = orders.tree | {"name": "Orders of today", "version": "1.1.0"}
    product = replace_document(product=orders, tree=tree, edition=orders.edition, actor=FACTORY)

    assert client.get(address(orders)).json() == before
    publish(edited_version(product))

    after = client.get(address(orders)).json()
    assert (after["name"], after["version"]) == ("Orders of today", "1.1.0")
    old = client.get(f"{address(orders)}?product_version=1.0.0").json()
    assert (old["name"], old["version"]) == ("Orders", "1.0.0")
    assert "distribution" not in old
    assert check_document(old) == []


def test_who_may_not_see_the_product_finds_no_dataset(orders, client):
    tree = with_custom(orders.tree, "assayVisibility", "restricted")
    replace_document(product=orders, tree=tree, edition=orders.edition, actor=FACTORY)

    for name in ("port_croissant", "port_croissant_report"):
        assert client.get(address(orders, name=name)).status_code == 404
    assert client.get(address(orders, port="other")).status_code == 404


def test_data_that_is_not_served_is_metadata_only_and_says_why(orders, client):
    tree = with_custom(orders.tree, "assaySensitivity", "internal") | {"version": "2.0.0"}
    product = replace_document(product=orders, tree=tree, edition=orders.edition, actor=FACTORY)
    publish(edited_version(product))

    report = client.get(address(orders, name="port_croissant_report")).json()

    assert "distribution" not in report["document"]
    [columns] = report["document"]["recordSet"][0]["field"]
    assert [field["name"] for field in columns["subField"]] == ["id", "city"]
    assert check_document(report["document"]) == []
    reasons = [loss["message"] for loss in report["losses"]]
    assert "Only data of public products whose sensitivity is public is served here." in reasons


def test_a_retired_product_is_gone(orders, client):
    retire_product(product=orders, edition=orders.edition, actor=FACTORY)

    assert client.get(address(orders)).status_code == 410


def leaves(value: JSONValue, at: str = "") -> Iterator[tuple[str, JSONValue]]:
    """Yield the scalars of a document with their JSON Pointers."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(member, dict | list):
            yield from leaves(member, f"{at}/{key}")
        else:
            yield f"{at}/{key}", member


@pytest.mark.slow
def test_nothing_of_the_demo_is_lost_that_the_report_does_not_list():
    for product in read_products():
        for contract in product.contracts:
            tree = product.document
            facts = DatasetFacts(
                tree=tree,
                contract=contract,
                iri="https://mesh.example/id/product/1",
                page="https://mesh.example/p/demo/data",
                publisher=product.domain,
                tables=tables_of(contract),
            )
            exported = export(facts)
            lost = tuple(loss.location for loss in exported.losses)

            imported = read_document(exported.document)

            back = dict(leaves(imported.contracts[0].get("schema", [])))
            for pointer, value in leaves(contract.get("schema", [])):
                at = f"contract#/schema{pointer}"
                # Where a type is guessed, the report names the column.
                if not any(f"{at}/".startswith(f"{place}/") for place in lost):
                    assert back.get(pointer) == value, (product.slug, at)
            for key in ("name", "version", "tags"):
                assert imported.tree.get(key) == tree.get(key), (product.slug, key)
            assert imported.tree["description"]["purpose"] == tree["description"]["purpose"]


@pytest.mark.django_db
def test_secrets_of_a_contract_are_in_no_dataset_of_others(client):
    product = with_port(make_product(), "orders")
    column = CITY | {"description": "https://user:hunter2@example.org/x"}
    product = with_schema(product, column)

    facts = port_facts(product.output_ports.get(), EVERYTHING)

    assert "hunter2" not in orjson.dumps(export(facts).document).decode()


FILE = FileFacts(
    name="orders.parquet", url="u", media_type="application/x-parquet", sha256="0", size=1
)


def fields_of(file: FileFacts | None, *columns: JSONObject, **table: object) -> list[JSONObject]:
    writer = TableWriter(NodeIds(), file, "file")
    node = {"name": "t", "properties": list(columns)}
    return list(writer.record_set(Table(node=node, pointer="", is_served=True, **table))["field"])


def test_statistics_are_annotations_of_what_was_measured():
    figures = ColumnFigures(source_name="id", null_share=0.25, n_distinct=3, min="1", max="9")

    [field] = fields_of(FILE, ID, rows=4, columns={"id": figures})

    measured = {one["name"]: one["value"] for one in field["annotation"]}
    assert measured == {
        "null share": 0.25,
        "distinct values (approximate)": 3,
        "minimum": 1,
        "maximum": 9,
    }


def test_a_column_that_is_not_in_the_file_has_no_source():
    fields = fields_of(FILE, ID, CITY, columns={"id": ColumnFigures(source_name="id")})

    assert ["source" in field for field in fields] == [True, False]


def test_equal_and_odd_names_have_ids_of_their_own():
    fields = fields_of(None, *({"name": name} for name in ("a b", "a_b", "名前", "..", "")))

    [group] = fields
    ids = [field["@id"] for field in group["subField"]]
    assert len(set(ids)) == len(ids)
    assert ids[:3] == ["t/a_b", "t/a_b-2", "t/ming-qian"]


@pytest.mark.parametrize(
    ("data_format", "content", "media_type", "columns"),
    [
        ("csv", b'a,"b,c"\n1,2', "text/csv", ("a", "b,c")),
        ("csv", b"\xef\xbb\xbfa\tb\n", "text/tab-separated-values", ("a", "b")),
        ("csv", b"a;b;c,d\n", "text/csv", ("a", "b", "c,d")),
        ("csv", b"a\n", "text/csv", ("a",)),
        ("json", b'{"a": 1}\n{"a": 2}\n', "application/jsonlines", None),
        ("json", b'[{"a": 1}]', "application/json", None),
        ("json", b'{\n"a": 1}', "application/json", None),
        ("parquet", b"PAR1", "application/vnd.apache.parquet", None),
    ],
)
def test_the_first_bytes_say_how_a_file_holds_its_records(
    data_format, content, media_type, columns
):
    layout = layout_of(data_format, content)

    assert (layout.media_type, layout.columns) == (media_type, columns)


def test_the_page_of_a_product_links_the_dataset_of_each_port(orders, client):
    response = client.get(orders.path)

    assert f'href="{address(orders)}"' in response.content.decode()
    assert f'<{address(orders)}>; rel="alternate"; type="application/ld+json"' in response["Link"]
