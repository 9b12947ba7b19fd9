"""Contracts: versions of a document, and the rows projected from it."""

import pytest

from catalog.contracts.projection import new_tree, parse_contract
from catalog.contracts.services import add_output_port, delete_contract, save_contract
from catalog.exceptions import EditConflict, ImmutableVersion, NameConflict, ValidationFailed
from catalog.products.models import DataProduct
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_product,
    make_published_product,
    with_port,
)


def _save(product, tree):
    return save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)


@pytest.mark.django_db
def test_adding_a_port_writes_it_with_a_draft_contract_and_its_server():
    product = make_product(domain=make_domain("sales"))
    product = with_port(product, "table", path="sales/orders.parquet", format="parquet")

    port = product.output_ports.get()
    contract = port.port_contract.contract
    assert (contract.version, contract.status) == ("0.1.0", "draft")
    assert not contract.schema_objects.exists()
    assert (contract.servers.get().location, contract.servers.get().format) == (
        "sales/orders.parquet",
        "parquet",
    )
    assert product.tree["outputPorts"][0]["contractId"] == contract.identifier


@pytest.mark.django_db
def test_a_port_is_added_once():
    product = with_port(make_product())

    with pytest.raises(NameConflict):
        with_port(product)


FORBIDDEN = [
    "http://169.254.169.254/latest/meta-data",
    "http://[::ffff:169.254.169.254]/",
    "http://127.0.0.1:22/",
    "http://10.0.0.8/",
    "http://2130706433/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "http://user:secret@example.org/",
    "",
    "not a url",
]


@pytest.mark.django_db
@pytest.mark.parametrize("location", FORBIDDEN)
def test_a_port_that_no_probe_may_call_is_refused_at_its_field(location):
    product = make_product()

    with pytest.raises(ValidationFailed) as refused:
        with_port(product, server="api", type="api", location=location, path="", format="")

    assert refused.value.issues[0].location == "/servers/0/location"
    current = DataProduct.objects.get()
    assert (current.edition, current.output_ports.count()) == (1, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.csv", "a/../../b", "~/x", "..\\x"])
def test_a_file_outside_the_files_root_is_refused(path):
    with pytest.raises(ValidationFailed):
        with_port(make_product(), path=path)


@pytest.mark.django_db
def test_nested_properties_keep_their_order_parent_and_path():
    product = with_port(make_product())
    contract = product.contracts.get()
    table = {
        "name": "orders",
        "properties": [
            {"name": "id", "logicalType": "string", "primaryKey": True},
            {
                "name": "buyer",
                "logicalType": "object",
                "properties": [{"name": "email", "classification": "pii"}],
            },
            {"name": "lines", "items": {"properties": [{"name": "sku"}]}},
        ],
    }

    contract, product = _save(product, contract.tree | {"schema": [table]})

    rows = contract.schema_objects.get().properties.all()
    assert [row.path for row in rows] == ["id", "buyer", "buyer.email", "lines", "lines.sku"]
    assert rows[2].parent == rows[1]
    assert (rows[2].classification, rows[2].depth) == ("pii", 1)
    assert rows[0].is_primary_key


@pytest.mark.django_db
def test_saving_an_equal_contract_is_no_edit():
    product = give_schema(with_port(make_product()), "id")

    _contract, again = _save(product, product.contracts.get().tree)

    assert again.edition == product.edition


@pytest.mark.django_db
def test_two_writers_of_one_edition_do_not_overwrite_each_other():
    product = with_port(make_product())
    tree = product.contracts.get().tree
    _save(product, tree | {"name": "first"})

    with pytest.raises(EditConflict):
        _save(product, tree | {"name": "second"})


@pytest.mark.django_db
def test_what_a_published_version_names_never_changes():
    product = make_published_product()
    contract = product.contracts.get()

    with pytest.raises(ImmutableVersion):
        _save(product, contract.tree | {"name": "other"})
    with pytest.raises(ImmutableVersion):
        delete_contract(contract=contract, edition=product.edition, actor=FACTORY)
    newer, product = _save(product, contract.tree | {"name": "other", "version": "0.2.0"})

    assert product.output_ports.get().port_contract.contract == newer


@pytest.mark.django_db
def test_a_port_serves_the_contract_version_that_it_names():
    product = with_port(make_product())
    tree = product.contracts.get().tree
    first, product = _save(product, tree | {"version": "1.0.0"})
    _, product = _save(product, tree | {"version": "2.0.0"})

    assert product.output_ports.get().port_contract.contract == first


BAD_TREES = {
    "/id": {"id": None},
    "/schema": {"schema": {"name": "x"}},
    "/schema/0": {"schema": ["x"]},
    "/schema/0/name": {"schema": [{}]},
    "/schema/0/properties/0/name": {"schema": [{"name": "a", "properties": [{"name": 3}]}]},
    "/servers/0/type": {"servers": [{"type": ["api"]}]},
    "/version": {"version": 1.0},
}


@pytest.mark.parametrize("pointer", BAD_TREES)
def test_each_issue_of_a_contract_names_its_location(pointer):
    tree = new_tree(identifier="c", name="C", servers=[]) | BAD_TREES[pointer]

    with pytest.raises(ValidationFailed) as refused:
        parse_contract(tree)

    assert pointer in {issue.location for issue in refused.value.issues}


def test_properties_nested_without_end_are_refused():
    inner: dict[str, object] = {"name": "leaf"}
    for _ in range(60):
        inner = {"name": "n", "properties": [inner]}

    with pytest.raises(ValidationFailed):
        parse_contract(
            new_tree(identifier="c", name="C", servers=[])
            | {"schema": [{"name": "t", "properties": [inner]}]}
        )


@pytest.mark.django_db
def test_a_port_added_on_an_old_edition_leaves_nothing_half_written():
    product = with_port(make_product())
    server = {"type": "local", "path": f"{product.domain.slug}/other.csv", "format": "csv"}

    with pytest.raises(EditConflict):
        add_output_port(product=product, name="other", server=server, edition=1, actor=FACTORY)

    assert product.contracts.count() == 1
