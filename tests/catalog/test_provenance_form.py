"""The form of provenance: folded topics, typed answers, question sets, answers from upstream."""

import pytest

from catalog.authorization.access import ANONYMOUS
from catalog.domains.models import Domain
from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.products.services import edited_version
from catalog.provenance.questions import CURRENT_SET
from catalog.provenance.takeover import answer_origins
from tests.factories import (
    edit_and_publish,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
)
from tests.forms import read_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    users = make_users(make_domain("sales"))
    client.force_login(users.owner)
    return users.owner


def _draft(provenance=None, **fields):
    tree = product_tree("Orders", domain="sales") | fields
    if provenance is not None:
        tree = with_custom(tree, "assayProvenance", provenance)
    return make_product(domain=Domain.objects.get(slug="sales"), tree=tree)


def _upstream(answers, **options):
    required = {code: {"state": "unknown"} for code in CURRENT_SET.required_codes}
    return make_published_product(
        "Till rolls", assayProvenance={"answers": required | answers}, **options
    )


def _made_from(*sources, provenance=None):
    links = [
        {
            "name": f"in-{index}",
            "customProperties": [
                {"property": "assaySource", "value": f"{row.domain.slug}/{row.slug}"}
            ],
        }
        for index, row in enumerate(sources)
    ]
    return _draft(provenance, inputPorts=links)


def _form(client, product):
    page = client.get(f"{product.path}/edit/provenance").content.decode()
    (form,) = [form for form in read_page(page)[0] if "edition" in form.data]
    return form.data, page


def _save(client, product, **fields):
    data, _page = _form(client, product)
    sent = {name.replace("__", "-"): value for name, value in fields.items()}
    return client.post(f"{product.path}/edit/provenance", data | sent)


def _declared(product):
    product = DataProduct.objects.get(pk=product.pk)
    return custom(edited_version(product).tree, "assayProvenance")


def test_seven_questions_come_first_and_the_rest_is_folded(client, owner):
    _data, page = _form(client, _draft())

    first, _heading, rest = page.partition('id="more-questions"')
    assert first.count('class="question"') == 7
    assert rest.count('class="question"') == len(CURRENT_SET.codes) - 7
    assert 'class="fold" id="topic-annotation" >' in rest
    assert "0 of 6 answered" in rest


def test_answers_are_saved_by_their_type(client, owner):
    product = _draft()

    response = _save(
        client,
        product,
        collection_type__state="answered",
        collection_type__values=["survey", "web_api"],
        use_cases__values="Training\n\n Testing \n",
        period__start="2024-01-01",
        period__text="Grows daily.",
        imputation__state="not_applicable",
        imputation__reason="Nothing is missing.",
    )

    assert response.status_code == 302
    assert _declared(product) == {
        "questionSet": CURRENT_SET.version,
        "answers": {
            "collection_type": {"state": "answered", "values": ["survey", "web_api"]},
            "use_cases": {"state": "answered", "values": ["Training", "Testing"]},
            "period": {"state": "answered", "text": "Grows daily.", "start": "2024-01-01"},
            "imputation": {"state": "not_applicable", "reason": "Nothing is missing."},
        },
    }


def test_a_topic_with_an_error_is_open_and_names_the_field(client, owner):
    response = _save(client, _draft(), agent__state="answered", imputation__state="not_applicable")

    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="topic-preparation" open>' in page
    assert 'id="topic-derivation" open>' in page
    assert 'id="topic-annotation" >' in page
    assert 'href="#id_imputation-reason"' in page


def test_an_edit_of_an_old_question_leaves_the_question_set(client, owner):
    old = {"questionSet": "2026.1", "answers": {"source": {"state": "answered", "text": "Tills."}}}
    product = _draft(old)

    _save(client, product, source__text="Tills and scales.")

    assert _declared(product)["questionSet"] == "2026.1"


@pytest.mark.parametrize(
    "fields",
    [
        {"question_set": "2026.2"},
        {"biases__state": "unknown"},
        {"period__start": "2024-01-01"},
    ],
)
def test_the_record_moves_to_the_new_set_and_keeps_every_answer(client, owner, fields):
    old = {"questionSet": "2026.1", "answers": {"source": {"state": "answered", "text": "Tills."}}}
    product = _draft(old)
    _data, page = _form(client, product)

    response = _save(client, product, **fields)

    assert response.status_code == 302
    assert "answers question set 2026.1" in page
    assert "42 new questions" in page
    assert page.count(">new question<") == 42
    assert _declared(product)["questionSet"] == "2026.2"
    assert _declared(product)["answers"]["source"] == old["answers"]["source"]
    assert "new question<" not in _form(client, product)[1]


SOURCE = {"source": {"state": "answered", "text": "The tills of all shops."}}
TYPES = {
    "collection_type": {"state": "answered", "values": ["software"], "text": "Mostly."},
    "agent": {"state": "answered", "values": ["Till team", "Shops"]},
    "period": {"state": "answered", "start": "2020-01-01", "end": "2025-12-31"},
}


def test_an_answer_is_taken_over_with_its_origin(client, owner):
    upstream = _upstream(SOURCE)
    product = _made_from(upstream)
    _data, page = _form(client, product)

    response = _save(client, product, take=f"source {upstream.document_id}")

    assert "Take over from Till rolls" in page
    assert "The tills of all shops." in page
    assert response["Location"].endswith("/edit/provenance#q-source")
    assert _declared(product)["answers"] == {
        "source": SOURCE["source"]
        | {"takenFrom": {"product": upstream.document_id, "version": upstream.version}}
    }
    assert "Taken over from" in _form(client, product)[1]


def test_all_open_answers_are_taken_over_by_one_button(client, owner):
    upstream = _upstream(SOURCE | TYPES)
    mine = {"answers": {"source": {"state": "answered", "text": "Mine."}}}
    product = _made_from(upstream, provenance=mine)

    _save(client, product, take=f" {upstream.document_id}")

    answers = _declared(product)["answers"]
    origin = {"takenFrom": {"product": upstream.document_id, "version": upstream.version}}
    assert answers == mine["answers"] | {code: row | origin for code, row in TYPES.items()}


def test_what_was_typed_is_saved_with_what_is_taken_over(client, owner):
    upstream = _upstream(SOURCE)
    product = _made_from(upstream)

    _save(client, product, take=f"source {upstream.document_id}", limits__text="Not for ads.")

    assert _declared(product)["answers"]["limits"]["text"] == "Not for ads."


def test_an_answer_that_is_edited_is_no_longer_taken_over(client, owner):
    upstream = _upstream(SOURCE)
    product = _made_from(upstream)
    _save(client, product, take=f"source {upstream.document_id}")

    _save(client, product, source__text="The tills of most shops.")

    assert "takenFrom" not in _declared(product)["answers"]["source"]


def test_a_change_upstream_is_shown_until_it_is_taken_over(client, owner):
    upstream = _upstream(SOURCE)
    product = _made_from(upstream)
    _save(client, product, take=f"source {upstream.document_id}")
    tree = upstream.tree
    at = next(
        index
        for index, row in enumerate(tree["customProperties"])
        if row["property"] == "assayProvenance"
    )
    path = f"/customProperties/{at}/value/answers/source/text"
    edit_and_publish(upstream, {"op": "replace", "path": path, "value": "Tills and the web shop."})

    _data, page = _form(client, product)
    _save(client, product, take=f"source {upstream.document_id}")

    assert "Its answer has changed since then." in page
    answer = _declared(product)["answers"]["source"]
    assert answer["text"] == "Tills and the web shop."
    assert answer["takenFrom"]["version"] != upstream.version
    assert "has changed since then" not in _form(client, product)[1]


def test_answers_of_hidden_products_are_neither_offered_nor_taken_over(client, owner):
    upstream = _upstream(SOURCE, domain=make_domain("vault"), assayVisibility="restricted")
    product = _made_from(upstream)
    _data, page = _form(client, product)

    _save(client, product, take=f"source {upstream.document_id}")

    assert "Take over" not in page
    assert "tills" not in page
    assert _declared(product) is None


def test_an_origin_that_is_hidden_reads_like_one_that_never_existed(client, owner):
    hidden = _upstream(SOURCE, domain=make_domain("vault"), assayVisibility="restricted")
    notes = []
    for identifier in (hidden.document_id, "nothing"):
        origin = {"takenFrom": {"product": identifier, "version": "1.0.0"}}
        product = _draft({"answers": {"source": SOURCE["source"] | origin}})
        page = _form(client, product)[1]
        notes.append("not among those that you can see here" in page)
        assert "Till rolls" not in page
        DataProduct.objects.filter(pk=product.pk).delete()

    assert notes == [True, True]


def test_an_origin_is_compared_by_what_it_answers_now():
    upstream = _upstream(SOURCE)
    origin = {"takenFrom": {"product": upstream.document_id, "version": "1.0.0"}}
    answers = dict.fromkeys(("source", "limits"), SOURCE["source"] | origin)
    product = make_product(assayProvenance={"answers": answers})

    origins = answer_origins(list(product.provenance.answers.all()), ANONYMOUS)

    assert not origins["source"].has_changed
    assert origins["limits"].has_changed
    assert origins["source"].product == upstream
