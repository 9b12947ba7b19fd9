"""What import and export of our two standards promise, over every sample and changed ones."""

import json
from copy import deepcopy
from hashlib import sha256

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.audit.models import AuditEvent
from catalog.contracts.models import DataContract
from catalog.contracts.services import save_contract
from catalog.identifiers import slug_of
from catalog.manifests.import_report import ImportReport
from catalog.manifests.models import StoredDocument
from catalog.manifests.plan import Action
from catalog.manifests.readers import Source, read_documents
from catalog.manifests.services import import_manifests
from catalog.products.json_diff import make_patch
from catalog.products.models import DataProduct
from catalog.products.services import patch_document
from catalog.publication.models import ProductVersion
from tests.factories import FACTORY, make_domain, make_users

pytestmark = pytest.mark.django_db
# A file that only its author's machine has; Assay keeps no path outside a domain's folder.
OUTSIDE = "manifest.foreign-file"
# The one other sample with an error: it has no version.
BROKEN = {"invalid_multiple_errors.odcs.yaml"}


def files(shared_folder, standard):
    paths = sorted((shared_folder / "samples" / standard).rglob("*.y*ml"))
    assert paths
    return [path for path in paths if "schema/odps" not in str(path)]


def product_for(contract_id, name="Sample"):
    port = {"name": "table", "version": "1.0.0", "contractId": contract_id}
    return {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": f"product of {contract_id}",
        "name": name,
        "version": "1.0.0",
        "status": "draft",
        "domain": "sales",
        "outputPorts": [port],
    }


def bring(*contents, **options):
    sources = [Source(f"{n}.yaml", lambda text=text: text) for n, text in enumerate(contents)]
    results = import_manifests(sources=sources, actor=FACTORY, default_domain="sales", **options)
    return ImportReport.of(results)


def bring_contract(content):
    """Import a contract with a product that names it; return the report and the product's bytes."""
    tree = read_documents(content, name="a.yaml")[0].tree
    product = json.dumps(product_for(str(tree["id"]))).encode()
    return bring(product, content), product


def exported(client, model, name):
    row = model.objects.get()
    url = reverse(f"api:{name}_manifest", args=[row.uuid])
    yaml, again = client.get(url).content, client.get(url).content
    as_json = client.get(url, headers={"accept": "application/json"}).json()
    assert yaml == again
    assert read_documents(yaml, name="a.yaml")[0].tree == as_json
    return as_json


@pytest.fixture
def sales(client):
    users = make_users(make_domain("sales"))
    client.force_login(users.owner)
    return users


def clear():
    DataProduct.including_working_copies.all().delete()
    StoredDocument.objects.all().delete()


def state():
    """Return everything that an import of the same bytes must leave as it is."""
    return (
        list(DataProduct.including_working_copies.order_by("pk").values()),
        list(DataContract.objects.order_by("pk").values()),
        AuditEvent.objects.count(),
        ProductVersion.objects.count(),
        StoredDocument.objects.count(),
    )


def test_every_contract_keeps_its_bytes_its_value_and_its_version(shared_folder, client, sales):
    tried, refused = 0, []
    for path in files(shared_folder, "odcs"):
        content, tried = path.read_bytes(), tried + 1
        report, product = bring_contract(content)
        if report.has_errors:
            codes = {issue.code for issue in report.all_issues if issue.is_error}
            refused += [path.name] if codes != {OUTSIDE} else []
            clear()
            continue
        stored = StoredDocument.objects.get(sha256=sha256(content).hexdigest())
        tree = exported(client, DataContract, "contract")
        original = read_documents(content, name=path.name)[0].tree

        assert bytes(stored.content) == content, path
        answer = client.get(f"/api/v1/documents/{stored.sha256}")
        assert answer.content == content, path
        assert values(tree) == values(original), path
        assert tree["apiVersion"] == original["apiVersion"]

        before = state()
        assert [r.action for r in bring(product, content).results] == [Action.NONE], path
        assert state() == before, path
        clear()
    assert tried > 60
    assert set(refused) == BROKEN


def values(value):
    """Return a value with numbers as their text, which the standards type as text in places."""
    if isinstance(value, dict):
        return {key: values(member) for key, member in value.items()}
    if isinstance(value, list):
        return [values(item) for item in value]
    return value if isinstance(value, bool) or value is None else str(value)


def test_every_product_keeps_its_bytes_its_value_and_its_version(shared_folder, client, sales):
    for path in files(shared_folder, "bitol-odps"):
        content = path.read_bytes()
        tree = read_documents(content, name=path.name)[0].tree
        client.force_login(make_users(make_domain(slug_of(tree["domain"]))).owner)
        report = bring(content)
        assert not report.has_errors, [str(issue) for issue in report.all_issues]

        again = exported(client, DataProduct, "product")
        # The gate has not let it be published, so its status is another one.
        assert values(again) == values(tree | {"status": "draft"}), path
        answer = client.get(f"/api/v1/documents/{sha256(content).hexdigest()}")
        assert answer.content == content
        before = state()
        bring(content)
        assert state() == before


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    # Beyond, Postgres writes a whole number out in all its digits.
    | st.floats(-(2**53), 2**53, allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
    | st.sampled_from(["${VAR}", "${VAR:-x}", "2023-01-15", "no", "1.0", "~", "<<", " x ", "a: b"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
PLACES = ((), ("schema", 0), ("schema", 0, "properties", 0), ("servers", 0), ("description",))
CONTRACT = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "changed",
    "version": "1.0.0",
    "status": "draft",
    "description": {"purpose": "To test."},
    "servers": [{"server": "s", "type": "local", "path": "sales/a.csv", "format": "csv"}],
    "schema": [{"name": "t", "properties": [{"name": "c", "logicalType": "string"}]}],
}


def at(tree, path):
    for step in path:
        tree = tree[step]
    return tree


def test_unknown_fields_anywhere_come_back_at_their_place(client, sales):
    @settings(
        max_examples=20,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.tuples(st.sampled_from(PLACES), KEYS, VALUES), min_size=1, max_size=4))
    def check(additions):
        tree = deepcopy(CONTRACT)
        for path, key, value in additions:
            at(tree, path)[f"x{key}"] = value
        report, product = bring_contract(json.dumps(tree).encode())
        assert not report.has_errors, [str(issue) for issue in report.all_issues]
        assert exported(client, DataContract, "contract") == tree
        before = state()
        bring(product, json.dumps(tree).encode())
        assert state() == before
        clear()

    check()


def test_changing_one_field_changes_that_pointer_alone(client, sales):
    tree = CONTRACT | {"xOther": {"b": None, "a": [1, {"c": "${V}"}]}, "tags": ["b", "a"]}
    bring_contract(json.dumps(tree).encode())
    contract, product = DataContract.objects.get(), DataProduct.objects.get()
    edited = deepcopy(contract.tree)
    edited["schema"][0]["properties"][0]["description"] = "New."

    save_contract(product=product, tree=edited, edition=product.edition, actor=FACTORY)

    patch = make_patch(tree, exported(client, DataContract, "contract"))
    path = "/schema/0/properties/0/description"
    assert patch == [{"op": "add", "path": path, "value": "New."}]

    product = DataProduct.objects.get()
    before = exported(client, DataProduct, "product")
    patch = [{"op": "replace", "path": "/name", "value": "Other"}]
    patch_document(product=product, patch=patch, edition=product.edition, actor=FACTORY)
    assert make_patch(before, exported(client, DataProduct, "product")) == patch
