"""The bytes of what was imported: stored unchanged, once, and handed to editors alone."""

from hashlib import sha256

import pytest

from catalog.manifests.models import DocumentOrigin, StoredDocument
from catalog.products.models import DataProduct
from tests.catalog.api_client import Program
from tests.catalog.test_manifests import CONTRACT, PRODUCT
from tests.factories import make_domain, make_users

pytestmark = pytest.mark.django_db
TEXT = f"# a comment, and odd   spaces\r\n{PRODUCT}---\n{CONTRACT}".encode()
DIGEST = sha256(TEXT).hexdigest()


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


def bring(users, content=TEXT, **query):
    path = "/api/v1/manifests" + ("?dry_run=true" if query else "")
    client = Program(users.owner)
    answer = client.client.post(
        path, data=content, content_type="application/yaml", headers=client.headers
    )
    assert answer.status_code == 200, answer.content
    return DataProduct.objects.first()


def test_an_imported_document_comes_back_byte_for_byte(users, client):
    product = bring(users)
    client.force_login(users.owner)

    answer = client.get(f"/api/v1/documents/{DIGEST}")
    listed = client.get(f"/api/v1/products/{product.uuid}/documents").json()

    assert answer.content == TEXT
    assert (answer["Content-Type"], answer["ETag"]) == ("application/yaml", f'"{DIGEST}"')
    assert [row["sha256"] for row in listed] == [DIGEST]


def test_the_same_bytes_are_stored_once_and_change_nothing(users):
    edition = bring(users).edition
    product = bring(users)

    assert (StoredDocument.objects.count(), DocumentOrigin.objects.count()) == (1, 1)
    assert product.edition == edition


def test_bytes_that_change_something_are_stored_next_to_the_older_ones(users):
    bring(users)
    product = bring(users, TEXT.replace(b"Every", b"Each"))

    assert product.document_origins.count() == 2


def test_a_dry_run_stores_nothing(users):
    bring(users, dry_run=True)

    assert not StoredDocument.objects.exists()


@pytest.mark.parametrize("who", ["consumer", "outsider"])
def test_who_may_not_edit_gets_no_document(users, client, who):
    product = bring(users)
    client.force_login(getattr(users, who))

    assert client.get(f"/api/v1/documents/{DIGEST}").status_code == 404
    assert client.get(f"/api/v1/documents/{'0' * 64}").status_code == 404
    listed = client.get(f"/api/v1/products/{product.uuid}/documents")
    assert listed.status_code == 404 or listed.json() == []


def test_signed_out_there_are_no_documents(users, client):
    bring(users)

    assert client.get(f"/api/v1/documents/{DIGEST}").status_code == 401
