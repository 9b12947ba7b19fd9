"""Many who edit one thing at once, by page, API and manifest: one wins, nobody's words are lost.

Each race starts its writers together, all on the current edition. RACES sets how many races
each arena runs; 13 is the short form, hundreds are the bench.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.test import Client

from catalog.audit.models import AuditEvent
from catalog.domains.models import Domain
from catalog.domains.services import edit_domain
from catalog.exceptions import EditConflict, ValidationFailed
from catalog.glossary.models import TERM, Term
from catalog.glossary.services import define_term
from catalog.manifests.readers import Source
from catalog.manifests.services import import_manifests
from catalog.people.models import Person
from catalog.products.models import PRODUCT, DataProduct
from catalog.products.services import replace_document
from catalog.revisions.models import Tombstone
from tests.catalog.api_client import Program
from tests.concurrency import run_concurrently
from tests.factories import (
    FACTORY,
    Users,
    give_schema,
    make_product,
    make_team,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
)

pytestmark = pytest.mark.django_db(transaction=True)
RACES = int(os.environ.get("RACES", "13"))
FASTER = "Someone else saved changes"
_words = count(1)


@dataclass(frozen=True)
class WriteResult:
    """The answer to a writer: that it won, or what it is shown instead."""

    won: bool
    answer: str = ""


Write = Callable[[int, str], WriteResult]


@dataclass
class Arena:
    """One thing with an edition, who writes it, and where the audit trail tells of it."""

    row: Any
    kind: str
    writers: list[Write]
    begin: Callable[[], None] = field(default=lambda: None)
    says: Callable[[Any], str] = field(default=lambda row: "")
    shows_theirs: bool = True


def over_api(
    person: Person, method: str, path: str, body: Callable[[str], Any], **headers: Any
) -> Write:
    """A program that sends If-Match; it loses with 412 and is shown the current document."""
    program = Program(person)

    def write(edition: int, word: str) -> WriteResult:
        answer = program.send(method, path, body(word), edition=edition, **headers)
        if answer.status_code in (200, 201):
            return WriteResult(won=True)
        problem = answer.json()
        assert answer.status_code == 412, problem
        assert problem["seen"] == {"edition": edition}
        assert problem["current"]["edition"] > edition
        return WriteResult(won=False, answer=json.dumps(problem["current"]))

    return write


def form_of(response: Any) -> Any:
    page = response.context_data["page"]
    return page.frame.form if hasattr(page, "frame") else page.form


def on_page(person: Person, path: str, fields: Callable[[str], dict[str, Any]]) -> Write:
    """A person with a form; they lose with a page of both states that still holds their words."""
    client = Client()
    client.force_login(person)
    form = form_of(client.get(path))
    rows = getattr(form, "rows", None)
    parts = [form, rows.management_form, *rows.forms] if rows else [form]
    fields_of = [bound for part in parts for bound in part if bound.value() is not None]
    current = {bound.html_name: bound.value() for bound in fields_of}

    def write(edition: int, word: str) -> WriteResult:
        answer = client.post(path, current | fields(word) | {"edition": edition})
        if answer.status_code == 302:
            return WriteResult(won=True)
        text = answer.content.decode()
        assert answer.status_code == 409, text[-2000:]
        assert FASTER in text
        assert word in text
        return WriteResult(won=False, answer=text)

    return write


def by_manifest(person: Person, document: Callable[[str], Any]) -> Write:
    """A file that names no edition; it loses as a conflict of its plan."""
    program = Program(person)

    def write(edition: int, word: str) -> WriteResult:
        answer = program.send("POST", "/manifests", document(word))
        imported = answer.json()["products"][0]
        if imported["action"] == "change":
            return WriteResult(won=True)
        assert (answer.status_code, imported["action"]) == (409, "conflict"), imported
        return WriteResult(won=False, answer=imported["reason"])

    return write


def a_product(users: Users) -> Arena:
    """Its description, by form, by fields, by patch, by document and by manifest."""
    tree = product_tree("Orders", domain=users.domain.slug)
    product = make_product(domain=users.domain, tree=tree)
    path = f"/products/{product.uuid}"

    def described(word: str) -> dict[str, Any]:
        return tree | {"description": {"purpose": word}}

    def import_product() -> None:
        source = Source("m.json", lambda: json.dumps(described("anew")).encode())
        list(import_manifests(sources=[source], actor=FACTORY, overwrite=True))

    patch = partial(over_api, users.owner, "PATCH", path)
    steps = "application/json-patch+json"
    return Arena(
        row=product,
        kind=PRODUCT,
        writers=[
            on_page(users.owner, f"{product.path}/edit/describe", lambda word: {"purpose": word}),
            patch(lambda word: {"purpose": word}),
            patch(
                lambda word: [{"op": "add", "path": "/description/purpose", "value": word}],
                content_type=steps,
            ),
            over_api(users.owner, "PUT", path, described),
            by_manifest(users.owner, described),
        ],
        begin=import_product,
        says=lambda row: row.purpose,
        shows_theirs=False,  # the manifest's reason names nobody's words
    )


def its_ports(users: Users) -> Arena:
    """One more output port, by form and by API; each comes with a contract, so it counts twice."""
    product = make_product(domain=users.domain)
    path = f"{users.domain.slug}/a.csv"
    server = {"server": "s", "type": "local", "path": path, "format": "csv"}
    form = {"version": "1.0.0", "kind": "local", "path": path, "format": "csv"}
    add = partial(over_api, users.owner, "POST", f"/products/{product.uuid}/ports")
    return Arena(
        row=product,
        kind=PRODUCT,
        writers=[
            on_page(users.owner, f"{product.path}/edit/ports/add", lambda w: form | {"name": w}),
            add(lambda word: {"name": word, "server": server}),
            add(lambda word: {"name": word, "server": server}),
        ],
        says=lambda row: row.output_ports.order_by("-pk").values_list("name", flat=True)[0],
        shows_theirs=False,  # an empty form has nothing to compare with
    )


def a_contract(users: Users) -> Arena:
    """A contract's document, by form and by API, at both addresses that take one."""
    product = give_schema(with_port(make_product(domain=users.domain)), "id")
    contract = product.contracts.get()

    def with_name(word: str) -> dict[str, Any]:
        return contract.tree | {"name": word}

    page = f"{product.path}/edit/schema/{contract.uuid}/file"
    return Arena(
        row=product,
        kind=PRODUCT,
        writers=[
            on_page(
                users.owner, page, lambda word: {"text": json.dumps(with_name(word), indent=1)}
            ),
            over_api(users.owner, "PUT", f"/contracts/{contract.uuid}", with_name),
            over_api(users.owner, "POST", f"/products/{product.uuid}/contracts", with_name),
        ],
        says=lambda row: row.contracts.get().name,
    )


def its_provenance(users: Users) -> Arena:
    """An answer of its provenance, by form and by API."""
    tree = with_answers(product_tree(domain=users.domain.slug))
    product = make_product(domain=users.domain, tree=tree)
    put = partial(over_api, users.owner, "PUT", f"/products/{product.uuid}/provenance")

    def answered(word: str) -> dict[str, Any]:
        return {"answers": {"source": {"state": "answered", "text": word}}}

    return Arena(
        row=product,
        kind=PRODUCT,
        writers=[
            on_page(
                users.owner,
                f"{product.path}/edit/provenance",
                lambda word: {"source-state": "answered", "source-text": word},
            ),
            put(answered),
            put(answered),
        ],
        says=lambda row: row.provenance.answers.get(question="source").text,
    )


def its_readers(users: Users) -> Arena:
    """Who else may read it, by API; the reason is the word."""
    product = make_product(domain=users.domain)
    team = make_team()
    put = partial(over_api, users.owner, "PUT", f"/products/{product.uuid}/readers")
    bodies = [{"domains": [], "teams": []}, {"domains": [], "teams": [team.slug]}]
    return Arena(
        row=product,
        kind=PRODUCT,
        writers=[put(lambda word, body=body: body | {"reason": word}) for body in bodies * 2],
        says=lambda row: AuditEvent.objects.about(PRODUCT, str(row.uuid))[0].reason,
        shows_theirs=False,  # the readers are shown, the reason is not
    )


def a_domain(users: Users) -> Arena:
    """A domain's mission, by form and by API."""
    patch = partial(over_api, users.owner, "PATCH", f"/domains/{users.domain.slug}")
    return Arena(
        row=users.domain,
        kind="domain",
        writers=[
            on_page(users.owner, f"/d/{users.domain.slug}/edit", lambda word: {"mission": word}),
            patch(lambda word: {"mission": word}),
            patch(lambda word: {"mission": word}),
        ],
        says=lambda row: row.mission,
    )


def a_term(users: Users) -> Arena:
    """A term's definition, by form and by API."""
    term = define_term(name="Order", definition="A sale.", actor=FACTORY, domain=users.domain)
    patch = partial(over_api, users.steward, "PATCH", f"/terms/{term.uuid}")
    page = f"/glossary/{term.slug}/{term.pk}/edit"
    return Arena(
        row=term,
        kind=TERM,
        writers=[
            on_page(users.steward, page, lambda word: {"definition": word}),
            patch(lambda word: {"definition": word}),
            patch(lambda word: {"definition": word}),
        ],
        says=lambda row: row.definition,
    )


ARENAS = [a_product, its_ports, a_contract, its_provenance, its_readers, a_domain, a_term]


@pytest.mark.parametrize("arena_of", ARENAS, ids=lambda arena_of: arena_of.__name__)
def test_of_all_who_write_at_once_one_wins_and_the_others_are_shown_both_states(arena_of):
    arena = arena_of(make_users())

    for _race in range(RACES):
        arena.begin()
        row = type(arena.row).objects.get(pk=arena.row.pk)
        events_of = AuditEvent.objects.about(arena.kind, str(row.uuid))
        had = events_of.count()
        words = [f"word{next(_words)}w" for _ in arena.writers]

        results = run_concurrently(
            [
                partial(write, row.edition, word)
                for write, word in zip(arena.writers, words, strict=True)
            ]
        )

        winners = [word for word, result in zip(words, results, strict=True) if result.won]
        current = type(row).objects.get(pk=row.pk)
        events = list(events_of[: events_of.count() - had])
        assert len(winners) == 1, results
        assert arena.says(current) == winners[0]
        assert current.edition - row.edition == len(events) == (2 if arena_of is its_ports else 1)
        assert len({event.revision for event in events}) == len(events)
        if arena.shows_theirs:
            assert all(winners[0] in result.answer for result in results if not result.won)


def test_an_acknowledged_edit_is_never_taken_away_by_a_removal_that_did_not_see_it():
    users = make_users()
    program, other = Program(users.steward), Program(users.steward)

    for race in range(RACES):
        term = define_term(
            name=f"Order {race}", definition="A sale.", actor=FACTORY, domain=users.domain
        )
        path = f"/terms/{term.uuid}"

        edited, removed, again = run_concurrently(
            [
                partial(program.send, "PATCH", path, {"definition": "New."}, edition=1),
                partial(other.send, "DELETE", path, edition=1),
                partial(other.send, "DELETE", path, edition=1),
            ]
        )

        statuses = [edited.status_code, removed.status_code, again.status_code]
        if edited.status_code == 200:
            assert statuses == [200, 412, 412]
            assert Term.objects.get(pk=term.pk).definition == "New."
        else:
            assert edited.status_code in (404, 412)
            assert sorted(statuses[1:]) in ([204, 404], [204, 412])
            assert Tombstone.objects.filter(object_id=term.uuid).count() == 1


def test_of_a_deletion_and_edits_at_once_one_wins_and_no_one_meets_a_failure():
    users = make_users()
    program, other = Program(users.owner), Program(users.owner)

    for _race in range(RACES):
        product = make_product(domain=users.domain)
        path = f"/products/{product.uuid}"

        edited, moved, deleted = run_concurrently(
            [
                partial(program.send, "PATCH", path, {"purpose": "New."}, edition=1),
                partial(other.send, "PUT", f"{path}/provenance", {}, edition=1),
                partial(other.send, "DELETE", path, edition=1),
            ]
        )

        if deleted.status_code == 204:
            assert {edited.status_code, moved.status_code} <= {200, 404, 412}
            assert not DataProduct.objects.filter(pk=product.pk).exists()
        else:
            assert deleted.status_code == 412
            assert edited.status_code == 200
        assert 500 not in {edited.status_code, moved.status_code, deleted.status_code}


def test_of_a_publication_and_edits_at_once_the_frozen_version_is_what_was_published():
    users = make_users()
    programs = [Program(users.owner) for _ in range(3)]

    for race in range(RACES):
        tree = with_answers(product_tree(f"Orders {race}", domain=users.domain.slug))
        product = with_good_checks(with_port(make_product(domain=users.domain, tree=tree)))
        path, edition = f"/products/{product.uuid}", product.edition

        answers = run_concurrently(
            [
                partial(programs[0].send, "POST", f"{path}/publish", {}, edition=edition),
                partial(programs[1].send, "PATCH", path, {"purpose": "New."}, edition=edition),
                partial(programs[2].send, "POST", f"{path}/publish", {}, edition=edition),
            ]
        )

        current = DataProduct.objects.get(pk=product.pk)
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
        assert current.edition == edition + 1
        for version in current.versions.all():
            assert version.tree == current.tree


def test_two_domains_moved_below_each_other_at_once_make_no_circle():
    lead = make_users()
    for _race in range(RACES):
        first, second = (make_users().domain for _ in range(2))

        answers = run_concurrently(
            [
                partial(_move_below, first, second),
                partial(_move_below, second, first),
            ]
        )

        parents = Domain.objects.parents()
        assert sorted(answers) == [False, True]
        assert None in {parents[first.pk], parents[second.pk]}
    assert lead.domain.parent_id is None


def _move_below(domain: Domain, parent: Domain) -> bool:
    try:
        edit_domain(domain=domain, edition=1, actor=FACTORY, parent=parent)
    except ValidationFailed:
        return False
    return True


def test_an_edit_that_names_an_edition_it_has_not_read_does_not_undo_that_edition():
    users = make_users()
    product = make_product(domain=users.domain)
    read_before = DataProduct.objects.get(pk=product.pk)
    edit = {"purpose": "Theirs."}
    Program(users.owner).send("PATCH", f"/products/{product.uuid}", edit, edition=1)

    with pytest.raises(EditConflict):
        replace_document(
            product=read_before, tree=read_before.tree | {"tags": ["x"]}, edition=2, actor=FACTORY
        )

    assert DataProduct.objects.get(pk=product.pk).purpose == "Theirs."
