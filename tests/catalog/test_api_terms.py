"""The glossary over the API: who may define, what is refused where, and how words are found."""

import pytest

from catalog.audit.models import AuditEvent
from catalog.glossary.models import Term
from catalog.glossary.services import define_term
from tests.catalog.api_client import Program, places, problem_of
from tests.factories import FACTORY, make_domain, make_lead, make_users

pytestmark = pytest.mark.django_db
ORDER = {"name": "Order", "definition": "A request to buy.", "acronyms": ["ORD"]}


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


@pytest.fixture
def term(users):
    return define_term(name="Order", definition="A sale.", actor=FACTORY, domain=users.domain)


def test_a_steward_defines_for_the_own_domain_and_a_lead_for_the_mesh(users):
    steward, lead = Program(users.steward), Program(make_lead())

    own = steward.send("POST", "/terms", ORDER | {"domain": "sales"})
    beyond = steward.send("POST", "/terms", ORDER)
    of_mesh = lead.send("POST", "/terms", ORDER | {"domain": None})

    assert (own.status_code, own.json()["domain"]) == (201, "sales")
    assert "steward" in problem_of(beyond, 403, "permission-denied")["detail"]
    assert (of_mesh.status_code, of_mesh.json()["domain"]) == (201, None)
    assert own.json()["slug"] == of_mesh.json()["slug"] == "order"


def test_everybody_reads_terms_and_only_people_write_them(term):
    nobody = Program()

    listed = nobody.get("/terms").json()["results"]
    answer = nobody.get(f"/terms/{term.uuid}")

    assert [row["id"] for row in listed] == [str(term.uuid)]
    assert answer.json() == listed[0]
    problem_of(nobody.send("POST", "/terms", ORDER), 401, "not-authenticated")
    problem_of(nobody.send("DELETE", f"/terms/{term.uuid}", edition=1), 401, "not-authenticated")


@pytest.mark.parametrize(
    ("fields", "status", "code", "location"),
    [
        ({"name": "  "}, 400, "invalid-body", "/name"),
        ({"name": "…"}, 422, "invalid", "/slug"),
        ({"name": "x" * 121}, 400, "invalid-body", "/name"),
        ({"name": ["Order"]}, 400, "invalid-body", "/name"),
        ({"definition": None}, 400, "invalid-body", "/definition"),
        ({"synonyms": ["sale", "SALE"]}, 422, "invalid", "/synonyms/1"),
        ({"synonyms": "sale"}, 400, "invalid-body", "/synonyms"),
        ({"acronyms": ["a"] * 51}, 400, "invalid-body", "/acronyms"),
        ({"domain": "salse"}, 422, "invalid", "/domain"),
        ({"owner": "me"}, 400, "invalid-body", "/owner"),
    ],
)
def test_what_is_wrong_with_a_term_is_said_at_its_member(users, fields, status, code, location):
    answer = Program(users.steward).send("POST", "/terms", ORDER | {"domain": "sales"} | fields)

    assert places(problem_of(answer, status, code)) == [location]
    assert not Term.objects.exists()


def test_a_word_is_defined_once_in_a_place(users, term):
    answer = Program(users.steward).send("POST", "/terms", ORDER | {"domain": "sales"})

    assert "Edit that one." in problem_of(answer, 409, "name-conflict")["hint"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_an_edit_conflict_on_a_term_shows_its_current_state(users, term, method):
    program = Program(users.steward)
    path = f"/terms/{term.uuid}"
    program.send("PATCH", path, {"definition": "Newer."}, edition=1)

    missing = program.send(method, path, {"definition": "Late."})
    late = program.send(method, path, {"definition": "Late."}, edition=1)

    problem_of(missing, 428, "precondition-required")
    problem = problem_of(late, 412, "edit-conflict")
    assert problem["current"] == program.get(path).json()
    assert Term.objects.get().definition == "Newer."


def test_a_term_is_changed_in_part_and_its_slug_stays(users, term):
    program = Program(users.steward)
    path = f"/terms/{term.uuid}"

    renamed = program.send("PATCH", path, {"name": "Purchase", "synonyms": ["sale"]}, edition=1)

    answer = renamed.json()
    assert (answer["name"], answer["slug"], answer["definition"]) == (
        "Purchase",
        "order",
        "A sale.",
    )
    event = AuditEvent.objects.about("term", str(term.uuid))[0]
    assert (event.verb, event.before["name"], event.after["name"]) == (
        "edited",
        "Order",
        "Purchase",
    )


def test_an_outsider_changes_no_term(users, term):
    program = Program(users.outsider)
    path = f"/terms/{term.uuid}"

    for method, body in (("PATCH", {"name": "Mine"}), ("DELETE", None)):
        problem_of(program.send(method, path, body, edition=1), 403, "permission-denied")
    assert Term.objects.get().name == "Order"


def test_terms_are_found_by_domain_and_by_the_beginning_of_the_name(users, term):
    lead = Program(make_lead())
    for name in ("Orders list", "Return"):
        lead.send("POST", "/terms", ORDER | {"name": name})

    def names(query: str) -> list[str]:
        return [row["name"] for row in lead.get(f"/terms?{query}").json()["results"]]

    assert names("name=order") == ["Order", "Orders list"]
    assert names("domain=sales") == ["Order"]
    assert names("domain=sales&name=ret") == []
    problem_of(lead.get("/terms?domain=nowhere"), 400, "invalid-parameters")


def test_a_removed_term_is_gone_and_its_word_is_free_again(users, term):
    program = Program(users.steward)
    path = f"/terms/{term.uuid}"

    removed = program.send("DELETE", path, edition=1)
    again = program.send("DELETE", path, edition=1)
    second = program.send("POST", "/terms", ORDER | {"domain": "sales"})

    assert removed.status_code == 204
    problem_of(again, 404, "not-found")
    problem_of(program.get(path), 404, "not-found")
    assert second.status_code == 201
    assert second.json()["id"] != str(term.uuid)
