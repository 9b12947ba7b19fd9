"""The tabs of provenance and bias: completeness, typed answers, what is declared or inherited."""

import pytest
from django.test import Client

from catalog.provenance.models import Imbalance
from catalog.provenance.questions import CURRENT_SET
from catalog.web.products.trust_summary import trust_summary
from tests.factories import (
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_users,
    product_tree,
)

pytestmark = pytest.mark.django_db
UNKNOWN = {code: {"state": "unknown"} for code in CURRENT_SET.required_codes}


def _page(product, person=None, tab="provenance"):
    client = Client()
    if person:
        client.force_login(person)
    return client.get(f"{product.path}/{tab}").content.decode()


def _published(name, *, answers=None, imbalances=(), sources=(), **custom):
    links = [
        {
            "name": f"in-{index}",
            "customProperties": [
                {"property": "assaySource", "value": f"{row.domain.slug}/{row.slug}"}
            ],
        }
        for index, row in enumerate(sources)
    ]
    provenance = {"answers": UNKNOWN | (answers or {}), "imbalances": list(imbalances)}
    tree = product_tree(name) | {"inputPorts": links}
    return make_published_product(name, tree=tree, assayProvenance=provenance, **custom)


SEX = {"attribute": "sex", "group": "female", "share": 0.3, "referenceShare": 0.5}


def test_completeness_counts_an_unknown_as_missing_and_links_to_it():
    answers = {
        "source": {"state": "answered", "text": "Tills."},
        "retention": {"state": "not_applicable", "reason": "Nobody is in it."},
    }
    product = _published("Orders", answers=answers)

    page = _page(product)

    total = sum("auditor" in question.audiences for question in CURRENT_SET.questions)
    assert f"2 of {total} answered" in page
    assert f"1 with facts, 1 not applicable, 6 unknown, {total - 8} open" in page
    assert 'href="#q-limits"' in page
    assert 'id="q-limits"' in page
    assert 'href="#q-legal_basis"' in page
    assert 'id="q-legal_basis"' in page


def test_an_editor_is_led_from_what_is_missing_to_its_field():
    users = make_users(make_domain("sales"))
    product = _published("Orders", domain=users.domain)

    page = _page(product, users.owner)
    form = Client()
    form.force_login(users.owner)
    edit = form.get(f"{product.path}/edit/provenance").content.decode()

    assert f'href="{product.path}/edit/provenance#q-legal_basis"' in page
    assert 'id="q-legal_basis"' in edit


def test_typed_answers_are_shown_as_people_read_them():
    answers = {
        "collection_type": {"state": "answered", "values": ["web_api", "other"]},
        "collection_period": {"state": "answered", "start": "2024-01-01", "text": "In batches."},
    }

    page = _page(_published("Orders", answers=answers))

    assert "<li>Web API</li>" in page
    assert "<li>2024-01-01/..</li>" in page
    assert "<li>In batches.</li>" in page


def test_a_record_of_the_older_set_says_which_it_answers():
    product = make_product(assayProvenance={"questionSet": "2026.1", "answers": UNKNOWN})
    users = make_users(product.domain)

    page = _page(product, users.owner)

    assert "Question set 2026.1" in page
    assert "The current set has 42 more questions." in page
    assert "0 of 7 answered" in page


def test_declared_groups_show_their_rest_their_assessor_and_their_explanation():
    row = SEX | {"assessor": "Data office", "assessedOn": "2026-03-31", "explanation": "Old panel."}

    page = _page(_published("Orders", imbalances=[row]), tab="bias")

    assert "rest, not declared" in page
    assert "70.0" in page.partition("rest, not declared")[2][:600]
    assert "Assessed by Data office" in page
    assert "31 Mar 2026" in page


def test_an_unknown_share_is_shown_as_unknown():
    rows = [SEX, {"attribute": "sex", "group": "male"}]

    page = _page(_published("Orders", imbalances=rows), tab="bias")

    assert "unknown" in page.partition("rest, not declared")[2][:600]


def test_sensitive_attributes_are_listed_as_not_assessed():
    answers = {"sensitive_attributes": {"state": "answered", "values": ["Sex", "Age band"]}}

    page = _page(_published("Orders", answers=answers, imbalances=[SEX]), tab="bias")

    assert "age band" in page.partition("Not assessed")[2]


def test_the_trust_summary_says_whether_imbalances_are_stated_or_measured():
    product = _published("Orders", imbalances=[SEX])
    before = trust_summary(product, "", "")[4]
    Imbalance.objects.create(
        record=product.provenance,
        attribute="sex",
        group="female",
        share=0.3,
        reference_share=0.5,
        origin=Imbalance.Origin.MEASURED,
    )

    after = trust_summary(product, "", "")[4]

    assert (before.state_label, after.state_label) == ("stated", "measured")


def test_readers_see_what_visible_inputs_say_and_no_more():
    vault = make_domain("vault")
    users = make_users(vault)
    secret = _published("Zeppelin", imbalances=[SEX], domain=vault, assayVisibility="restricted")
    product = _published("Orders", sources=[secret])

    for person in (None, make_person("otto"), users.outsider):
        page = _page(product, person, tab="bias")
        assert "Inherited from upstream" not in page
        assert "Zeppelin" not in page
    assert "Zeppelin" in _page(product, users.owner, tab="bias")


def test_an_answer_from_upstream_names_its_origin_only_to_those_who_may_see_it():
    vault = make_domain("vault")
    users = make_users(vault)
    secret = _published("Zeppelin", domain=vault, assayVisibility="restricted")
    origin = {"takenFrom": {"product": secret.document_id, "version": "1.0.0"}}
    answers = {"source": {"state": "answered", "text": "Tills."} | origin}
    product = _published("Orders", answers=answers)

    assert "from a product that is not among those that you can see here" in _page(product)
    assert "Zeppelin" not in _page(product)
    assert "Zeppelin</a> 1.0.0. Its answer has changed since then." in " ".join(
        _page(product, users.owner).split()
    )
