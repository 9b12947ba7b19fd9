"""An address that only a draft had is free again once the draft is deleted."""

import pytest

from catalog.products.models import DataProduct
from catalog.products.projection import with_columns
from catalog.products.services import delete_product, move_product, replace_document
from tests.catalog.api_client import Program, problem_of
from tests.factories import FACTORY, make_domain, make_product, make_users, product_tree

pytestmark = pytest.mark.django_db


def rename(product: DataProduct, name: str) -> DataProduct:
    tree = with_columns(product.tree, {"name": name, "slug": name.lower()})
    return replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)


@pytest.mark.parametrize("door", ["service", "api", "page"])
def test_deleting_a_draft_frees_its_slug_its_former_slugs_and_its_id(client, door):
    users = make_users(make_domain("sales"))
    tree = product_tree("Orders", domain="sales")
    product = rename(make_product(domain=users.domain, tree=tree), "Returns")

    if door == "service":
        delete_product(product=product, edition=product.edition, actor=users.owner)
    elif door == "api":
        at = f"/products/{product.uuid}"
        answer = Program(users.owner).send("DELETE", at, edition=product.edition)
        assert answer.status_code == 204
    else:
        client.force_login(users.owner)
        client.post(f"{product.path}/edit/delete", {"edition": product.edition, "reason": "No."})

    for name in ("Orders", "Returns"):
        body = {"domain": "sales", "name": name}
        created = Program(users.owner).send("POST", "/products", body)
        assert created.status_code == 201, created.content
        assert created.json()["slug"] == name.lower()
        assert client.get(f"/p/sales/{name.lower()}").status_code in (200, 404)
    again = Program(users.owner).send(
        "POST", "/products", {"domain": "sales", "tree": tree | {"name": "Orders again"}}
    )
    assert again.status_code == 201, again.content


def test_deleting_a_moved_draft_frees_its_address_in_both_domains():
    users = make_users(make_domain("sales"))
    product = make_product("Orders", domain=users.domain)
    shop = make_domain("shop")
    product = move_product(product=product, domain=shop, edition=product.edition, actor=FACTORY)
    delete_product(product=product, edition=product.edition, actor=FACTORY)

    for domain in (users.domain, shop):
        assert make_product("Orders", domain=domain).slug == "orders"


def test_the_former_address_of_a_living_product_stays_taken():
    users = make_users(make_domain("sales"))
    rename(make_product("Orders", domain=users.domain), "Returns")

    answer = Program(users.owner).send("POST", "/products", {"domain": "sales", "name": "Orders"})

    problem_of(answer, 409, "name-conflict")
