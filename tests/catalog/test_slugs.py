"""Names in any script get a URL name by every door, or a clear request for one at its field."""

from typing import Any

import pytest
from django.test import Client

from catalog.domains.models import Domain
from catalog.glossary.models import Term
from catalog.glossary.services import define_term
from catalog.identifiers import SLUG_LENGTH, is_slug, slug_of
from catalog.manifests.import_report import ImportReport
from catalog.manifests.plan import Action
from catalog.manifests.readers import Source
from catalog.manifests.services.manifests import import_manifests
from catalog.manifests.services.terms import TermImportResult, import_terms
from catalog.manifests.terms import parse_terms
from catalog.people.models import Team
from catalog.products.models import DataProduct
from tests.catalog.api_client import Program, problem_of
from tests.factories import (
    FACTORY,
    make_domain,
    make_lead,
    make_published_product,
    make_users,
)

NAMES = {
    "顧客データ": "gu-ke-deta",
    "кириллица": "kirillitsa",
    "بيانات": "bynt",
    "한국어": "han-gug-eo",
    "ไทย": "aithy",
    "Łódź": "lodz",
    "Ελληνικά 5": "ellinika-5",
    "Café données": "cafe-donnees",
}
NAMELESS = "★☆"


@pytest.mark.parametrize(("name", "slug"), NAMES.items())
def test_a_name_of_any_script_suggests_a_slug(name: str, slug: str):
    assert slug_of(name) == slug
    assert is_slug(slug_of(name * 60))
    assert len(slug_of(name * 60)) <= SLUG_LENGTH


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_products_terms_domains_and_teams_are_named_by_the_api_and_pages(client: Client, name: str):
    lead = make_lead()
    users = make_users()
    client.force_login(users.owner)
    fields = {"sensitivity": "internal", "visibility": "members"}
    page = client.post("/publish/new", {"name": name, "domain": users.domain.pk, **fields})
    assert page.status_code == 302, page.content.decode()
    assert DataProduct.objects.get(name=name).slug == NAMES[name]

    client.force_login(lead)
    assert client.post("/domains/new", {"name": name}).status_code == 302
    assert Domain.objects.get(name=name).slug == NAMES[name]
    assert client.post("/new-team", {"name": name}).status_code == 302
    assert Team.objects.get(name=name).slug == NAMES[name]
    assert client.post("/new-term", {"name": name, "definition": "x"}).status_code == 302
    assert Term.objects.get(name=name).slug == NAMES[name]
    assert client.get(f"/glossary/{NAMES[name]}").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_the_api_makes_slugs_of_names(name: str):
    users = make_users()
    owner, lead = Program(users.owner), Program(make_lead())

    product = owner.send("POST", "/products", {"name": name, "domain": users.domain.slug})
    domain = lead.send("POST", "/domains", {"name": name})
    term = lead.send("POST", "/terms", {"name": name, "definition": "x"})

    assert [answer.json()["slug"] for answer in (product, domain, term)] == [NAMES[name]] * 3


@pytest.mark.django_db
def test_where_no_slug_can_be_made_the_api_asks_for_one_at_its_field():
    users = make_users()
    owner, lead = Program(users.owner), Program(make_lead())
    bodies = {
        "/products": {"domain": users.domain.slug},
        "/domains": {},
        "/terms": {"definition": "x"},
    }

    for path, body in bodies.items():
        program = owner if path == "/products" else lead
        problem = problem_of(program.send("POST", path, {"name": NAMELESS, **body}), 422, "invalid")
        (issue,) = problem["errors"]
        assert issue["pointer"] == "/slug"
        assert "No URL name can be made" in issue["message"]
        created = program.send("POST", path, {"name": NAMELESS, "slug": "stars", **body})
        assert created.json()["slug"] == "stars"


@pytest.mark.django_db
def test_where_no_slug_can_be_made_the_pages_ask_for_one_at_their_field(client: Client):
    users = make_users()
    client.force_login(users.owner)
    fields = {"domain": users.domain.pk, "sensitivity": "internal", "visibility": "members"}
    pages: dict[str, dict[str, Any]] = {
        "/publish/new": fields,
        "/domains/new": {},
        "/new-team": {},
        "/new-term": {"definition": "x"},
    }

    for path, body in pages.items():
        if path == "/domains/new":
            client.force_login(make_lead())
        page = client.post(path, {"name": NAMELESS, **body})
        form = page.context_data["page"].form
        assert list(form.errors) == ["slug"], path
        assert "No URL name can be made" in form.errors["slug"][0]
        assert client.post(path, {"name": NAMELESS, "slug": "stars", **body}).status_code == 302


def terms_of(text: str) -> list[TermImportResult]:
    return list(import_terms(entries=parse_terms(text.encode(), name="t.yaml"), actor=FACTORY))


@pytest.mark.django_db
def test_files_of_terms_take_names_of_any_script_and_slugs():
    (created,) = terms_of("name: 顧客\ndefinition: Who buys\n")
    (refused,) = terms_of(f"name: {NAMELESS}\ndefinition: Stars\n")
    (with_slug,) = terms_of(f"name: {NAMELESS}\nslug: stars\ndefinition: Stars\n")
    (again,) = terms_of(f"name: {NAMELESS}\nslug: stars\ndefinition: Stars\n")

    assert (created.action, with_slug.action, again.action) == (
        Action.CREATE,
        Action.CREATE,
        Action.NONE,
    )
    assert refused.action is Action.INVALID
    assert "No URL name can be made" in refused.issues[0].message
    assert set(Term.objects.values_list("slug", flat=True)) == {"gu-ke", "stars"}


@pytest.mark.django_db
def test_another_word_that_is_written_alike_in_latin_letters_does_not_replace_a_term():
    terms_of("name: 顧客\ndefinition: Who buys\n")
    (other,) = terms_of("name: 故客\ndefinition: Another\n")

    assert slug_of("顧客") == slug_of("故客")
    assert other.action is Action.INVALID
    assert "belongs to the term 顧客" in other.issues[0].message
    lead = Program(make_lead())
    problem = problem_of(
        lead.send("POST", "/terms", {"name": "故客", "definition": "x"}), 409, "name-conflict"
    )
    assert "顧客" in problem["detail"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_a_manifest_names_its_product(name: str):
    make_users(make_domain("sales"))
    text = (
        "apiVersion: v1.0.0\nkind: DataProduct\nid: p-1\nversion: 1.0.0\nstatus: draft\n"
        f"domain: sales\nname: {name}\n"
    )

    for _ in range(2):
        source = Source("p.yaml", text.encode)
        report = ImportReport.of(import_manifests(sources=[source], actor=FACTORY))
        assert not report.all_issues
    assert DataProduct.objects.get().slug == NAMES[name]


@pytest.mark.django_db
@pytest.mark.parametrize("suffix", [".json", ".atom", ".csv", ".yaml", ".html"])
def test_an_address_may_end_like_the_name_of_a_file(client: Client, suffix: str):
    domain = make_domain(f"zz{suffix}", name="Domain")
    make_domain("zz", name="Without")
    slugs = ("zz", f"zz{suffix}", f"orders{suffix}")
    products = [
        make_published_product(f"Product {slug}", domain=domain, assaySlug=slug) for slug in slugs
    ]
    define_term(name=f"zz{suffix}", definition="x", actor=FACTORY)
    define_term(name="New", definition="A word like others.", actor=FACTORY)

    for product in products:
        for tab in ("", "/schema", "/history", "/slo"):
            page = client.get(f"{product.path}{tab}")
            assert page.status_code == 200, page.request["PATH_INFO"]
            assert page["Content-Type"].startswith("text/html")
            assert product.name in page.content.decode()
    assert "Domain" in client.get(f"/d/zz{suffix}").content.decode()
    assert client.get(f"/d/zz{suffix}/feed.atom")["Content-Type"].startswith("application/atom")
    assert client.get(f"/glossary/zz{suffix}").status_code == 200
    assert "A word like others." in client.get("/glossary/new").content.decode()
    missing = client.get(f"/p/zz/missing{suffix}")
    assert missing.status_code == 404
    assert missing["Content-Type"].startswith("text/html")
    api = Program(domain.memberships.get(role="owner").person)
    assert api.get(f"/domains/zz{suffix}").json()["name"] == "Domain"
