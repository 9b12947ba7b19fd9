"""Files of other formats: converted, planned with the rest, imported again, and what is lost said.

The format here is a small one of the tests, so that these hold for every format.
"""

import json
from hashlib import sha256

import pytest

from catalog.contracts.models import DataContract
from catalog.contracts.projection import new_tree
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue, Severity
from catalog.manifests.formats.types import Format, ImportedProduct, kept_fields, product_tree
from catalog.manifests.import_report import ImportReport
from catalog.manifests.models import StoredDocument
from catalog.manifests.plan import Action
from catalog.manifests.readers import Source
from catalog.manifests.services import import_manifests
from catalog.products.models import DataProduct, ProductAlias
from catalog.products.projection import custom
from catalog.products.services import patch_document, replace_document
from catalog.publication.services import publish_product
from tests.factories import FACTORY, make_domain, make_users, with_answers, with_good_checks

pytestmark = pytest.mark.django_db


def read_shelves(files):
    """Read `{"shelf": [{"id", "name", "about", "columns", "colour", "age"}]}`."""
    for file in files:
        if not isinstance(file.value.get("shelf"), list):
            raise ValidationFailed.of("/shelf", "Must be a list.")
        for index, item in enumerate(file.value["shelf"]):
            server = {"server": "files", "type": "local", "path": "sales/a.csv", "format": "csv"}
            contract = new_tree(
                identifier=f"shelf.{item['id']}", name=item["name"], servers=[server]
            )
            columns = [{"name": name, "logicalType": "string"} for name in item["columns"]]
            contract["schema"] = [{"name": "table", "properties": columns}]
            tree = product_tree(
                identifier=f"shelf.{item['id']}",
                name=item["name"],
                description={"purpose": item.get("about", "")},
                outputPorts=[
                    {"name": "table", "version": "1.0.0", "contractId": f"shelf.{item['id']}"}
                ],
                customProperties=kept_fields("shelf", {f"/shelf/{index}/age": item.get("age")}),
            )
            losses = [Issue(location=f"/shelf/{index}/colour", message="Colours are not kept.")]
            problem = Issue(location=f"/shelf/{index}", message="It is broken.", code="broken")
            yield ImportedProduct(
                identifier=item["id"],
                tree=tree,
                contracts=(contract,),
                losses=tuple(losses if "colour" in item else ()),
                issues=(problem,) if item.get("broken") else (),
            )


SHELF = Format(
    name="shelf",
    title="Shelf",
    versions="1",
    files="shelf.json",
    detects=lambda value: isinstance(value, dict) and "shelf" in value,
    read=read_shelves,
)
ITEM = {"id": "a", "name": "Alpha", "about": "First.", "columns": ["x", "y"], "age": 3}


def bring(*items, domain="sales", actor=FACTORY, **options):
    content = json.dumps({"shelf": items}).encode()
    source = Source("shelf.json", lambda: content, is_request=options.pop("is_request", False))
    results = import_manifests(
        sources=[source], actor=actor, default_domain=domain, chosen=SHELF, **options
    )
    return ImportReport.of(results)


def bring_one(*items, **options):
    (result,) = bring(*items, **options).results
    return result


@pytest.fixture
def sales():
    return make_users(make_domain("sales"))


def edit(product, *operations):
    return patch_document(
        product=product, patch=list(operations), edition=product.edition, actor=FACTORY
    )


def test_a_product_and_its_contract_are_drafts_in_the_chosen_domain(sales):
    result = bring_one(ITEM)

    product = DataProduct.objects.get()
    assert result.action is Action.CREATE
    assert (product.domain, product.status, product.name) == (sales.domain, "draft", "Alpha")
    assert product.tree["domain"] == "sales"
    assert DataContract.objects.get().product == product
    assert ProductAlias.objects.get(system="shelf").identifier == "a"


def test_a_product_without_a_domain_is_refused_with_a_hint(sales):
    result = bring_one(ITEM, domain="")

    assert result.action is Action.INVALID
    assert "names no domain" in result.issues[0].message


def test_what_is_lost_is_reported_and_what_is_kept_is_not(sales):
    result = bring_one(ITEM | {"colour": "red"})

    assert [loss.location for loss in result.losses] == ["/shelf/0/colour"]
    assert result.as_json()["losses"][0]["message"] == "Colours are not kept."
    fields = custom(DataProduct.objects.get().tree, "assayKeptFields")
    assert fields == {"shelf": {"/shelf/0/age": 3}}


def test_a_dry_run_writes_nothing(sales):
    result = bring_one(ITEM, is_dry_run=True)

    assert result.action is Action.CREATE
    assert not DataProduct.objects.exists()
    assert not StoredDocument.objects.exists()


def test_the_same_bytes_again_change_nothing(sales):
    bring(ITEM)
    before = DataProduct.objects.values().get()

    result = bring_one(ITEM)

    assert result.action is Action.NONE
    assert DataProduct.objects.values().get() == before


def test_what_people_add_stays_and_the_same_bytes_still_change_nothing(sales):
    bring(ITEM)
    entry = {"property": "assaySensitivity", "value": "confidential"}
    edit(
        DataProduct.objects.get(),
        {"op": "add", "path": "/tenant", "value": "shop"},
        {"op": "add", "path": "/customProperties/-", "value": entry},
        {"op": "add", "path": "/description/usage", "value": "Reports."},
    )

    again = bring_one(ITEM)
    changed = bring_one(ITEM | {"about": "The first."})

    product = DataProduct.objects.get()
    assert (again.action, changed.action) == (Action.NONE, Action.CHANGE)
    assert product.tree["description"] == {"purpose": "The first.", "usage": "Reports."}
    assert product.tree["tenant"] == "shop"
    assert custom(product.tree, "assaySensitivity") == "confidential"


def test_what_people_have_changed_is_a_conflict(sales):
    bring(ITEM)
    edit(DataProduct.objects.get(), {"op": "replace", "path": "/name", "value": "Ours"})

    refused = bring_one(ITEM)
    assert refused.action is Action.CONFLICT
    assert DataProduct.objects.get().name == "Ours"

    assert bring_one(ITEM, overwrite=True).action is Action.CHANGE
    assert DataProduct.objects.get().name == "Alpha"


def test_a_published_product_gets_a_working_copy_and_a_new_contract_version(sales):
    bring(ITEM)
    product = DataProduct.objects.get()
    product = replace_document(
        product=product, tree=with_answers(product.tree), edition=product.edition, actor=FACTORY
    )
    publish_product(product=with_good_checks(product), edition=product.edition, actor=FACTORY)

    same = bring_one(ITEM)
    changed = bring_one(ITEM | {"columns": ["x"]})

    assert same.action is Action.NONE
    assert changed.action is Action.CHANGE
    assert "working copy" in " ".join(changed.notes)
    assert DataProduct.objects.get().status == "published"
    versions = DataContract.objects.order_by("id").values_list("version", flat=True)
    assert list(versions) == ["0.1.0", "1.0.0"]


def test_an_invalid_product_does_not_stop_the_others(sales):
    report = bring(ITEM | {"broken": True}, ITEM | {"id": "b", "name": "Beta"})

    assert [result.action for result in report.results] == [Action.INVALID, Action.CREATE]
    (issue,) = report.results[0].issues
    assert (issue.code, issue.location, issue.severity) == (
        "shelf.broken",
        "/shelf/0",
        Severity.ERROR,
    )
    assert DataProduct.objects.get().name == "Beta"


def test_the_second_product_with_an_id_is_refused(sales):
    report = bring(ITEM, ITEM | {"name": "Other"})

    assert DataProduct.objects.get().name == "Alpha"
    assert report.issues[0].code == "shelf.duplicate"


def test_a_file_without_a_product_is_an_issue(sales):
    assert bring().issues[0].code == "shelf.empty"


def test_a_request_brings_fifty_products_at_most(sales):
    items = [ITEM | {"id": str(number), "name": f"N {number}"} for number in range(51)]

    assert bring(*items, is_request=True).issues[0].code == "manifest.too-many"
    assert not DataProduct.objects.exists()
    assert len(bring(*items[:3], is_request=True).results) == 3


def test_the_bytes_of_the_file_are_kept(sales):
    bring(ITEM)

    content = json.dumps({"shelf": [ITEM]}).encode()
    document = StoredDocument.objects.get()
    assert document.sha256 == sha256(content).hexdigest()
    assert bytes(document.content) == content
    assert document.media_type == "application/json"


def test_a_reader_of_the_domain_cannot_import_into_it(sales):
    result = bring_one(ITEM, actor=sales.consumer)

    assert result.action is Action.REFUSED
    assert not DataProduct.objects.exists()
