"""A product's IRI and its documents: negotiation, versions, what is retired, and equal bytes."""

import json
import os
import subprocess
import sys
from uuid import uuid4

import pytest
import rdflib
from django.test import Client
from django.utils import timezone
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, PROV, RDF, RDFS

from catalog.products.models import DataProduct
from catalog.provenance.services import MeasuredGroup, set_measured_imbalances
from catalog.publication.services import retire_product
from tests.architecture.trees import ROOT
from tests.catalog.api_client import Program
from tests.catalog.linked_data.meshes import HOSTILE, hostile_product, linked_products, measured
from tests.factories import FACTORY, make_published_product, make_users, publish_changes

pytestmark = [
    pytest.mark.django_db,
    # rdflib's own parser of JSON-LD warns of its own class.
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning"),
]
FORMATS = {"ttl": "turtle", "rdf": "xml", "jsonld": "json-ld"}
# rdflib does not know these terms of DCAT 3 yet.
DCAT_VERSION = rdflib.URIRef(f"{DCAT}version")
IS_VERSION_OF = rdflib.URIRef(f"{DCAT}isVersionOf")
DQV = "http://www.w3.org/ns/dqv#"
TYPES = {
    "ttl": "text/turtle",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
}


def graph_of(content: bytes, suffix: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=content, format=FORMATS[suffix])


def iri_of(product: DataProduct) -> rdflib.URIRef:
    return rdflib.URIRef(f"http://127.0.0.1:8000/id/product/{product.uuid}")


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_iri_answers_in_the_syntax_that_a_client_accepts(client: Client, suffix):
    product, _ = linked_products()
    path = f"/id/product/{product.uuid}"

    response = client.get(path, headers={"accept": TYPES[suffix]})
    by_suffix = client.get(f"{path}.{suffix}")
    by_name = client.get(f"{path}?format={suffix}", headers={"accept": "text/html"})

    assert response.status_code == 200
    assert response["Content-Type"].startswith(TYPES[suffix])
    assert {"Accept", "Authorization", "Cookie"} <= set(response["Vary"].split(", "))
    assert response["Content-Location"] == f"{path}.{suffix}"
    assert response.content == by_suffix.content == by_name.content
    assert (iri_of(product), RDF.type, DCAT.Dataset) in graph_of(response.content, suffix)


def test_a_cached_document_is_not_sent_again_and_head_sends_none(client: Client):
    product, _ = linked_products()
    path = f"/id/product/{product.uuid}.ttl"
    full = client.get(path)

    cached = client.get(path, headers={"if-none-match": full["ETag"]})
    head = client.head(path)

    assert (cached.status_code, cached.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == cached["ETag"] == full["ETag"]
    assert head["Content-Length"] == str(len(full.content))


def test_a_browser_is_led_to_the_page_and_a_json_client_to_the_api(client: Client):
    product, _ = linked_products()
    path = f"/id/product/{product.uuid}"

    page = client.get(path, headers={"accept": "text/html,*/*;q=0.8"})
    api = client.get(path, headers={"accept": "application/json"})

    assert (page.status_code, page["Location"]) == (303, product.path)
    assert (api.status_code, api["Location"]) == (303, f"/api/v1/products/{product.uuid}")
    assert f'<{path}.ttl>; rel="alternate"; type="text/turtle"' in page["Link"]
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("accept", ["image/png", "text/turtle;q=0", "*/*;q=0"])
def test_a_format_that_is_not_offered_is_refused_with_those_that_are(client: Client, accept):
    product, _ = linked_products()

    response = client.get(f"/id/product/{product.uuid}", headers={"accept": accept})

    assert response.status_code == 406
    assert response["Content-Type"] == "application/problem+json"
    assert "Accept" in response["Vary"]
    for media_type in TYPES.values():
        assert media_type in response.json()["detail"]


def test_an_unknown_name_of_a_format_is_refused_with_the_known_ones(client: Client):
    product, _ = linked_products()

    response = client.get(f"/id/product/{product.uuid}?format=n3%00<b>")

    assert response.status_code == 406
    assert "turtle, json-ld, rdf-xml, prov-json" in response.json()["detail"]


def test_all_syntaxes_hold_the_same_graph_whatever_people_wrote(client: Client):
    hostile = measured(hostile_product())
    product, _ = linked_products()

    for path in (f"/id/product/{hostile.uuid}", f"/id/product/{product.uuid}", "/catalog"):
        graphs = [graph_of(client.get(f"{path}.{name}").content, name) for name in FORMATS]

        assert len(graphs[0]) > 50
        assert all(isomorphic(graphs[0], graph) for graph in graphs[1:])
        assert not any(isinstance(node, rdflib.BNode) for node in graphs[0].all_nodes())


def test_hostile_texts_arrive_and_hostile_addresses_do_not(client: Client):
    product = hostile_product()

    graph = graph_of(client.get(f"/id/product/{product.uuid}.ttl").content, "ttl")

    words = str(graph.value(iri_of(product), DCTERMS.description))
    assert HOSTILE in words
    assert "a\nb\nc\N{REPLACEMENT CHARACTER}" in words
    iris = {str(node) for node in graph.all_nodes() if isinstance(node, rdflib.URIRef)}
    assert "https://example.org/%C3%A4%20b%3Cc%3E" in {iri.replace("ä", "%C3%A4") for iri in iris}
    assert not [iri for iri in iris if "javascript" in iri or "secret-password" in iri]
    assert not [iri for iri in iris if iri.startswith("dct:") or any(c in iri for c in ' <>"{}')]


def test_what_is_known_of_a_product_is_in_its_graph(client: Client):
    product, source = linked_products()
    product = measured(product)

    graph = graph_of(client.get(f"/id/product/{product.uuid}.ttl").content, "ttl")

    iri = iri_of(product)
    words = {str(node) for node in graph.objects()}
    assert set(map(str, graph.objects(iri, DCAT.keyword))) == {"orders", "daily"}
    assert list(graph.objects(iri, DCTERMS.source)) == [iri_of(source)]
    assert iri_of(source) in set(graph.objects(iri, PROV.wasDerivedFrom))
    assert str(graph.value(iri, DCTERMS.publisher)).endswith("/d/sales#publisher")
    assert {"0.995", "Tills of all shops", "Logged", "2021-03-01"} <= words
    assert any("Declared: sex female, share 0.31, 12345 records" in text for text in words)
    assert "https://spdx.org/licenses/CC-BY-4.0.html" in words
    contract = product.contracts.get()
    assert any(word.endswith(f"/api/v1/contracts/{contract.uuid}.odcs.yaml") for word in words)


def test_an_indicator_without_a_measurement_is_left_out(client: Client):
    product, _ = linked_products()
    before = client.get(f"/id/product/{product.uuid}.ttl").content.decode()

    after = client.get(f"/id/product/{measured(product).uuid}.ttl").content.decode()

    assert "QualityMeasurement" not in before
    assert "#quality-availability" in after
    assert "#quality-freshness" not in after


def test_of_a_small_group_only_the_interval_is_shown(client: Client):
    product, _ = linked_products()
    port = product.output_ports.get()
    known = {"n": 3100, "share": 0.31, "interval_low": 0.301, "interval_high": 0.319}
    hidden = {"n": None, "share": None, "interval_low": 0.0, "interval_high": 0.01}
    reference = {"reference_share": 0.5, "reference_name": "Census"}
    rows = [
        MeasuredGroup(attribute="sex", group="female", **known, **reference),
        MeasuredGroup(attribute="sex", group="other", **hidden),
    ]
    set_measured_imbalances(port=port, rows=rows, measured_at=timezone.now())

    graph = graph_of(client.get(f"/id/product/{product.uuid}.ttl").content, "ttl")

    female, other = (iri_of(product) + f"#share-table-sex-{name}" for name in ("female", "other"))
    value = rdflib.URIRef(f"{DQV}value")
    assert str(graph.value(female, value)) == "0.31"
    assert graph.value(other, value) is None
    words = [str(graph.value(node, RDFS.comment)) for node in (female, other)]
    assert words == [
        "3100 records. Interval 0.301 to 0.319. Reference 0.5 (Census).",
        "Interval 0 to 0.01.",
    ]


def test_a_hidden_source_is_as_unknown_as_one_that_never_was(client: Client):
    product, _ = linked_products()
    path = f"/id/product/{product.uuid}"
    addresses = [f"{path}.{suffix}" for suffix in (*FORMATS, "provjson")]
    addresses += [f"{path}.ttl?loss=1", f"{path}@0.1.0.ttl", "/catalog.ttl"]
    before = [client.get(address).content for address in addresses]

    DataProduct.objects.filter(slug="secrets").delete()

    assert [client.get(address).content for address in addresses] == before


def test_hidden_products_are_not_found_and_a_token_finds_them(client: Client):
    users = make_users()
    product = make_published_product("Plans", domain=users.domain, assayVisibility="restricted")
    path = f"/id/product/{product.uuid}.ttl"
    token = Program(users.owner).headers["Authorization"]

    hidden = client.get(path)
    visible = client.get(path, headers={"authorization": token})
    wrong = client.get(path, headers={"authorization": "Bearer assay_" + "x" * 40})

    assert (hidden.status_code, hidden["Content-Type"]) == (404, "application/problem+json")
    assert hidden.json()["detail"] == client.get(f"/id/product/{uuid4()}.ttl").json()["detail"]
    assert visible.status_code == 200
    assert wrong.status_code == 401


def test_a_version_has_an_iri_of_its_own(client: Client):
    product, _ = linked_products()
    product = publish_changes(product)
    path = f"/id/product/{product.uuid}"

    first = client.get(f"{path}@0.1.0", headers={"accept": "text/turtle"})
    newest = client.get(f"{path}@latest", headers={"accept": "text/turtle"})
    page = client.get(f"{path}@0.1.0", headers={"accept": "text/html"})

    graph, version = graph_of(first.content, "ttl"), iri_of(product) + "@0.1.0"
    assert graph.value(version, DCAT_VERSION) == rdflib.Literal("0.1.0")
    assert graph.value(version, IS_VERSION_OF) == iri_of(product)
    assert graph.value(version, DCAT.distribution) is not None
    assert newest.status_code == 302
    assert newest["Location"] == f"{path}@{product.version}.ttl"
    assert client.get(newest["Location"]).status_code == 200
    assert page["Location"] == f"{product.path}?version=0.1.0"
    assert client.get(f"{path}@9.9.9.ttl").status_code == 404


def test_a_retired_product_is_gone_and_names_its_successor(client: Client):
    product, source = linked_products()
    product = DataProduct.objects.get(pk=product.pk)
    retire_product(product=product, edition=product.edition, successor=source, actor=FACTORY)

    for address in ("", "@0.1.0"):
        path = f"/id/product/{product.uuid}{address}"
        response = client.get(path, headers={"accept": "application/rdf+xml"})

        assert response.status_code == 410
        assert response.json()["current"]["successor"] == "sales/tills"
        assert "Accept" in response["Vary"]


def test_prov_json_has_the_records_of_the_graph(client: Client):
    product, source = linked_products()

    document = client.get(f"/id/product/{product.uuid}.provjson").json()

    name = f"assay:id/product/{product.uuid}"
    assert document["entity"][f"assay:id/product/{source.uuid}"]["prov:label"] == "Tills"
    assert document["entity"][f"{name}#source"]["prov:label"] == "Tills of all shops"
    assert document["activity"][f"{name}#collection"]["rdfs:comment"] == "Logged"
    assert {"prov:activity": f"{name}#collection", "prov:entity": f"{name}#source"} in document[
        "used"
    ].values()
    assert len(document["wasDerivedFrom"]) == 2


PROGRAM = """
import django, sys, pathlib
django.setup()
from datetime import UTC, date, datetime
from catalog.manifests.linked_data.dcat import product_triples
from catalog.manifests.linked_data.facts import *
from catalog.manifests.linked_data.syntaxes import RDF
from catalog.manifests.linked_data.writers import write
from catalog.products.reuse import Reuse
ports = tuple(
    PortFacts(name=f"p{n}", version="1", servers=(ServerFacts(name="s", type="api", format="csv",
              location=f"https://example.org/{n}"),))
    for n in range(9)
)
facts = ProductFacts(
    base="https://a.example", iri="https://a.example/id/product/1", page_url="https://a.example/p",
    name="Orders", purpose="All", version="1", status="published", sensitivity="public",
    visibility="public", domain=DomainFacts(name="Sales", url="https://a.example/d/sales"),
    reuse=Reuse(license="CC-BY-4.0"), modified=datetime(2026, 1, 1, tzinfo=UTC),
    tags=tuple("abcdefgh"), ports=ports,
)
for syntax in RDF:
    sys.stdout.buffer.write(write(product_triples(facts), syntax))
    sys.stdout.buffer.write(write(reversed(list(product_triples(facts))), syntax))
"""


def test_the_same_facts_give_the_same_bytes_in_every_process():
    documents = set()
    for seed in ("0", "1", "2"):
        process = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        )
        documents.add(process.stdout)

    assert len(documents) == 1
    assert json.dumps("Orders").encode() in documents.pop()
