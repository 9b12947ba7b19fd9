"""What somebody deletes between a write and the answer to it: gone, and no failure."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory

from catalog.api import provenance
from catalog.products.models import DataProduct
from catalog.products.services import delete_product
from config.pages.error_pages import ErrorPageMiddleware
from tests.catalog.api_client import Program
from tests.factories import FACTORY, make_product, make_users

pytestmark = pytest.mark.django_db


def deleting_after(write):
    """The same write, after which somebody else deletes the product."""

    def deleted(**fields):
        product = write(**fields)
        delete_product(product=product, edition=product.edition, actor=FACTORY)
        return product

    return deleted


def test_the_api_says_of_a_product_deleted_meanwhile_that_it_is_not_there(monkeypatch):
    users = make_users()
    product = make_product(domain=users.domain)
    monkeypatch.setattr(provenance, "replace_document", deleting_after(provenance.replace_document))

    path = f"/products/{product.uuid}/provenance"
    answer = Program(users.owner).send("PUT", path, {}, edition=product.edition)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"


def test_a_page_says_so_too():
    request = RequestFactory().get("/p/sales/orders")
    request.user = AnonymousUser()

    answer = ErrorPageMiddleware(HttpResponse).process_exception(
        request, DataProduct.DoesNotExist()
    )

    assert answer.status_code == 404
