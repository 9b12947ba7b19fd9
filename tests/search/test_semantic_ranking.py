"""How meaning and words become one order, and how a typed text gets its vector in time."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.products.summaries import ProductRow
from catalog.search.fields import MEANING
from catalog.search.port import Hit, Reason
from catalog.search.semantic.query_vectors import QueryVectors
from catalog.search.semantic.reranking import Candidate, embedded_text, rerank, text_digest
from catalog.web.search import result_labels
from tests.search.embedders import Topics
from tests.search.requests import doc

NEARNESS = st.none() | st.floats(-1, 1)
CANDIDATES = st.lists(
    st.builds(Candidate, st.floats(0, 2000), NEARNESS, st.booleans()), max_size=60
).map(lambda ranks: sorted(ranks, key=lambda one: -one.score))


def order(*candidates: Candidate) -> list[int]:
    return [place.old_rank for place in rerank(candidates)]


@given(CANDIDATES)
def test_every_candidate_has_one_rank(candidates: list[Candidate]):
    assert sorted(order(*candidates)) == list(range(len(candidates)))


@given(CANDIDATES)
def test_exact_names_stay_first_in_the_order_by_words(candidates: list[Candidate]):
    called = [at for at, one in enumerate(candidates) if one.is_exact_name]
    is_ranked = any(one.cosine is not None for one in candidates)

    ranks = order(*candidates)

    assert ranks[: len(called)] == (called if is_ranked else ranks[: len(called)])


@given(st.lists(st.floats(0, 100), max_size=60), st.floats(-1, 1))
def test_equal_cosines_leave_the_order_of_words(scores: list[float], cosine: float):
    ranked = sorted(scores, reverse=True)

    assert order(*(Candidate(score, cosine) for score in ranked)) == list(range(len(ranked)))


def test_half_of_the_score_is_the_cosine():
    # .5 x 1 + .5 x .2 = .6; .5 x .8 + .5 x .5 = .65; .5 x .5 + .5 x .6 = .55
    ranks = order(Candidate(10, 0.2), Candidate(8, 0.5), Candidate(5, 0.6))

    assert ranks == [1, 0, 2]


def test_a_candidate_without_a_vector_counts_as_average():
    ranks = order(Candidate(10, 0.9), Candidate(9, None), Candidate(8.9, 0.1))

    assert ranks == [0, 1, 2]


def test_without_vectors_the_order_is_that_of_words():
    places = rerank([Candidate(2, None, is_exact_name=False), Candidate(1, None)])

    assert [(place.old_rank, place.is_boosted) for place in places] == [(0, False), (1, False)]


def test_boosted_is_what_moved_up_and_is_nearer_than_average():
    places = rerank([Candidate(10, -0.9), Candidate(9.9, -0.2), Candidate(5, 0.9)])

    boosted = {place.old_rank: place.is_boosted for place in places}

    # The second rose over the first only because that one means something else.
    assert [place.old_rank for place in places] == [2, 1, 0]
    assert boosted == {2: True, 1: False, 0: False}


def test_name_purpose_and_tags_are_embedded_and_nothing_else():
    document = doc("tides", "Tides", summary="Heights of the sea.", tags=("ocean",))

    other = replace(document, revision=9, columns=("height",), readers=("secret",))

    assert embedded_text(document) == "Tides. Heights of the sea. ocean"
    assert text_digest(embedded_text(document)) == text_digest(embedded_text(other))


def test_a_query_is_embedded_once_however_it_is_spaced():
    model = Topics()
    vectors = QueryVectors(model, timeout=30)

    first, second = vectors.get("Sea  tide"), vectors.get(" sea tide ")

    assert first == second
    assert model.requests == ["sea tide"]


def test_a_failing_model_gives_no_vector_and_is_tried_again():
    model = Topics(fails=True)
    vectors = QueryVectors(model, timeout=30)

    assert vectors.get("sea") is None
    model.fails = False
    assert vectors.get("sea") is not None


def test_a_search_does_not_wait_for_a_slow_model_and_the_next_gets_its_vector():
    model = Topics(seconds=0.2)
    vectors = QueryVectors(model, timeout=0.01)

    assert vectors.get("sea") is None
    deadline = time.monotonic() + 30
    while (ranks := vectors.get("sea")) is None and time.monotonic() < deadline:
        time.sleep(0.05)

    assert ranks is not None
    assert model.requests == ["sea"]


def test_the_oldest_vectors_are_dropped(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.search.semantic.query_vectors.MAX_CACHED", 2)
    model = Topics()
    vectors = QueryVectors(model, timeout=30)

    for text in ("sea", "rain", "sea", "money", "sea", "rain"):
        vectors.get(text)

    assert model.requests == ["sea", "rain", "money", "rain"]


def test_a_boosted_hit_says_so_and_claims_no_word():
    reason = Reason(MEANING, (), 0)
    nothing = ProductRow(*(None for _ in ProductRow._fields))

    sentence = result_labels.reason_text("product", reason)
    (part,) = result_labels.reason_parts(Hit("product", "x", 1.0), nothing, [reason])

    assert sentence.startswith("Meaning: Ranked higher")
    assert f"{part.label}: {part.items[0].html}" == sentence


def test_nothing_of_it_is_imported_unless_it_is_turned_on():
    program = (
        "import sys, django; django.setup(); import catalog.tasks, config.urls;"
        "from catalog.search.backends import get_backend; get_backend('elasticsearch');"
        "print([name for name in sys.modules if name.startswith('catalog.search.semantic')])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings",
             "ELASTICSEARCH_URL": "http://localhost:1", "ASSAY_SEARCH_SEMANTIC": "0"},
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip

    assert done.stdout.strip() == "[]"
