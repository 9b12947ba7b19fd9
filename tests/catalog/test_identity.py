"""The id of a product and of a contract belong to those who have them, by every door."""

import pytest

from catalog.contracts.services import save_contract
from catalog.domains.services import grant_role
from catalog.exceptions import NameConflict
from catalog.manifests.serializers import yaml_of
from catalog.manifests.services import import_manifests
from catalog.permissions import Role
from catalog.products.models import DataProduct, ProductAlias
from catalog.products.services import delete_product, register_product
from catalog.publication.services import adopt_product
from tests.catalog.api_client import Program, places, problem_of
from tests.catalog.test_manifests import CONTRACT, PRODUCT, texts
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_users,
    product_tree,
    with_port,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mesh():
    """The people of two domains, and a draft of the first, made in a form or by the API."""
    sales, other = make_users(make_domain("sales")), make_users(make_domain("other"))
    return sales, other, with_port(make_product("Orders", domain=sales.domain))


def bring(actor, *documents, **options):
    (result,) = import_manifests(
        sources=texts(*(doc if isinstance(doc, str) else yaml_of(doc) for doc in documents)),
        actor=actor,
        **options,
    )
    return result


def exported(person, product):
    program = Program(person)
    return program.get(f"/products/{product.uuid}/manifest", Accept="application/json").json()


def test_an_exported_id_cannot_be_taken_and_its_owner_imports_it_as_before(mesh):
    sales, other, product = mesh
    document = exported(sales.owner, product)

    by_other = bring(other.owner, document | {"domain": "other", "name": "Mine"})
    own = bring(sales.owner, document)

    assert (by_other.action, by_other.reason) == (
        "refused",
        "The id is in use by a product that you cannot edit.",
    )
    assert (own.action, own.address) == ("no change", "sales/orders")
    assert DataProduct.objects.count() == 1


def test_the_api_and_forms_register_no_second_product_with_an_id(mesh):
    _sales, other, product = mesh
    tree = product_tree("Mine") | {"id": product.tree["id"]}

    answer = Program(other.owner).send("POST", "/products", {"domain": "other", "tree": tree})

    assert places(problem_of(answer, 409, "name-conflict")) == ["/id"]
    assert DataProduct.objects.count() == 1


def test_the_identifier_of_a_product_is_no_id_for_another(mesh):
    _sales, other, product = mesh
    tree = product_tree("Mine", domain="other") | {"id": str(product.uuid)}

    assert bring(other.owner, tree).action == "refused"
    with pytest.raises(NameConflict):
        register_product(domain=other.domain, tree=tree, actor=other.owner)


def test_an_id_is_free_again_when_its_draft_is_deleted(mesh):
    sales, other, product = mesh
    tree = product.tree | {"domain": "other"}
    delete_product(product=product, edition=product.edition, actor=sales.owner)

    assert bring(other.owner, tree).action == "create"


def test_the_id_of_an_external_entry_is_claimed_when_it_is_adopted(mesh):
    _sales, other, product = mesh
    domain = make_domain(is_external=True)
    tree = product_tree("Entry") | {"id": product.tree["id"]}
    entry = register_product(domain=domain, tree=tree, actor=FACTORY, status="external")

    with pytest.raises(NameConflict):
        adopt_product(product=entry, edition=1, actor=FACTORY)
    tree = product_tree("Another") | {"id": "another"}
    entry = register_product(domain=domain, tree=tree, actor=FACTORY, status="external")
    adopt_product(product=entry, edition=1, actor=FACTORY)

    assert bring(other.owner, tree | {"domain": "other"}).action == "refused"


def test_the_id_of_a_contract_cannot_be_taken_by_any_door(mesh):
    sales, other, product = mesh
    contract = product.contracts.get()
    mine = make_product("Mine", domain=other.domain)
    port = {"name": "table", "version": "1.0.0", "contractId": contract.identifier}
    tree = product_tree("Taken", domain="other") | {"outputPorts": [port]}
    path = f"/products/{mine.uuid}/contracts"
    document = contract.tree | {"servers": []}

    by_manifest = bring(other.owner, tree, document)
    alone = bring(other.owner, document)
    by_api = Program(other.owner).send("POST", path, document, edition=1)

    assert (by_manifest.action, alone.action) == ("refused", "refused")
    assert places(problem_of(by_api, 409, "name-conflict")) == ["/id"]
    assert list(DataProduct.objects.values_list("slug", flat=True)) == ["mine", "orders"]
    assert bring(sales.owner, contract.tree).action == "no change"


def test_people_who_edit_both_products_may_serve_them_under_one_contract(mesh):
    sales, other, product = mesh
    grant_role(person=other.owner, role=Role.CONTRIBUTOR, domain=sales.domain, actor=FACTORY)
    mine = make_product("Mine", domain=other.domain)
    document = product.contracts.get().tree | {"servers": []}

    contract, _ = save_contract(product=mine, tree=document, edition=1, actor=other.owner)

    assert contract.product == mine


def test_an_import_never_takes_the_alias_of_a_contract_from_another_product():
    sales = make_users(make_domain("sales"))
    make_domain("other")
    bring(sales.owner, PRODUCT, CONTRACT)
    first = DataProduct.objects.get(document_id="orders-product")
    second = PRODUCT.replace("orders-product", "second").replace("name: Orders", "name: Second")

    bring(FACTORY, second.replace("domain: sales", "domain: other"), CONTRACT)

    alias = ProductAlias.objects.get(system="odcs")
    assert alias.product == first
    assert bring(sales.owner, PRODUCT, CONTRACT).action == "no change"
    changed = CONTRACT.replace("order_id", "id")
    assert bring(sales.owner, PRODUCT, changed).action == "change"
