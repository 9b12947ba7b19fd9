"""The datasheet of a product: what it says, in which formats, to whom, and nothing that runs."""

import re
import zlib
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import typst
from markdown_it import MarkdownIt
from rdflib import RDF, Graph, URIRef

from catalog.products.projection import with_custom
from catalog.products.services import replace_document
from governance.web.representation.datasheet import Datasheet, Fact, Section, Table
from governance.web.representation.markdown import markdown_of
from governance.web.representation.pdf import pdf_of
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    publish_changes,
    with_port,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) # h | cell `c` **b** <!-- \n"
    '# heading\n1. item\n====\n\n    code\n#eval("1") #import "@preview/x:1.0.0" $x$ @ref \\ ](http://e)'
)


def datasheet_with(text: str) -> Datasheet:
    return Datasheet(
        title=text,
        summary=text,
        language="en",
        facts=(Fact(label=text, text=text, state=text, url="https://example.org/a?b=(c)>"),),
        sections=(
            Section(
                code="a",
                title=text,
                facts=(Fact(label="Kept", text=text),),
                tables=(Table(caption=text, columns=(text, "N"), rows=((text, "1"),), numbers=1),),
                notes=(text,),
            ),
        ),
    )


def text_of_pdf(pdf: bytes) -> str:
    """Return all that a PDF's streams and strings have as text, good enough to look for ASCII."""
    parts = [pdf.decode("latin-1")]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream).decode("latin-1"))
        except zlib.error:
            continue
    return "".join(parts)


@pytest.mark.django_db
def test_a_product_without_answers_says_what_is_not_answered(client):
    product = make_product(tree=product_tree("Orders"))
    users = make_users(product.domain)
    client.force_login(users.owner)

    page = client.get(f"{product.path}/datasheet").content.decode()
    text = client.get(f"{product.path}/datasheet.md").content.decode()
    data = client.get(f"{product.path}/datasheet.jsonld").json()

    assert "questions about this data is answered" in page
    assert "Not answered" in page
    assert "Where does the data come from?" in page
    assert "not stated" in text
    assert "share is declared." in page
    open_questions = [
        row for row in data["additionalProperty"] if row.get("description") == "not answered"
    ]
    assert {"source", "known_imbalances"} <= {row["propertyID"] for row in open_questions}


@pytest.mark.django_db
def test_unknown_and_not_applicable_answers_are_printed_as_such(client):
    answers = {
        "source": {"state": "answered", "text": "The till."},
        "period": {"state": "unknown"},
        "limits": {"state": "not_applicable", "reason": "It is synthetic."},
    }
    shares = [
        {
            "attribute": "sex",
            "group": "Female",
            "share": 0.33,
            "referenceShare": 0.51,
            "reference": {"name": "Census", "date": "2021-03-21"},
        }
    ]
    product = make_product(assayProvenance={"answers": answers, "imbalances": shares})
    client.force_login(make_users(product.domain).owner)

    page = client.get(f"{product.path}/datasheet").content.decode()
    data = client.get(f"{product.path}/datasheet.jsonld").json()

    assert "The till." in page
    assert "unknown, stated by owner" in page
    assert "It is synthetic." in page
    assert "Census" in page
    assert "−18" in page
    [share] = [row for row in data["additionalProperty"] if row["propertyID"] == "share(sex)"]
    assert share["value"] == 0.33
    assert share["valueReference"] == {
        "@type": "PropertyValue",
        "name": "reference: Census",
        "value": 0.51,
    }
    assert data["rai:dataCollectionRawData"] == ["The till."]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html,*/*", "text/html"),
        ("text/markdown", "text/markdown"),
        ("application/pdf", "application/pdf"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/ld+json"),
        ("image/png", "text/html"),
    ],
)
def test_the_accept_header_chooses_the_format(client, accept, media_type):
    product = make_published_product()

    answer = client.get(f"{product.path}/datasheet", headers={"accept": accept})

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(media_type)
    assert "Accept" in answer["Vary"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["md", "pdf", "jsonld", "html"])
def test_a_suffix_and_a_parameter_name_the_format(client, name):
    product = make_published_product()

    by_suffix = client.get(f"{product.path}/datasheet.{name}")
    by_parameter = client.get(f"{product.path}/datasheet?format={name}")

    assert by_suffix["Content-Type"] == by_parameter["Content-Type"]
    assert name == "html" or by_suffix.content == by_parameter.content
    assert client.get(f"{product.path}/datasheet.exe").status_code == 404
    assert client.get(f"{product.path}/datasheet?format=exe").status_code == 404


@pytest.mark.django_db
def test_a_datasheet_is_hidden_from_those_who_may_not_see_the_product(client):
    domain = make_domain()
    hidden = make_published_product(domain=domain, assayVisibility="restricted")
    draft = make_product(domain=domain)

    for product in (hidden, draft):
        for suffix in ("", ".md", ".pdf", ".jsonld"):
            assert client.get(f"{product.path}/datasheet{suffix}").status_code == 404
        assert client.get(f"{product.path}@latest/datasheet").status_code == 404


@pytest.mark.django_db
def test_a_hidden_upstream_product_is_not_named(client):
    domain = make_domain()
    secret = make_published_product("Secret plan", domain=domain, assayVisibility="restricted")
    port = {"name": "in", "contractId": str(uuid4())}
    port = with_custom(port, "assaySource", f"{domain.slug}/{secret.slug}")
    tree = product_tree(domain=domain.slug) | {"inputPorts": [port]}
    product = make_published_product(domain=domain, tree=tree)

    answers = [client.get(f"{product.path}/datasheet{suffix}") for suffix in ("", ".md", ".jsonld")]

    for answer in answers:
        assert answer.status_code == 200
        assert "Secret plan" not in answer.content.decode()


@pytest.mark.django_db
def test_an_older_version_has_its_own_datasheet(client):
    tree = product_tree("Orders", domain="sales")
    tree["description"]["purpose"] = "The first purpose."
    product = make_published_product(domain=make_domain(), tree=tree)
    first = product.version
    tree = product.tree | {"description": {"purpose": "The second purpose."}}
    edited = replace_document(product=product, tree=tree, edition=product.edition, actor=FACTORY)
    product = publish_changes(edited)

    old = client.get(f"{product.path}@{first}/datasheet").content.decode()
    new = client.get(f"{product.path}/datasheet").content.decode()
    latest = client.get(f"{product.path}@latest/datasheet.md")

    assert "The first purpose." in old
    assert "This is an older version." in old
    assert "The second purpose." in new
    assert "This is an older version." not in new
    assert latest.url == f"{product.path}@{product.version}/datasheet.md"
    assert "The second purpose." in client.get(latest.url).content.decode()
    assert client.get(f"{product.path}/datasheet.md?version={first}").content
    assert client.get(f"{product.path}@9.9.9/datasheet").status_code == 404


@pytest.mark.django_db
def test_a_datasheet_lists_the_columns_of_its_contracts(client):
    product = give_schema(with_port(make_product()), "age", classification="quasi-identifier")
    client.force_login(make_users(product.domain).owner)

    page = client.get(f"{product.path}/datasheet").content.decode()

    assert "quasi-identifier" in page
    assert "table rows" in page


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
def test_json_ld_is_a_graph_without_fetching_a_context(client):
    answers = {"source": {"state": "answered", "text": "The till."}}
    product = make_product(assayProvenance={"answers": answers})
    client.force_login(make_users(product.domain).owner)

    text = client.get(f"{product.path}/datasheet.jsonld").content.decode()
    graph = Graph().parse(data=text, format="json-ld")

    [dataset] = graph.subjects(RDF.type, URIRef("https://schema.org/Dataset"))
    raw = URIRef("http://mlcommons.org/croissant/RAI/dataCollectionRawData")
    assert str(dataset).endswith(str(product.uuid))
    assert [str(value) for value in graph.objects(dataset, raw)] == ["The till."]


@pytest.mark.django_db
def test_the_same_entry_gives_the_same_bytes(client):
    product = make_published_product("Müller & Söhne")

    for suffix in (".md", ".pdf", ".jsonld"):
        address = f"{product.path}/datasheet{suffix}"
        assert client.get(address).content == client.get(address).content


@pytest.mark.django_db
def test_what_people_wrote_is_no_markup_of_the_page(client):
    tree = product_tree("Orders")
    tree["description"]["purpose"] = HOSTILE
    tree["description"]["limitations"] = HOSTILE
    product = make_published_product(tree=tree, domain=make_domain())

    page = client.get(f"{product.path}/datasheet").content.decode()
    pdf = client.get(f"{product.path}/datasheet.pdf")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert pdf.content.startswith(b"%PDF")


def test_what_people_wrote_is_no_markdown():
    html = MarkdownIt("commonmark").enable("table").render(markdown_of(datasheet_with(HOSTILE)))

    assert "<script" not in html
    assert "<!--" not in html
    assert html.count("<h1>") == 1
    assert html.count("<h2>") == 1
    assert "<ol>" not in html
    assert "<pre>" not in html
    assert set(re.findall(r'href="([^"]*)"', html)) <= {"https://example.org/a?b=%28c%29%3E"}
    assert html.count("<td") == 2
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_what_people_wrote_is_no_code_of_the_pdf():
    pdf = pdf_of(datasheet_with(HOSTILE), identifier=HOSTILE, at=AT)

    assert pdf.startswith(b"%PDF")
    links = re.findall(r"/URI\s*\(([^)]*)", text_of_pdf(pdf))
    assert links
    assert {link.partition(":")[0] for link in links} == {"https"}
    assert "/JavaScript" not in text_of_pdf(pdf)


@pytest.mark.parametrize(
    "text",
    [
        "العربية مع 123 أرقام",
        "漢字かな交じり文",
        "한국어",
        "हिन्दी ไทย ქართული",
        "👩‍👩‍👧 😀 🇪🇺",
        "e\u0301\u0301\u0301 \u200b \u202e reversed \u2066",
        "\ud800 lone \x00 nul \x07 bell \ue000 private \U000e0041",
        pytest.param("a" * 5_000, id="a long word"),
        "\u0301",
        "",
    ],
)
def test_any_script_can_be_printed(text):
    pdf = pdf_of(datasheet_with(text), identifier=text, at=AT)

    assert pdf.startswith(b"%PDF")
    assert pdf == pdf_of(datasheet_with(text), identifier=text, at=AT)


def test_characters_without_a_font_are_replaced_and_the_file_says_so():
    embedded = typst.Fonts(include_system_fonts=False)

    complete = pdf_of(datasheet_with("A name"), identifier="x", at=AT, fonts=embedded)
    boxed = pdf_of(datasheet_with("漢字 is Han"), identifier="x", at=AT, fonts=embedded)

    assert "About this file" not in text_of_pdf(complete)
    assert "About this file" in text_of_pdf(boxed)
