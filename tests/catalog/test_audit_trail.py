"""The trail names refusals, sign-ins and their failures, sign-outs, and the token that acted."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.audit.services import seal_pending
from catalog.audit.verification import verify_chain
from catalog.domains.services import grant_role
from catalog.manifests.services.terms import import_terms
from catalog.manifests.terms import parse_terms
from catalog.people.models import ApiToken
from catalog.people.services import create_token
from catalog.permissions import Role
from tests.catalog.api_client import Program, problem_of
from tests.factories import (
    FACTORY,
    PASSWORD,
    make_domain,
    make_person,
    make_published_product,
    make_users,
    product_tree,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_earlier_attempts():
    cache.clear()


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


def denials_of(person) -> list[tuple[str, str]]:
    rows = AuditEvent.objects.filter(verb="was denied", actor_id=person.audit_id).order_by("pk")
    return [(row.object_name, row.reason) for row in rows]


def events_about(person) -> list[str]:
    events = AuditEvent.objects.about("person", str(person.uuid)).order_by("pk")
    return [event.verb for event in events if event.verb != "created"]


def test_a_refused_page_form_and_step_are_audited(users):
    product = make_published_product(domain=users.domain)
    client = Client()
    client.force_login(users.outsider)

    client.get("/d/sales/edit")
    client.post("/d/sales/people", {"person": users.outsider.username, "role": "owner"})
    client.post(f"/p/sales/{product.slug}/edit/publish", {"edition": product.edition})

    actions = [action for action, _reason in denials_of(users.outsider)]
    assert actions[:2] == ["GET /d/sales/edit", "POST /d/sales/people"]
    assert len(actions) == 3
    assert "needs the role" in denials_of(users.outsider)[0][1]


def test_a_refused_call_and_a_missing_scope_are_audited(users):
    writer, reader = Program(users.outsider), Program(users.owner, "read")

    writer.send("POST", "/products", {"domain": "sales", "name": "Orders"})
    reader.send("POST", "/products", {"domain": "sales", "name": "Orders"})

    assert [action for action, _ in denials_of(users.outsider)] == ["POST /api/v1/products"]
    ((action, reason),) = denials_of(users.owner)
    assert (action, "scope write" in reason) == ("POST /api/v1/products", True)
    assert AuditEvent.objects.filter(verb="was denied", token_name="program").count() == 2


def test_a_refused_manifest_and_glossary_are_audited(users):
    Program(users.outsider).send("POST", "/manifests", product_tree(domain="sales"))
    entries = parse_terms(b"- {name: Order, definition: A purchase, domain: sales}", name="t.yaml")
    list(import_terms(entries=entries, actor=users.outsider))

    assert {action for action, _ in denials_of(users.outsider)} == {
        "import a manifest",
        "import terms",
    }


def test_a_refused_command_is_audited(users):
    product = make_published_product(domain=users.domain)

    outsider = users.outsider.username

    with pytest.raises(CommandError):
        call_command("probe_ports", "--product", f"sales/{product.slug}", "--as", outsider)
    with pytest.raises(CommandError):
        call_command("read_schema", f"sales/{product.slug}", "--as", outsider)

    assert [action for action, _ in denials_of(users.outsider)] == ["probe_ports", "read_schema"]


def test_the_same_denial_is_written_once_a_minute(users):
    client = Client()
    client.force_login(users.outsider)

    for _ in range(5):
        client.get("/d/sales/edit")

    assert len(denials_of(users.outsider)) == 1


def test_a_sign_in_its_failure_and_a_sign_out_are_audited():
    person, client = make_person("ana"), Client(REMOTE_ADDR="203.0.113.9")

    client.post("/sign-in", {"login": "ANA@example.org", "password": "wrong"})
    client.post("/sign-in", {"login": "ana", "password": PASSWORD})
    client.post("/sign-out")

    assert events_about(person) == ["sign-in failed", "signed in", "signed out"]
    failed = AuditEvent.objects.get(verb="sign-in failed")
    assert (failed.actor_name, failed.after) == (
        "someone signed out",
        {"address": "203.0.113.9"},
    )


def test_what_was_typed_as_a_name_without_an_account_is_not_kept():
    Client().post("/sign-in", {"login": "my secret password", "password": "x"})

    event = AuditEvent.objects.get(verb="sign-in failed")
    assert "secret" not in str(vars(event))
    assert event.object_name == "an unknown account"


def test_an_expired_token_is_audited_once_an_hour():
    person = make_person("ana")
    program = Program(person)
    ApiToken.objects.update(expiry=timezone.now())

    for _ in range(3):
        program.get("/me")

    (event,) = AuditEvent.objects.filter(verb="token rejected")
    assert (event.object_id, event.after["token"]) == (str(person.uuid), "program")


def test_an_auditor_of_the_mesh_reads_denials_and_sign_ins_over_the_api(users):
    auditor, client = make_person("astrid"), Client()
    grant_role(person=auditor, role=Role.AUDITOR, actor=FACTORY)
    client.post("/sign-in", {"login": users.outsider.username, "password": PASSWORD})
    client.get("/d/sales/edit")

    (denial,) = Program(auditor).get("/audit?verb=was%20denied").json()["results"]
    sign_ins = Program(auditor).get("/audit?kind=person&verb=signed%20in").json()["results"]

    assert (denial["actor"], denial["object_name"]) == (
        users.outsider.display_name,
        "GET /d/sales/edit",
    )
    assert sign_ins[0]["after"] == {"address": "127.0.0.1"}


def test_who_reads_no_audit_of_the_mesh_is_denied_it(users):
    for person in (users.owner, users.steward, users.outsider):
        problem_of(Program(person).get("/audit"), 403, "permission-denied")
    problem_of(Program().get("/audit"), 401, "not-authenticated")


def test_an_event_names_the_token_that_acted(users):
    program, client = Program(users.owner), Client()
    client.force_login(users.owner)

    program.send("POST", "/products", {"domain": "sales", "name": "Orders"})
    client.post(
        "/api/v1/products", {"domain": "sales", "name": "More"}, content_type="application/json"
    )

    by_token, by_session = AuditEvent.objects.filter(
        object_kind="product", verb="registered"
    ).order_by("pk")
    assert by_token.token_id == str(ApiToken.objects.get().uuid)
    assert (by_token.token_name, by_session.token_name) == ("program", "")


def test_only_readers_of_the_audit_see_the_token(users):
    owner = Program(users.owner)
    answer = owner.send("POST", "/products", {"domain": "sales", "name": "Orders"})
    path = answer["Location"].removeprefix("/api/v1") + "/history"
    client = Client()
    client.force_login(users.owner)

    token_name = owner.get(path).json()["results"][0]["token"]
    page = client.get("/p/sales/orders/history").content.decode()

    assert token_name == "program"
    assert "with the token program" in page


def test_a_token_in_an_event_is_sealed(users):
    Program(users.owner).send("POST", "/products", {"domain": "sales", "name": "Orders"})
    seal_pending()

    AuditEvent.objects.filter(token_name="program").update(token_name="another")

    assert not verify_chain().is_intact


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one():
    person = make_person("ana")
    here, there = Client(), Client()
    for client in (here, there):
        client.force_login(person)
    new = "another long password"

    here.post("/settings/password", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert here.get("/settings").status_code == 200
    assert there.get("/settings").status_code == 302


@pytest.mark.parametrize("revoke", [True, False])
def test_a_new_password_offers_to_revoke_the_tokens(revoke):
    person, client = make_person("ana"), Client()
    for name in ("one", "two"):
        create_token(person=person, name=name, scopes=["read"], lasts=timedelta(days=1))
    client.force_login(person)
    assert "Also revoke my 2 API tokens" in client.get("/settings/password").content.decode()
    new = "another long password"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}

    client.post("/settings/password", fields | ({"revoke_tokens": "on"} if revoke else {}))

    assert ApiToken.objects.count() == (0 if revoke else 2)
    assert AuditEvent.objects.filter(object_kind="token", verb="revoked").count() == 2 * revoke


def test_the_offer_to_revoke_tokens_is_made_to_who_has_some():
    client = Client()
    client.force_login(make_person("ana"))

    assert "revoke my" not in client.get("/settings/password").content.decode()


PAGES = ["/", "/teams", "/settings", "/d/sales", "/d/sales.atom", "/search?q=a", "/nowhere"]


@pytest.mark.parametrize("path", [*PAGES, "/api/v1/me", "/api/v1/products", "/glossary"])
def test_what_a_signed_in_person_reads_is_not_kept_by_the_browser(path, users):
    client = Client()
    client.force_login(users.owner)

    answer = client.get(path)

    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
