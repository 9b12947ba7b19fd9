"""Ranking by meaning in Elasticsearch: the same set, another order of its first fifty."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from catalog.search.backends.elasticsearch import ElasticsearchBackend
from catalog.search.document import SearchDocument
from catalog.search.flow.engine import SearchBackend
from catalog.search.semantic import SemanticRanking
from catalog.search.semantic.reranking import WINDOW
from tests.search.embedders import Topics
from tests.search.requests import ask, counts, doc, fill, ids, write
from tests.settings import TEST_SERVERS

pytestmark = pytest.mark.elasticsearch


@pytest.fixture
def model() -> Topics:
    return Topics()


@pytest.fixture
def sides(model: Topics) -> Iterator[tuple[SearchBackend, SearchBackend]]:
    """An engine that ranks by words alone, and one that ranks by meaning too."""
    prefix = f"assay-test-{uuid4().hex[:12]}"
    server = TEST_SERVERS["elasticsearch"]
    words = ElasticsearchBackend(server, f"{prefix}-w")
    meaning = ElasticsearchBackend(server, f"{prefix}-m", SemanticRanking(model))
    # A busy machine is no reason to answer by words.
    assert meaning._semantic is not None
    meaning._semantic._query_vectors._timeout = 30
    yield words, meaning
    words.drop()
    meaning.drop()


@pytest.fixture
def shelf() -> list[SearchDocument]:
    return [
        doc("price", "Level of money", summary="Level by level.", tags=("price",)),
        doc("tide", "Gauges", summary="What the ocean does, with its level.", tags=("tide",)),
        doc("storm", "Storms", summary="The level of rain.", tags=("weather",)),
        doc("deep", "Abyss", summary="The deep ocean.", tags=("sea",)),
    ]


def many(number: int) -> list[SearchDocument]:
    """Documents that all hold one word, with ranks and topics in no common order."""
    topics = ("ocean", "rain", "money", "plain")
    return [
        doc(
            f"n{n:03}",
            f"Thing {n % 9}",
            summary=f"{topics[n * 7 % 4]} {'x ' * (n * 5 % 13)}",
            tags=(f"t{n % 3}",),
        )
        for n in range(number)
    ]


def test_a_hit_close_in_meaning_moves_up_and_says_so(sides, shelf):
    words, meaning = sides
    for engine in sides:
        fill(engine, shelf)

    plain, reranked = ask(words, "marine level"), ask(meaning, "marine level")
    reasons = {hit.id: {reason.field for reason in hit.reasons} for hit in reranked.hits}

    assert ids(plain)[0] == "price"
    assert ids(reranked)[0] == "tide"
    # What holds none of the words is not found, however near it is.
    assert "deep" not in ids(reranked)
    assert "meaning" in reasons["tide"]
    assert "meaning" not in reasons["price"]
    assert all("meaning" not in {r.field for r in hit.reasons} for hit in plain.hits)


def test_hits_count_and_facets_are_those_of_words(sides):
    words, meaning = sides
    for engine in sides:
        fill(engine, many(80))

    queries = ("thing marine", "thing ocean", "thing -rain", '"thing 3" money', "thing* rain", "")
    for query in queries:
        for where in ((), (("tag", "t1"),)):
            plain = ask(words, query, where=where, limit=100)
            reranked = ask(meaning, query, where=where, limit=100)

            assert reranked.count == plain.count
            assert reranked.facets == plain.facets
            assert set(ids(reranked)) == set(ids(plain))
            assert ids(reranked)[WINDOW:] == ids(plain)[WINDOW:]
    assert ids(ask(meaning, "thing marine")) != ids(ask(words, "thing marine"))
    assert counts(reranked, "tag") == {"t1": 27, "t0": 27, "t2": 26}


def test_only_relevance_is_reranked(sides, model):
    _, meaning = sides
    fill(meaning, many(30))
    model.requests.clear()

    assert ids(ask(meaning, "thing", sort="updated", limit=30))
    assert ids(ask(meaning, "", limit=30))
    assert model.requests == []


def test_an_exact_name_comes_first_whatever_its_meaning(sides):
    _, meaning = sides
    called = doc("called", "Ocean", summary="money price ledger payroll " * 9)
    fill(meaning, [*many(60), called])

    assert ids(ask(meaning, "ocean"))[0] == "called"


def test_reranking_shows_nothing_that_the_reader_may_not_read(sides):
    _, meaning = sides
    hidden = [replace(one, readers=("team",)) for one in many(60)]
    fill(meaning, [*hidden, doc("open", "Thing of money")])

    answer = ask(meaning, "thing marine")

    assert ids(answer) == ["open"]
    assert answer.count == 1


@pytest.mark.parametrize("limit", [7, 20, 50, 60])
def test_pages_show_every_hit_once_in_one_order_by_offset_cursor_and_backwards(sides, limit):
    _, meaning = sides
    fill(meaning, many(130))
    everything = ids(ask(meaning, "thing marine", limit=130))
    assert len(set(everything)) == 130

    by_offset = [
        document_id
        for offset in range(0, 130, limit)
        for document_id in ids(ask(meaning, "thing marine", limit=limit, offset=offset))
    ]
    page = ask(meaning, "thing marine", limit=limit)
    pages = [ids(page)]
    last = page.last
    while page.next:
        page = ask(meaning, "thing marine", limit=limit, cursor=page.next)
        pages.append(ids(page))
    back = [ids(page)]
    while page.previous:
        page = ask(meaning, "thing marine", limit=limit, cursor=page.previous)
        back.append(ids(page))

    assert by_offset == everything
    assert [document_id for page_ids in pages for document_id in page_ids] == everything
    assert back[::-1] == pages
    assert ids(ask(meaning, "thing marine", limit=limit, cursor=last)) == everything[-limit:]


def test_the_last_page_of_a_small_result_is_reranked_too(sides):
    _, meaning = sides
    fill(meaning, many(30))
    everything = ids(ask(meaning, "thing marine", limit=30))

    last = ask(meaning, "thing marine", limit=20).last

    assert ids(ask(meaning, "thing marine", limit=20, cursor=last)) == everything[-20:]


def test_a_walk_continues_at_its_place_when_hits_are_added(sides):
    _, meaning = sides
    fill(meaning, many(60))
    first = ask(meaning, "thing marine", limit=20)

    write(meaning, doc("new", "Ocean thing ocean thing", summary="sea tide ocean water"))

    second = ids(ask(meaning, "thing marine", limit=20, cursor=first.next))
    assert len(second) == 20
    assert not set(second) & set(ids(first))


def test_a_failing_model_leaves_the_order_by_words(sides, model):
    words, meaning = sides
    for engine in sides:
        fill(engine, many(120))
    begun = ask(meaning, "thing storm", limit=20)
    model.fails = True

    plain, reranked = ask(words, "thing marine"), ask(meaning, "thing marine")
    walked, page = ids(reranked), reranked
    while page.next:
        page = ask(meaning, "thing marine", cursor=page.next)
        walked += ids(page)
    model.fails = False
    later = ask(meaning, "thing marine", cursor=reranked.next)

    assert reranked.hits == plain.hits
    assert len(set(walked)) == 120
    # A walk that began by words goes on by words when the model is back.
    assert ids(later) == walked[20:40]
    assert ids(ask(meaning, "thing storm", limit=20, cursor=begun.next))


def test_a_document_indexed_while_the_model_failed_gets_its_vector_later(sides, model):
    _, meaning = sides
    fill(meaning, many(3))
    late = doc("late", "Late ocean thing")
    model.fails = True
    write(meaning, late)
    assert "late" in ids(ask(meaning, "thing"))

    model.fails = False
    model.requests.clear()
    write(meaning, late)

    assert model.requests == ["Late ocean thing.  "]


def test_a_vector_is_computed_once_for_a_text(sides, model):
    _, meaning = sides
    fill(meaning, many(20))
    model.requests.clear()

    other = replace(many(20)[3], revision=2, columns=("height",), states=("published",))
    write(meaning, other)
    fill(meaning, [*many(3), other, *many(20)[4:]])
    assert model.requests == []

    write(meaning, replace(other, revision=3, summary="Now of the sea"))
    assert model.requests == ["Thing 3. Now of the sea t0"]


def test_turning_it_on_or_off_needs_another_index(sides, model):
    words, meaning = sides
    prefix = meaning._prefix
    off = ElasticsearchBackend(TEST_SERVERS["elasticsearch"], prefix)
    fill(off, many(5))
    assert not meaning.is_ready()

    fill(meaning, many(5))

    assert off.fingerprint() == words.fingerprint()
    assert meaning.fingerprint() not in (off.fingerprint(), _of(Topics(name="better")))
    assert len(ids(ask(off, "thing"))) == len(ids(ask(meaning, "thing"))) == 5
    assert off.generation() != meaning.generation()


def _of(model: Topics) -> str:
    return ElasticsearchBackend(
        TEST_SERVERS["elasticsearch"], "assay-test-x", SemanticRanking(model)
    ).fingerprint()
