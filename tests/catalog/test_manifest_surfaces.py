"""Manifests by page and by API: planned before they are applied, handed out as they came."""

import base64
import json
import zlib
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from catalog.manifests.formats.bitol_odps import export
from catalog.manifests.formats.registry import FORMATS
from catalog.manifests.models import StoredDocument
from catalog.manifests.readers import read_documents
from catalog.products.models import DataProduct
from catalog.products.services import patch_document
from tests.catalog.api_client import Program
from tests.catalog.test_manifests import ACTIVE, CONTRACT, PRODUCT, bring, bring_checked
from tests.factories import make_domain, make_users

pytestmark = pytest.mark.django_db
BOTH = f"{PRODUCT}---\n{CONTRACT}"
YAML = "application/yaml"


@pytest.fixture
def sales():
    return make_users(make_domain("sales"))


@pytest.fixture
def page(client, sales):
    client.force_login(sales.owner)

    def send(text, **more):
        return client.post(reverse("manifest_page"), {"text": text} | more)

    return send


def seal_in(answer):
    return answer.context_data["page"].seal


# --- the page -------------------------------------------------------------------------------------


def test_the_page_requires_sign_in(client):
    assert client.get(reverse("manifest_page")).status_code == 302


def test_the_page_opens(client, sales):
    client.force_login(sales.owner)

    answer = client.get(reverse("manifest_page"))

    assert answer.status_code == 200
    assert b"Check and plan" in answer.content
    assert b"Apply this plan" not in answer.content


def test_the_plan_is_shown_first_and_applied_as_shown(page):
    looked = page(BOTH, check="")
    assert b"Apply this plan" in looked.content
    assert DataProduct.objects.count() == 0

    applied = page(BOTH, apply="", seal=seal_in(looked))

    assert b'href="/p/sales/orders"' in applied.content
    assert DataProduct.objects.count() == 1


def test_a_plan_that_was_not_shown_is_not_applied(page):
    seal = seal_in(page(BOTH))

    answer = page(BOTH.replace("Every", "Each"), apply="", seal=seal)

    assert b"The plan has changed since you read it" in answer.content
    assert DataProduct.objects.count() == 0


def test_an_edit_in_between_shows_the_new_plan(page, sales):
    bring(PRODUCT, CONTRACT)
    changed = BOTH.replace("Every", "Each")
    seal = seal_in(page(changed))
    product = DataProduct.objects.get()
    patch = [{"op": "add", "path": "/tenant", "value": "shop"}]
    patch_document(product=product, patch=patch, edition=product.edition, actor=sales.owner)

    answer = page(changed, apply="", seal=seal)

    assert answer.context_data["page"].is_overtaken
    assert DataProduct.objects.get().tree["tenant"] == "shop"


def test_errors_have_lines_and_the_typed_text_stays(page):
    text = BOTH.replace("version: 1.0.0\nstatus: draft", "version: [1]\nstatus: draft")

    answer = page(text)

    assert answer.status_code == 422
    assert b"5:1" in answer.content
    assert b"Must be a string, not a list" in answer.content
    assert answer.context_data["page"].form["text"].value() == text


def upload(name, content):
    return SimpleUploadedFile(name, content.encode())


def uploads_in(answer):
    return [file.encoded for file in answer.context_data["page"].form.uploads]


def test_an_uploaded_file_keeps_its_exact_bytes_until_its_plan_is_applied(page):
    looked = page("", file=upload("orders.yaml", BOTH))
    assert b"<code>orders.yaml</code>" in looked.content

    page("", upload=uploads_in(looked), apply="", seal=seal_in(looked))

    assert DataProduct.objects.count() == 1
    assert bytes(StoredDocument.objects.get().content) == BOTH.encode()


def test_several_files_are_planned_together(page):
    looked = page("", file=[upload("a.yaml", PRODUCT), upload("b.yaml", CONTRACT)])
    (result,) = looked.context_data["page"].report.results

    assert result.changes == ("adds contract orders-contract 1.0.0",)
    assert len(uploads_in(looked)) == 2

    page("", upload=uploads_in(looked), apply="", seal=seal_in(looked))
    assert DataProduct.objects.get().document_origins.count() == 2


@pytest.mark.parametrize("encoded", ["", "x", "eA== name", "\0", "eJw= name"])
def test_a_carried_file_that_is_none_is_left_out(page, encoded):
    assert page("", upload=[encoded]).status_code == 422


def test_a_carried_file_does_not_unpack_to_more_than_a_request_may_have(page):
    bomb = base64.b64encode(zlib.compress(b" " * 200_000_000)).decode()

    answer = page("", upload=[f"{bomb} bomb.json"])

    assert answer.status_code == 422
    assert "10 MB" in answer.content.decode()


def test_the_page_lists_every_format(client, sales):
    client.force_login(sales.owner)

    text = client.get(reverse("manifest_page")).content.decode()

    for known in FORMATS:
        assert f"<code>{known.name}</code>" in text
        assert f'<option value="{known.name}">' in text


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: [", b"[" * 100_000, b"a: \x00"])
def test_a_hostile_upload_is_an_error_on_the_page(page, content):
    answer = page("", file=SimpleUploadedFile("a.yaml", content))

    assert answer.status_code == 422
    assert answer.context_data["page"].report.issues


def test_an_empty_form_is_an_error_next_to_the_field(page):
    answer = page("")

    assert answer.status_code == 422
    assert answer.context_data["page"].form.errors["text"]


def test_markup_in_a_manifest_is_only_text(page):
    answer = page(PRODUCT.replace("name: Orders", "name: <script>alert(1)</script>"))

    assert b"<script>alert" not in answer.content


# --- the API --------------------------------------------------------------------------------------


def send(person, text, query="", method="POST", content_type=YAML):
    content = text if isinstance(text, bytes) else text.encode()
    return Program(person).send(method, f"/manifests{query}", content, content_type=content_type)


def test_a_manifest_is_imported_over_the_api_and_unchanged_the_second_time(sales):
    first, second = send(sales.owner, BOTH), send(sales.owner, BOTH, method="PUT")

    assert first.status_code == second.status_code == 200, first.content
    assert first.json()["products"][0]["action"] == "create"
    assert second.json()["products"][0]["action"] == "no change"


def test_a_dry_run_writes_nothing(sales):
    answer = send(sales.owner, BOTH, "?dry_run=1").json()

    assert (answer["dry_run"], answer["counts"]["create"]) == (True, 1)
    assert DataProduct.objects.count() == 0


def test_documents_can_be_json(sales):
    trees = [document.tree for document in read_documents(BOTH.encode(), name="a.yaml")]

    answer = send(sales.owner, json.dumps(trees), content_type="application/json")

    assert answer.json()["products"][0]["address"] == "sales/orders"


@pytest.mark.parametrize(
    "content",
    [b"a: [", b"[" * 100_000, b"a: \x00", b"\xff", b"kind: DataProdct", b'{"a":1,"a":2}'],
)
def test_bad_input_is_a_problem_with_line_and_hint(sales, content):
    answer = send(sales.owner, content)

    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    (problem,) = answer.json()["problems"]
    assert problem["line"] >= 1
    assert problem["hint"]
    assert answer.json()["errors"][0]["code"] == problem["code"]


def send_files(person, files, query=""):
    program = Program(person)
    parts = {"file": [upload(name, content) for name, content in files]}
    body = encode_multipart(BOUNDARY, parts)
    return program.client.put(
        f"/api/v1/manifests{query}", body, content_type=MULTIPART_CONTENT, headers=program.headers
    )


def test_several_files_are_the_parts_of_a_form(sales):
    answer = send_files(sales.owner, [("a.yaml", PRODUCT), ("b.yaml", CONTRACT)])

    assert answer.status_code == 200, answer.content
    (product,) = answer.json()["products"]
    assert (product["file"], product["format"], product["losses"]) == ("a.yaml", "bitol-odps", [])
    assert product["changes"] == ["adds contract orders-contract 1.0.0"]


@pytest.mark.parametrize("count", [0, 21])
def test_a_form_without_files_or_with_too_many_is_refused(sales, count):
    answer = send_files(sales.owner, [(f"{n}.yaml", PRODUCT) for n in range(count)])

    assert answer.status_code == 400
    assert "1 to 20 files" in answer.content.decode()


def test_an_unknown_format_is_refused_by_name(sales):
    answer = send(sales.owner, BOTH, "?format=excel")

    assert answer.status_code == 400
    assert "format" in answer.content.decode()


def test_a_manifest_is_the_body(sales):
    assert send(sales.owner, b"").status_code == 400


def test_a_body_that_is_too_large_is_refused(sales):
    assert send(sales.owner, b"x" * (2 * 1024 * 1024 + 1)).status_code == 413


def test_a_request_imports_fifty_documents_at_most(sales, page):
    tree = read_documents(PRODUCT.encode(), name="a.yaml")[0].tree
    trees = [tree | {"id": str(uuid4()), "name": f"Orders {number}"} for number in range(51)]

    answer = send(sales.owner, json.dumps(trees), content_type="application/json")
    on_page = page(json.dumps(trees))
    accepted = send(sales.owner, json.dumps(trees[:50]), content_type="application/json")

    assert answer.status_code == on_page.status_code == 422
    (problem,) = answer.json()["problems"]
    assert "A request has at most 50 products or contracts" in problem["message"]
    assert "A request has at most 50 products or contracts" in on_page.content.decode()
    assert accepted.json()["counts"]["create"] == 50
    assert DataProduct.objects.count() == 50


def test_a_conflict_answers_409(sales):
    bring(PRODUCT, CONTRACT)
    product = DataProduct.objects.get()
    patch = [{"op": "add", "path": "/tenant", "value": "shop"}]
    patch_document(product=product, patch=patch, edition=product.edition, actor=sales.owner)

    changed = BOTH.replace("Every", "Each")

    assert send(sales.owner, changed).status_code == 409
    assert send(sales.owner, changed, "?overwrite=true").status_code == 200


def test_importing_requires_sign_in():
    assert Program().send("POST", "/manifests", BOTH.encode(), content_type=YAML).status_code == 401


def test_an_unknown_parameter_is_refused(sales):
    assert send(sales.owner, BOTH, "?dryrun=1").status_code == 400


def test_a_product_is_exported_as_it_was_imported(sales):
    bring_checked(ACTIVE, CONTRACT)
    product, contract = DataProduct.objects.get(), DataProduct.objects.get().contracts.get()
    documents = [d.tree for d in read_documents(f"{ACTIVE}---\n{CONTRACT}".encode(), name="a.yaml")]

    answers = [
        Program().get(f"/products/{product.uuid}/manifest"),
        Program().get(f"/contracts/{contract.uuid}/manifest"),
        Program().get(f"/products/{product.uuid}/manifest", Accept="application/json"),
        Program().get(f"/contracts/{contract.uuid}.odcs.yaml"),
    ]

    trees = [read_documents(answer.content, name="")[0].tree for answer in answers]
    assert trees == [documents[0], documents[1], documents[0], documents[1]]
    assert answers[0]["Content-Type"].startswith("application/yaml")
    assert answers[2].json() == documents[0]


def test_a_product_that_a_person_cannot_see_is_not_exported(sales):
    bring(PRODUCT, CONTRACT)
    product = DataProduct.objects.get()
    addresses = [f"/products/{product.uuid}/manifest", f"/products/{uuid4()}/manifest"]
    addresses.append(f"/contracts/{product.contracts.get().uuid}/manifest")

    answers = [Program().get(address) for address in addresses]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].json()["status"] == 404


@pytest.mark.parametrize(
    ("tree", "status", "word"),
    [
        ({"status": "proposed"}, "draft", "proposed"),
        ({"status": "active"}, "draft", "draft"),
        ({"status": "draft"}, "published", "active"),
        ({}, "draft", None),
        ({}, "deprecated", "deprecated"),
    ],
)
def test_an_exported_status_is_the_current_one(tree, status, word):
    assert export(tree, status=status, domain="sales").get("status") == word


def test_an_exported_product_comes_back_as_no_change(sales):
    bring_checked(ACTIVE, CONTRACT)
    product = DataProduct.objects.get()
    text = Program().get(f"/products/{product.uuid}/manifest").content

    assert send(sales.owner, text).json()["products"][0]["action"] == "no change"
