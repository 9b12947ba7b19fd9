"""Terms that people propose, and stewards accept or reject."""

import pytest
from django.urls import reverse

from catalog.audit.models import AuditEvent
from catalog.exceptions import (
    InvalidTransition,
    NameConflict,
    PermissionDenied,
    ValidationFailed,
)
from catalog.glossary.models import Term, TermProposal
from catalog.glossary.services import (
    MAX_OPEN_PROPOSALS,
    accept_proposal,
    define_term,
    propose_term,
    reject_proposal,
)
from tests.factories import FACTORY, make_domain, make_lead, make_person, make_users

pytestmark = pytest.mark.django_db


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


def propose(users, **fields):
    words = {"name": "Basket", "definition": "What a customer buys.", "domain": users.domain}
    return propose_term(actor=users.consumer, **(words | fields))


def test_a_proposal_becomes_a_term_when_a_steward_accepts_it(users):
    proposal = propose(users)
    assert Term.objects.count() == 0

    term = accept_proposal(proposal=proposal, actor=users.steward)

    proposal.refresh_from_db()
    assert (proposal.state, proposal.term, proposal.answered_by) == (
        "accepted",
        term,
        users.steward,
    )
    assert (term.slug, term.domain) == ("basket", users.domain)
    verbs = AuditEvent.objects.filter(object_kind="term proposal").values_list("verb", flat=True)
    assert set(verbs) == {"proposed", "accepted"}


def test_a_rejection_says_why(users):
    proposal = propose(users)

    with pytest.raises(ValidationFailed):
        reject_proposal(proposal=proposal, actor=users.steward, answer=" ")
    reject_proposal(proposal=proposal, actor=users.steward, answer="It is called cart.")

    proposal.refresh_from_db()
    assert (proposal.state, proposal.answer) == ("rejected", "It is called cart.")
    assert Term.objects.count() == 0


def test_an_answer_is_given_once(users):
    proposal = propose(users)
    accept_proposal(proposal=proposal, actor=users.steward)

    with pytest.raises(InvalidTransition):
        reject_proposal(proposal=proposal, actor=users.steward, answer="Too late.")


@pytest.mark.parametrize("who", ["consumer", "outsider"])
def test_only_stewards_answer(users, who):
    proposal = propose(users)

    with pytest.raises(PermissionDenied):
        accept_proposal(proposal=proposal, actor=getattr(users, who))


def test_a_term_of_the_mesh_is_for_the_governance_lead(users):
    proposal = propose(users, domain=None)

    with pytest.raises(PermissionDenied):
        accept_proposal(proposal=proposal, actor=users.steward)
    assert accept_proposal(proposal=proposal, actor=make_lead()).domain is None


def test_what_is_a_term_already_is_not_proposed(users):
    define_term(name="Basket", definition="As it is.", domain=users.domain, actor=FACTORY)

    with pytest.raises(NameConflict):
        propose(users)


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "x" * 121}, {"definition": ""}, {"reason": "x" * 2001}]
)
def test_a_proposal_needs_a_name_and_a_meaning(users, fields):
    with pytest.raises(ValidationFailed):
        propose(users, **fields)


def test_open_proposals_of_a_person_are_bounded(users):
    for number in range(MAX_OPEN_PROPOSALS):
        propose(users, name=f"Term {number}")

    with pytest.raises(ValidationFailed, match="open proposals"):
        propose(users, name="One more")


def test_the_page_proposes_and_leads_back_to_the_column(client, users):
    client.force_login(users.consumer)
    address = f"{reverse('term_propose')}?name=Basket&reason=sales/orders&next=/p/sales/orders"

    assert 'value="Basket"' in client.get(address).content.decode()
    sent = {"name": "Basket", "definition": "What is bought.", "domain": users.domain.pk}
    answer = client.post(address, sent)

    assert answer["Location"] == "/p/sales/orders"
    assert TermProposal.objects.get().proposed_by == users.consumer
    elsewhere = client.post(f"{reverse('term_propose')}?next=//evil.example", sent | {"name": "b"})
    assert elsewhere["Location"] == reverse("term_proposals")


def test_a_steward_answers_on_the_page_and_the_author_reads_it(client, users):
    first, second = propose(users), propose(users, name="Cart")
    client.force_login(users.steward)
    page = client.get(reverse("term_proposals"))
    assert list(page.context_data["page"].to_answer) == [second, first]
    assert "(2 to answer)" in " ".join(client.get("/glossary").content.decode().split())

    answer_of = {p: reverse("term_proposal_answer", args=[p.uuid]) for p in (first, second)}
    client.post(answer_of[first], {"decision": "accept"})
    client.post(answer_of[second], {"decision": "reject", "answer": "It is a basket."})
    client.force_login(users.consumer)
    text = client.get(reverse("term_proposals")).content.decode()

    assert Term.objects.get().name == "Basket"
    assert "It is a basket." in text


def test_proposals_are_seen_by_their_authors_and_stewards_only(client, users):
    proposal = propose(users)
    client.force_login(make_person())

    page = client.get(reverse("term_proposals")).context_data["page"]
    answer = client.post(
        reverse("term_proposal_answer", args=[proposal.uuid]), {"decision": "accept"}
    )

    assert (list(page.to_answer), list(page.own)) == ([], [])
    assert answer.status_code == 404
