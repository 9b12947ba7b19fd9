"""Uses of a product: readers add them, who may edit the product removes them."""

import pytest
from django.test import Client

from catalog.audit.models import AuditEvent
from catalog.products.models import ProductUse
from catalog.products.services import add_use
from tests.catalog.api_client import Program, problem_of
from tests.factories import make_published_product, make_users, product_tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def users():
    return make_users()


@pytest.fixture
def use(users):
    """A use that somebody from outside added."""
    product = make_published_product(domain=users.domain, assayVisibility="public")
    return add_use(product=product, title="Spam", actor=users.outsider, url="https://example.org")


@pytest.mark.parametrize("who", ["owner", "steward"])
def test_who_may_edit_a_product_removes_what_others_added(users, use, who):
    at = f"/products/{use.product.uuid}/uses"
    revision = use.product.revision

    answer = Program(getattr(users, who)).send("DELETE", f"{at}/{use.pk}")

    assert answer.status_code == 204
    assert Program().get(at).json()["results"] == []
    event = AuditEvent.objects.latest("pk")
    assert (event.verb, event.before) == ("removed use", {"title": "Spam"})
    use.product.refresh_from_db()
    assert use.product.revision == revision + 1


@pytest.mark.parametrize("who", ["outsider", "consumer"])
def test_nobody_else_removes_it(users, use, who):
    person = getattr(users, who)
    client = Client()
    client.force_login(person)

    answer = Program(person).send("DELETE", f"/products/{use.product.uuid}/uses/{use.pk}")
    page = client.post(f"/uses/{use.pk}/remove")

    problem_of(answer, 403, "permission-denied")
    assert page.status_code == 403
    assert ProductUse.objects.filter(pk=use.pk).exists()


def test_the_page_shows_it_and_its_owner_removes_it_there(client, users, use):
    assert "Spam" in client.get(use.product.path).content.decode()
    client.force_login(users.owner)

    page = client.get(use.product.path).content.decode()
    removed = client.post(f"/uses/{use.pk}/remove", follow=True).content.decode()

    assert f"/uses/{use.pk}/remove" in page
    assert "Use removed." in removed
    assert "Spam" not in removed


def test_a_use_of_the_document_is_removed_there(users):
    tree = product_tree("Orders", domain=users.domain.slug, assayUsedIn=[{"title": "Ours"}])
    product = make_published_product(domain=users.domain, tree=tree)
    use = product.uses.get()

    answer = Program(users.owner).send("DELETE", f"/products/{product.uuid}/uses/{use.pk}")

    assert "assayUsedIn" in problem_of(answer, 409, "invalid-transition")["hint"]
    other = make_published_product(domain=users.domain)
    foreign = Program(users.owner).send("DELETE", f"/products/{other.uuid}/uses/{use.pk}")
    problem_of(foreign, 404, "not-found")
