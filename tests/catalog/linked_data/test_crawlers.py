"""What a dataset search engine finds: the page's own dataset, its links, robots.txt and sitemap."""

import json
import re
from datetime import datetime
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.products.models import DataProduct
from catalog.products.services import edited_version, replace_document
from tests.catalog.linked_data.meshes import HOSTILE, hostile_product, linked_products, measured
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    publish_changes,
)

pytestmark = pytest.mark.django_db
SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
BASE = "http://127.0.0.1:8000"


def page_of(client: Client, product: DataProduct) -> str:
    return client.get(product.path).content.decode()


def dataset_in(page: str) -> dict[str, object]:
    (text,) = SCRIPT.findall(page)
    dataset: dict[str, object] = json.loads(text)
    return dataset


def entries(client: Client, address: str) -> list[tuple[str, str]]:
    """Return the addresses of a sitemap with their times."""
    response = client.get(address)
    content = response.getvalue() if hasattr(response, "getvalue") else response.content
    root = ET.fromstring(content)
    return [
        (str(one.findtext("s:loc", "", NAMESPACE)), str(one.findtext("s:lastmod", "", NAMESPACE)))
        for one in root
    ]


def test_the_page_of_a_product_has_it_as_a_dataset(client: Client):
    product, source = linked_products()

    dataset = dataset_in(page_of(client, product))

    assert dataset["@context"] == "https://schema.org/"
    assert dataset["@type"] == "Dataset"
    assert dataset["@id"] == f"{BASE}/id/product/{product.uuid}"
    assert dataset["url"] == f"{BASE}/p/sales/orders"
    assert dataset["name"] == "Orders"
    assert dataset["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert dataset["temporalCoverage"] == "2021-03/.."
    assert dataset["version"] == product.version
    assert [one["@id"] for one in dataset["isBasedOn"]] == [  # type: ignore[attr-defined]
        f"{BASE}/id/product/{source.uuid}"
    ]


def test_no_text_ends_the_script_element_of_the_dataset(client: Client):
    product = hostile_product()

    page = page_of(client, product)

    assert HOSTILE in str(dataset_in(page)["description"])
    assert "alert(1)</script>" not in SCRIPT.findall(page)[0]
    assert page.count("<script") == page.count("</script>")


def test_a_draft_has_no_dataset_and_a_hidden_product_no_page(client: Client):
    users = make_users(make_domain("sales"))
    draft = make_product("Draft", domain=users.domain)
    assert client.get(draft.path).status_code == 404

    client.force_login(users.owner)

    assert "ld+json" not in SCRIPT.findall(page_of(client, draft))
    assert not SCRIPT.findall(page_of(client, draft))


def test_a_page_names_its_one_address_and_its_formats(client: Client):
    product, _ = linked_products()

    response = client.get(f"{product.path}?utm_source=x")
    page = " ".join(response.content.decode().split())

    assert f'<link rel="canonical" href="{BASE}/p/sales/orders">' in page
    tab = client.get(f"{product.path}/schema").content.decode()
    assert f'<link rel="canonical" href="{BASE}/p/sales/orders/schema">' in tab
    link = response["Link"]
    assert f'<{BASE}/id/product/{product.uuid}>; rel="cite-as"' in link
    for media_type in ("text/turtle", "application/ld+json", "application/rdf+xml"):
        start = f'<link rel="alternate" type="{media_type}" href="'
        tag = re.search(re.escape(start) + '([^"]+)"', page)
        assert tag is not None
        assert f'<{tag[1]}>; rel="alternate"; type="{media_type}"' in link
        assert client.get(tag[1]).status_code == 200


def test_every_format_of_the_page_can_be_fetched_at_the_address_to_copy(client: Client):
    product, _ = linked_products()
    response = client.get(product.path)
    page, formats = response.content.decode(), response.context_data["page"].formats

    assert len(formats) >= 5
    for link in formats:
        assert f'data-copy="http://testserver{link.path}"' in unescape(page)
        fetched = client.get(link.path)
        assert fetched.status_code == 200
        assert fetched["Content-Type"].startswith(link.media_type)
        if link.loss_path:
            assert "losses" in client.get(link.loss_path).json()


def test_robots_txt_names_the_sitemap_and_no_lists_of_results(client: Client):
    linked_products()

    text = client.get("/robots.txt").content.decode()

    assert "Disallow: /search\n" in text
    assert "Disallow: /p/*/edit\n" in text
    assert f"Sitemap: {BASE}/sitemap.xml\n" in text
    assert "\nDisallow: /p/\n" not in text
    assert "\nDisallow: /\n" not in text


def test_the_sitemap_has_the_public_products_and_no_others(client: Client):
    product, source = linked_products()
    domain = product.domain
    make_published_product("Members", domain=domain, assayVisibility="members")
    make_product("Draft", domain=domain)

    index = entries(client, "/sitemap.xml")
    pages = entries(client, "/sitemap.xml?page=1")

    assert [address for address, _ in index] == [f"{BASE}/sitemap.xml?page=1"]
    assert {address for address, _ in pages} == {f"{BASE}{one.path}" for one in (product, source)}
    assert index[0][1] == max(moment for _, moment in pages)
    for address in ("/sitemap.xml?page=2", "/sitemap.xml?page=0", "/sitemap.xml?page=x"):
        assert client.get(address).status_code == 404


def test_a_product_is_modified_when_readers_see_a_change(client: Client):
    product, _ = linked_products()

    def modified() -> datetime:
        pages = dict(entries(client, "/sitemap.xml?page=1"))
        return datetime.fromisoformat(pages[f"{BASE}{product.path}"])

    DataProduct.objects.filter(pk=product.pk).update(updated_at="2026-01-01T00:00:00Z")
    before = modified()
    measured(product)
    current = DataProduct.objects.select_related("domain").get(pk=product.pk)
    copy = edited_version(current)
    tree = copy.tree | {"tags": ["new"]}
    replace_document(product=copy, tree=tree, edition=copy.edition, actor=FACTORY)
    unpublished = modified()
    publish_changes(DataProduct.objects.select_related("domain").get(pk=product.pk))

    assert before == unpublished
    assert modified() > before


def test_an_installation_without_public_products_says_so(client: Client):
    make_published_product("Members", assayVisibility="members")

    text = client.get("/robots.txt").content.decode()

    assert "Sitemap:" not in text
    assert "# No product here is public" in text
    assert entries(client, "/sitemap.xml") == []
    assert client.get("/sitemap.xml?page=1").status_code == 404


def test_a_page_of_the_sitemap_is_read_in_two_statements(client: Client):
    linked_products()

    with CaptureQueriesContext(connection) as statements:
        entries(client, "/sitemap.xml?page=1")

    assert len(statements) == 2
