"""The glossary's pages."""

import pytest

from catalog.glossary.models import Term
from catalog.glossary.services import define_term
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_person,
    make_product,
    make_users,
    with_port,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def customer():
    return define_term(
        name="Customer", definition="Who has bought.", acronyms=["CU"], actor=FACTORY
    )


def test_the_list_is_filtered_by_name_acronym_and_definition(client):
    define_term(name="Order", definition="A sale.", actor=FACTORY)

    for text in ("cust", "CU", "bought"):
        page = client.get("/glossary", {"filter": text}).context_data["page"]
        assert [term.name for term in page.terms] == ["Customer"]
    assert "Order" in client.get("/glossary").content.decode()


def test_a_term_shows_its_other_meanings_and_only_columns_one_may_see(client):
    users = make_users(make_domain("billing"))
    define_term(name="Customer", definition="Who pays.", domain=users.domain, actor=FACTORY)
    definition = [{"type": "businessDefinition", "url": "https://assay.example/glossary/customer"}]
    give_schema(
        with_port(make_product("Secret draft", domain=users.domain)),
        "buyer",
        authoritativeDefinitions=definition,
    )

    signed_out = client.get("/glossary/customer").content.decode()
    client.force_login(users.owner)

    assert "Who pays." in signed_out
    assert "Secret draft" not in signed_out
    assert "Secret draft" not in client.get("/glossary/customer").content.decode()


def test_a_steward_defines_a_term_and_errors_are_shown_at_their_fields(client):
    users = make_users()
    client.force_login(users.steward)

    wrong = client.post(
        "/new-term", {"name": "", "definition": "Kept text.", "domain": users.domain.pk}
    )
    right = client.post(
        "/new-term",
        {
            "name": "Basket",
            "definition": "What is about to be bought.",
            "synonyms": "cart\ntrolley",
            "domain": users.domain.pk,
        },
    )

    assert wrong.status_code == 422
    assert "Kept text." in wrong.content.decode()
    assert right.headers["Location"] == "/glossary/basket"
    assert Term.objects.get(slug="basket").synonyms == ["cart", "trolley"]


def test_a_conflict_shows_both_and_keeps_what_was_typed(client, customer):
    users = make_users()
    term = define_term(name="Basket", definition="First.", domain=users.domain, actor=FACTORY)
    client.force_login(users.steward)
    form = {"name": "Basket", "definition": "Mine.", "edition": 1}
    path = f"/glossary/basket/{term.pk}/edit"
    client.post(path, form | {"definition": "Theirs."})

    answer = client.post(path, form)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs." in page
    assert "Mine." in page
    assert Term.objects.get(pk=term.pk).definition == "Theirs."


@pytest.mark.parametrize("path", ["/new-term", "/glossary/customer/{pk}/edit"])
def test_who_may_not_is_told_who_may(client, customer, path):
    client.force_login(make_person())

    answer = client.get(path.format(pk=customer.pk))

    assert answer.status_code == 403
    assert "steward" in answer.content.decode()


def test_a_word_that_is_not_there_is_404(client):
    assert client.get("/glossary/nothing").status_code == 404
