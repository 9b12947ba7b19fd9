"""What every engine promises of writing: versions, deletes, readers, rebuilds, its ledger."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from catalog.search.document import SearchDocument
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import Correction
from tests.search.requests import PUBLIC, ask, counts, doc, fill, ids, values, write


def revised(document: SearchDocument, revision: int, name: str) -> SearchDocument:
    return replace(document, revision=revision, name=name)


def test_a_late_write_loses(engine: SearchBackend):
    first = doc("a")
    write(engine, revised(first, 5, "Fifth"))
    write(engine, revised(first, 4, "Fourth"))
    assert ids(ask(engine, "fifth")) == ["a"]
    assert ask(engine, "fourth", is_corrected=False).count == 0

    write(engine, revised(first, 5, "Mended"), revised(first, 3, "Third"))
    assert ids(ask(engine, "mended")) == ["a"]
    assert ask(engine).count == 1


def test_a_deleted_document_is_gone_and_an_earlier_write_cannot_bring_it_back(
    engine: SearchBackend,
):
    write(engine, doc("a", revision=3), doc("b"))

    with engine.open_writer() as session:
        session.delete([("product", "a", 4), ("product", "never-held", 1)])
        session.commit()
    write(engine, doc("a", revision=3))

    assert ids(ask(engine)) == ["b"]
    assert [entry.id for entry in engine.entries()] == ["b"]
    write(engine, doc("a", revision=5))
    assert set(ids(ask(engine))) == {"a", "b"}


def test_what_was_not_committed_is_not_seen(engine: SearchBackend):
    with engine.open_writer() as session:
        session.put([doc("a")])
        session.commit()

    assert ids(ask(engine)) == ["a"]


def test_entries_list_what_is_indexed(engine: SearchBackend):
    document = doc("a", revision=7, readers=("team:1", "domain:2"))
    write(engine, document, doc("b", type="term"))

    entries = {entry.id: entry for entry in engine.entries()}

    assert entries["a"].revision == 7
    assert entries["a"].readers == ("domain:2", "team:1")
    assert entries["a"].digest == document.digest()
    assert entries["b"].type == "term"


def test_words_are_learned_of_what_was_built_and_of_what_is_written_later(engine: SearchBackend):
    with engine.start_rebuild() as fresh:
        for document in (doc("a", "Marmoset"), doc("b", "Pelican")):
            fresh.put([document])
            fresh.commit()
        with fresh.activate():
            pass
    write(engine, doc("c", "Ostrich"))

    for prefixes in ("marmosett", "pelicann", "ostrichh"):
        assert ask(engine, prefixes).corrections == (Correction(prefixes, prefixes[:-1]),)


def test_half_a_surrogate_keeps_no_document_out(engine: SearchBackend):
    poisoned = doc("a", "Half \ud800 parcels", summary="\udfff", tags=("x\udc00",))
    fill(engine, [poisoned, doc("b", "Parcels")])
    write(engine, replace(poisoned, revision=2, columns=("weight\ud800",)), doc("c", "Parcels"))

    answer = ask(engine, "parcels")

    assert set(ids(answer)) == {"a", "b", "c"}
    digests = {entry.id: entry.digest for entry in engine.entries()}
    assert digests["a"] == replace(poisoned, columns=("weight\ud800",)).digest()


SECRET = doc(
    "secret-ledger",
    "Clandestine ledger",
    readers=("domain:9",),
    domains=("vault",),
    tags=("hush", "shared"),
    summary="A clandestine shared ledger.",
)
OPEN = doc("open-ledger", "Plain ledger", domains=("hall",), tags=("shared",))


def test_what_one_may_not_read_changes_no_hit_count_facet_suggestion_or_correction(
    engine: SearchBackend,
):
    texts = [
        "",
        "ledger",
        "clandestine",
        "clandestin",
        "tag:shared",
        "plain OR hush",
        "ledgr",
        "hus",
    ]
    fill(engine, [OPEN])
    without = [(ids(a), a.count, a.facets, a.corrections) for a in (ask(engine, t) for t in texts)]
    prefixes = [engine.suggest(t, PUBLIC, 5) for t in ("cland", "ledg", "hus")]
    offered = [values(engine.values(n, "", PUBLIC, 9)) for n in ("tag", "domain")]

    fill(engine, [OPEN, SECRET])

    assert [
        (ids(a), a.count, a.facets, a.corrections) for a in (ask(engine, t) for t in texts)
    ] == without
    assert [engine.suggest(t, PUBLIC, 5) for t in ("cland", "ledg", "hus")] == prefixes
    assert [values(engine.values(n, "", PUBLIC, 9)) for n in ("tag", "domain")] == offered


def test_a_typo_that_hidden_documents_hold_as_a_word_is_corrected_all_the_same(
    engine: SearchBackend,
):
    hidden = [doc(f"h{n}", "Ledgre ledgre", readers=("domain:9",)) for n in range(9)]
    fill(engine, [OPEN, *hidden])

    answer = ask(engine, "ledgre")

    assert (ids(answer), answer.corrections) == (["open-ledger"], (Correction("ledgre", "ledger"),))


def test_suggestions_are_the_same_whatever_is_hidden(engine: SearchBackend):
    names = [f"Ledger {word}" for word in "one two three four five six seven eight nine".split()]
    visible = [doc(f"s{n}", name) for n, name in enumerate(names)]
    visible += [doc("long", "Ledger of every other ledger that there is"), doc("led", "Led lamps")]
    hidden = [doc(f"h{n}", f"Ledger {'one ' * n}nine", readers=("domain:9",)) for n in range(1, 40)]
    prefixes = ("led", "ledger", "ledger n", "l")
    fill(engine, visible)
    without = [engine.suggest(text, PUBLIC, 4).objects for text in prefixes]

    fill(engine, [*visible, *hidden])

    assert [engine.suggest(text, PUBLIC, 4).objects for text in prefixes] == without


def test_readers_find_what_their_tokens_open(engine: SearchBackend):
    fill(engine, [OPEN, SECRET])

    answer = ask(engine, "ledger", readers=("public", "domain:9"))
    assert set(ids(answer)) == {"open-ledger", "secret-ledger"}
    assert counts(answer, "tag") == {"shared": 2, "hush": 1}
    many = ("domain:9", *(f"domain:{n}" for n in range(100, 400)))
    assert ids(ask(engine, "ledger", readers=many)) == ["secret-ledger"]
    assert ask(engine, "ledger", readers=()).count == 0
    assert ask(engine, "ledger", readers=None).count == 2
    assert [t.id for t in engine.suggest("cland", ("domain:9",), 5).objects] == ["secret-ledger"]


def test_a_correction_is_judged_by_what_the_caller_may_read(engine: SearchBackend):
    fill(engine, [doc("marmosat"), doc("marmoset", readers=("domain:9",))])

    assert [c.replacement for c in ask(engine, "marmoset").corrections] == ["marmosat"]
    assert ask(engine, "marmoset", readers=("public", "domain:9")).corrections == ()


def test_a_rebuild_is_seen_at_once_and_whole(engine: SearchBackend):
    fill(engine, [doc("old")])
    with engine.start_rebuild() as fresh:
        fresh.put([doc("new"), doc("gone")])
        fresh.commit()
        assert ids(ask(engine)) == ["old"]
        assert {entry.id for entry in fresh.entries()} == {"new", "gone"}
        with fresh.activate() as session:
            session.put([doc("last")])
            session.delete([("product", "gone", 2)])
            assert ids(ask(engine)) == ["old"]

    assert set(ids(ask(engine))) == {"new", "last"}
    write(engine, doc("after"))
    assert set(ids(ask(engine))) == {"new", "last", "after"}


def test_a_rebuild_left_without_a_swap_leaves_the_index_as_it_was(engine: SearchBackend):
    fill(engine, [doc("old")])

    with engine.start_rebuild() as fresh:
        fresh.put([doc("new")])
        fresh.commit()

    assert ids(ask(engine)) == ["old"]
    fill(engine, [doc("newer")])
    assert ids(ask(engine)) == ["newer"]


@pytest.mark.slow
def test_reads_never_fail_or_shrink_while_the_index_is_rebuilt(engine: SearchBackend):
    documents = [doc(f"n{n:03}", f"Thing {n:03}") for n in range(200)]
    fill(engine, documents)
    is_done = threading.Event()

    def read() -> set[int]:
        counted = set()
        while not is_done.is_set():
            counted.add(ask(engine, "thing", limit=5).count)
        return counted

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for _ in range(4):
            fill(engine, documents)
        is_done.set()

    assert [reader.result() for reader in readers] == [{200}] * 4


def test_two_readers_of_one_index_see_the_same_writes(engine: SearchBackend):
    ask(engine)
    for n in range(1, 6):
        write(engine, doc("a", f"Turn {n}", revision=n))
        assert ask(engine, f'"turn {n}"').count == 1
