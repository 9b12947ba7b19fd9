"""Documents of several kinds in one index: each search sees one kind, and no trace of another."""

import pytest

from catalog.search.flow.engine import SearchBackend
from tests.search.requests import PUBLIC, ask, counts, doc, fill, ids, request_of, values

ORDERS = doc("orders", "Orders", summary="Every churn of a customer.", tags=("sales",))
CHURN = doc("churn", "Churn", type="term", summary="Customers who left.", aliases=("attrition",))
LOYALTY = doc("loyalty", "Loyalty", type="domain", summary="Keeps customers.", readers=("team:1",))
KINDS = ("product", "term", "domain")


@pytest.fixture
def mesh(engine: SearchBackend) -> SearchBackend:
    fill(engine, [LOYALTY, ORDERS, CHURN])
    return engine


@pytest.mark.parametrize("readers", [None, PUBLIC, (*PUBLIC, "team:1")])
def test_a_search_finds_one_kind_and_products_where_none_is_named(mesh: SearchBackend, readers):
    assert ids(ask(mesh, readers=readers)) == ["orders"]
    assert ids(ask(mesh, "customer", readers=readers)) == ["orders"]
    assert ids(ask(mesh, "customer", readers=readers, type="term")) == ["churn"]


def test_who_may_not_read_a_document_of_another_kind_does_not_find_it(mesh: SearchBackend):
    assert ask(mesh, type="domain").count == 0
    assert ask(mesh, type="domain", readers=("members", "domain:1")).count == 0
    assert ids(ask(mesh, type="domain", readers=("team:1",))) == ["loyalty"]
    assert ids(ask(mesh, type="domain", readers=None)) == ["loyalty"]


@pytest.mark.parametrize("readers", [None, PUBLIC])
def test_what_is_retired_is_found_only_by_a_search_that_asks_for_it(engine: SearchBackend, readers):
    old = doc("old", "Former orders", tags=("sales", "legacy"), states=("retired",))
    fill(engine, [ORDERS, old])

    assert ids(ask(engine, readers=readers)) == ["orders"]
    assert ids(ask(engine, "former", readers=readers)) == []
    assert ids(ask(engine, "tag:legacy", readers=readers)) == []
    assert "retired" not in counts(ask(engine, readers=readers), "is")
    assert ids(ask(engine, "status:retired", readers=readers)) == ["old"]
    assert ids(ask(engine, "former is:retired", readers=readers)) == ["old"]
    either = ask(engine, "(is:retired OR customer)", readers=readers)
    assert sorted(ids(either)) == ["old", "orders"]
    assert engine.suggest("form", readers, 5).objects == ()
    assert engine.counts(request_of(readers=readers), ("product",)) == {"product": 1}


def test_a_token_opens_the_same_door_in_every_kind_and_no_other(engine: SearchBackend):
    fill(engine, [doc("a", type=kind, id=kind, readers=("domain:1",)) for kind in KINDS])

    for kind in KINDS:
        assert ids(ask(engine, type=kind, readers=("domain:1",))) == [kind]
        assert ids(ask(engine, type=kind, readers=(f"{kind} domain:1", "domain:11"))) == []


def test_another_kind_moves_neither_counts_nor_facets_nor_corrections(engine: SearchBackend):
    fill(engine, [ORDERS])
    alone = [ask(engine, text) for text in ("", "customer", "attritoin", "chrn")]
    fill(engine, [ORDERS, CHURN, doc("more", type="term", tags=("sales",), columns=("attrition",))])

    together = [ask(engine, text) for text in ("", "customer", "attritoin", "chrn")]

    for before, after in zip(alone, together, strict=True):
        assert (ids(before), before.count) == (ids(after), after.count)
        assert before.facets == after.facets
        assert before.corrections == after.corrections
    assert ask(engine, "attritoin", type="term").corrections[0].replacement == "attrition"
    assert counts(ask(engine, type="term"), "tag") == {"sales": 1}


def test_pages_and_cursors_lead_through_one_kind(engine: SearchBackend):
    terms = [doc(f"word-{n}", type="term") for n in range(5)]
    fill(engine, [*terms, doc("word-9")])

    first = ask(engine, "word", type="term", limit=3, sort="name")
    second = ask(engine, "word", type="term", limit=3, sort="name", cursor=first.next)

    assert [*ids(first), *ids(second)] == [f"word-{n}" for n in range(5)]
    assert (first.count, second.next) == (5, None)


def test_names_of_each_kind_are_suggested_apart(mesh: SearchBackend):
    assert [suggestion.id for suggestion in mesh.suggest("or", PUBLIC, 8).objects] == ["orders"]
    assert mesh.suggest("chu", PUBLIC, 8).objects == ()
    assert mesh.suggest("chu", PUBLIC, 8).words == ()
    (matches,) = mesh.complete_names("attri", PUBLIC, ("term", "domain"), 8)
    assert (matches.type, matches.id, matches.text) == ("term", "churn", "Churn")
    assert mesh.complete_names("loy", PUBLIC, ("term", "domain"), 8) == ()
    assert len(mesh.complete_names("loy", ("team:1",), ("term", "domain"), 8)) == 1
    assert mesh.complete_names("--", PUBLIC, KINDS, 8) == ()


def test_values_are_those_of_the_kinds_asked_for(mesh: SearchBackend):
    assert values(mesh.values("type", "", PUBLIC, 8)) == {"product": 1}
    assert values(mesh.values("type", "", PUBLIC, 8, KINDS)) == {"product": 1, "term": 1}
    assert values(mesh.values("type", "", None, 8, KINDS)) == dict.fromkeys(KINDS, 1)


def test_a_document_that_is_gone_is_gone_from_its_kind_alone(engine: SearchBackend):
    fill(engine, [doc("same"), doc("same", type="term")])

    with engine.open_writer() as session:
        session.delete([("term", "same", 2)])
        session.commit()

    assert ids(ask(engine, "same")) == ["same"]
    assert ids(ask(engine, "same", type="term")) == []


def test_entries_list_the_tokens_as_they_are_indexed(mesh: SearchBackend):
    entries = {entry.id: (entry.type, entry.readers) for entry in mesh.entries()}

    assert entries == {
        "orders": ("product", ("public",)),
        "churn": ("term", ("term public",)),
        "loyalty": ("domain", ("domain team:1",)),
    }
    assert {document.id: document.tokens for document in (ORDERS, CHURN, LOYALTY)} == {
        name: readers for name, (_, readers) in entries.items()
    }


def test_other_kinds_are_counted_by_the_words_as_they_are_spelled(engine: SearchBackend):
    many = [doc(f"many-{n}", type="term", summary="Gone or lost") for n in range(25)]
    few = [doc(f"few-{n}", type="domain", summary="Gone for good") for n in range(3)]
    some = [doc("half", type="term", summary="Gone", tags=("odd",))]
    closed = [doc("closed", type="domain", summary="Gone", readers=("team:1",))]
    fill(engine, [ORDERS, *many, *few, *some, *closed])

    for text in (
        "",
        "gone",
        "gone lost",
        "gone -lost",
        '"gone for"',
        "goen",
        "gone tag:odd",
        "few",
    ):
        for readers in (PUBLIC, (*PUBLIC, "team:1"), None):
            options = {"readers": readers, "is_corrected": False}
            matches = {kind: ask(engine, text, type=kind, **options) for kind in ("term", "domain")}
            request = request_of(text, readers=readers)
            assert engine.counts(request, ("term", "domain")) == {
                kind: answer.count for kind, answer in matches.items()
            }, text


def test_an_answer_says_which_words_were_searched(mesh: SearchBackend):
    for text, searched in (("custmer", "customer"), ("customer", "customer")):
        assert ask(mesh, text).interpreted_query == request_of(searched).query
