"""The API of provenance: typed answers, patches, completeness, what is inherited or missing."""

import pytest

from catalog.provenance.questions import CURRENT_SET
from tests.catalog.api_client import PATCH, Program, places, problem_of
from tests.factories import (
    give_schema,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    with_port,
)

pytestmark = pytest.mark.django_db
SOURCE = {"source": {"state": "answered", "text": "Tills."}}
SEX = {"attribute": "sex", "group": "female", "share": 0.3}


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


def _declared(users, **provenance):
    product = make_product("Orders", domain=users.domain, assayProvenance=provenance)
    return product, f"/products/{product.uuid}/provenance"


def test_typed_answers_are_read_back_as_they_were_sent(users):
    _product, path = _declared(users)
    answers = {
        "collection_type": {"state": "answered", "values": ["survey"]},
        "period": {"state": "answered", "start": "2024-01-01", "end": "2024-12-31"},
    }

    state = Program(users.owner).send("PUT", path, {"answers": answers}, edition=1).json()

    kinds, period = state["answers"]
    assert kinds["values"] == ["survey"]
    assert (period["start"], period["end"]) == ("2024-01-01", "2024-12-31")
    assert state["declared"] == {"answers": answers}


def test_a_patch_changes_one_answer_and_keeps_the_others(users):
    _product, path = _declared(users, answers=SOURCE, imbalances=[SEX], note="kept")
    body = {"answers": {"biases": {"state": "unknown"}}}

    state = Program(users.owner).send("PATCH", path, body, edition=1).json()

    assert state["declared"] == {
        "answers": SOURCE | body["answers"],
        "imbalances": [SEX],
        "note": "kept",
    }


def test_a_patch_removes_an_answer_that_is_null(users):
    _product, path = _declared(users, answers=SOURCE)

    state = Program(users.owner).send("PATCH", path, {"answers": {"source": None}}, edition=1)

    assert state.json()["declared"] == {"answers": {}}


def test_a_json_patch_is_relative_to_the_declaration(users):
    _product, path = _declared(users, answers=SOURCE, imbalances=[SEX])
    steps = [{"op": "replace", "path": "/imbalances/0/share", "value": 0.4}]

    state = Program(users.owner).send("PATCH", path, steps, edition=1, content_type=PATCH).json()

    assert state["declared"] == {"answers": SOURCE, "imbalances": [SEX | {"share": 0.4}]}


@pytest.mark.parametrize(
    ("content_type", "body", "place"),
    [
        ("application/json", {"answers": {"agent": {"state": "maybe"}}}, "/answers/agent/state"),
        ("application/json", {"imbalances": [SEX | {"share": 7}]}, "/imbalances/0/share"),
        (PATCH, [{"op": "add", "path": "/answers", "value": 3}], "/answers"),
        (PATCH, [{"op": "replace", "path": "", "value": []}], ""),
    ],
)
def test_a_patch_that_does_not_hold_is_refused_and_changes_nothing(
    users, content_type, body, place
):
    _product, path = _declared(users, answers=SOURCE)
    program = Program(users.owner)

    answer = program.send("PATCH", path, body, edition=1, content_type=content_type)

    assert place in places(problem_of(answer, 422, "invalid"))
    assert program.get(path).json()["declared"] == {"answers": SOURCE}


def test_completeness_names_what_is_missing_and_where_to_answer_it(users):
    answers = SOURCE | {"limits": {"state": "unknown"}}
    product, path = _declared(users, answers=answers)

    state = Program(users.owner).get(path).json()

    analyst = next(row for row in state["completeness"] if row["audience"] == "analyst")
    missing = {row["question"]: row for row in analyst["missing"]}
    assert (analyst["done"], analyst["answered"]) == (1, ["source"])
    assert analyst["total"] == 1 + len(missing)
    assert missing["limits"]["state"] == "unknown"
    assert missing["errata"]["state"] == "open"
    assert missing["errata"]["url"].endswith(f"{product.path}/edit/provenance#q-errata")
    assert state["open_questions"] == [
        code for code in CURRENT_SET.required_codes if code not in answers
    ]


def test_an_older_record_says_which_set_it_answers(users):
    _product, path = _declared(users, questionSet="2026.1", answers=SOURCE)

    state = Program(users.owner).get(path).json()

    assert (state["question_set"], state["current_question_set"]) == ("2026.1", "2026.2")
    assert {row["total"] for row in state["completeness"]} == {7}


def test_rests_and_attributes_that_are_not_assessed_are_listed(users):
    row = SEX | {"assessor": "Office", "assessedOn": "2026-03-31", "explanation": "Old."}
    product, path = _declared(users, imbalances=[row])
    give_schema(with_port(product), "postcode", classification="quasi-identifier")

    state = Program(users.owner).get(path).json()

    assert state["rests"] == [
        {"attribute": "sex", "share": 0.7, "reference_share": None, "gap": None}
    ]
    assert state["not_assessed"] == ["postcode"]
    assert state["imbalances"][0]["assessor"] == "Office"
    assert state["imbalances"][0]["assessed_on"] == "2026-03-31"
    assert state["imbalances"][0]["explanation"] == "Old."


def _linked(users):
    vault = make_users(make_domain("vault"))
    required = {code: {"state": "unknown"} for code in CURRENT_SET.required_codes}
    source = make_published_product(
        "Zeppelin",
        domain=vault.domain,
        assayVisibility="restricted",
        assayProvenance={"answers": required | SOURCE, "imbalances": [SEX]},
    )
    link = {
        "name": "in",
        "customProperties": [{"property": "assaySource", "value": "vault/zeppelin"}],
    }
    origin = {"takenFrom": {"product": source.document_id, "version": source.version}}
    product = make_published_product(
        tree=product_tree("Orders") | {"inputPorts": [link]},
        domain=users.domain,
        assayProvenance={"answers": required | {"source": SOURCE["source"] | origin}},
    )
    return vault, source, f"/products/{product.uuid}/provenance"


def test_inherited_imbalances_and_origins_are_those_that_the_caller_may_see(users):
    vault, source, path = _linked(users)

    for person in (None, users.outsider):
        state = Program(person).get(path).json()
        assert state["inherited"] == []
        origins = [row["taken_from"] for row in state["answers"] if row["taken_from"]]
        assert origins == [{"product": None, "version": source.version, "has_changed": False}]
    state = Program(vault.owner).get(path).json()
    assert [(row["attribute"], row["origin_name"]) for row in state["inherited"]] == [
        ("sex", "Zeppelin")
    ]
    assert state["inherited"][0]["path"] == [str(source.uuid)]
    assert state["inherited"][0]["groups"][0]["share"] == 0.3
    assert any(row["taken_from"] for row in state["answers"] if row["question"] == "source")


def test_question_sets_say_what_each_question_is_called_elsewhere():
    sets = Program().get("/provenance-questions").json()

    assert [row["version"] for row in sets] == ["2026.1", "2026.2"]
    questions = {row["code"]: row for row in sets[-1]["questions"]}
    assert questions["imputation"]["rai"] == "dataImputationProtocol"
    assert questions["collection_type"]["choices"][0]["code"] == "survey"
    assert questions["legal_basis"]["audiences"] == ["auditor"]
    assert [row["code"] for row in sets[0]["questions"]] == list(CURRENT_SET.required_codes)
