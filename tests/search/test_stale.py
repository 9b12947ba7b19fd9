"""What the index has not yet forgotten or hidden is neither shown nor given away."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from catalog.products.services import patch_document
from catalog.search.port import SearchRequest
from catalog.search.query import parse_query
from catalog.search.services.search import search_catalog, suggest
from catalog.search.services.sync import drain
from tests.factories import FACTORY, make_published_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_index(settings, tmp_path):
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]


def _hide(product):
    patch_document(
        product=product,
        patch=[{"op": "replace", "path": "/customProperties/0/value", "value": "restricted"}],
        edition=product.edition,
        actor=FACTORY,
    )


def _find(text):
    read = parse_query(text, now=timezone.now())
    request = SearchRequest(readers=(), query=read.expression, text=read.text)
    return search_catalog(visitor=AnonymousUser(), request=request)


def test_a_search_that_finds_only_hidden_products_finds_nothing():
    product = make_published_product("Walrus counts")
    drain()

    _hide(product)
    results = _find("walrus")

    assert (results.hits, results.answer.count, results.answer.facets) == ((), 0, ())


def test_a_product_that_was_just_hidden_is_not_counted():
    hidden, visible = (
        make_published_product("Walrus counts"),
        make_published_product("Walrus diets"),
    )
    drain()

    _hide(hidden)
    results = _find("walrus")

    assert [product.pk for _, product in results.hits] == [visible.pk]
    assert results.answer.count == 1


def test_a_word_of_a_product_that_was_just_hidden_is_not_suggested():
    product = make_published_product("Walrus counts")
    drain()
    before = suggest(visitor=AnonymousUser(), text="walr")

    _hide(product)
    after = suggest(visitor=AnonymousUser(), text="walr")

    assert [word.text for word in before.words] == ["walrus"]
    assert (after.products, after.words) == ((), ())
