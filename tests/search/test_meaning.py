"""How meaning and words become one order, and how a typed text gets its vector in time."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search.fields import MEANING
from catalog.search.port import Hit, Reason
from catalog.search.semantic.query_vectors import QueryVectors
from catalog.search.semantic.reranking import Candidate, digest_of, ranked_anew, text_of
from catalog.search.services.product_rows import ProductRow
from catalog.web.search import result_labels
from tests.search.embedders import Topics
from tests.search.requests import doc

NEARNESS = st.none() | st.floats(-1, 1)
CANDIDATES = st.lists(
    st.builds(Candidate, st.floats(0, 2000), NEARNESS, st.booleans()), max_size=60
).map(lambda found: sorted(found, key=lambda one: -one.score))


def order(*candidates: Candidate) -> list[int]:
    return [place.before for place in ranked_anew(candidates)]


@given(CANDIDATES)
def test_every_candidate_keeps_one_place(candidates: list[Candidate]):
    assert sorted(order(*candidates)) == list(range(len(candidates)))


@given(CANDIDATES)
def test_what_is_called_so_stays_first_as_words_ranked_it(candidates: list[Candidate]):
    called = [at for at, one in enumerate(candidates) if one.is_called]
    is_ranked = any(one.nearness is not None for one in candidates)

    found = order(*candidates)

    assert found[: len(called)] == (called if is_ranked else found[: len(called)])


@given(st.lists(st.floats(0, 100), max_size=60), st.floats(-1, 1))
def test_equal_nearness_leaves_the_order_of_words(scores: list[float], near: float):
    ranked = sorted(scores, reverse=True)

    assert order(*(Candidate(score, near) for score in ranked)) == list(range(len(ranked)))


def test_half_of_the_rank_is_nearness():
    # .5 x 1 + .5 x .2 = .6; .5 x .8 + .5 x .5 = .65; .5 x .5 + .5 x .6 = .55
    found = order(Candidate(10, 0.2), Candidate(8, 0.5), Candidate(5, 0.6))

    assert found == [1, 0, 2]


def test_without_a_vector_it_counts_as_near_as_the_others_are_on_average():
    found = order(Candidate(10, 0.9), Candidate(9, None), Candidate(8.9, 0.1))

    assert found == [0, 1, 2]


def test_without_any_vector_words_alone_rank():
    places = ranked_anew([Candidate(2, None, is_called=False), Candidate(1, None)])

    assert [(place.before, place.is_lifted) for place in places] == [(0, False), (1, False)]


def test_lifted_is_what_rose_and_is_nearer_than_usual():
    places = ranked_anew([Candidate(10, -0.9), Candidate(9.9, -0.2), Candidate(5, 0.9)])

    lifted = {place.before: place.is_lifted for place in places}

    # The second rose over the first only because that one means something else.
    assert [place.before for place in places] == [2, 1, 0]
    assert lifted == {2: True, 1: False, 0: False}


def test_the_text_of_a_document_is_its_name_purpose_and_tags_and_nothing_else():
    document = doc("tides", "Tides", summary="Heights of the sea.", tags=("ocean",))

    other = replace(document, revision=9, columns=("height",), readers=("secret",))

    assert text_of(document) == "Tides. Heights of the sea. ocean"
    assert digest_of(text_of(document)) == digest_of(text_of(other))


def test_a_typed_text_is_embedded_once_however_it_is_spaced():
    model = Topics()
    vectors = QueryVectors(model, patience=30)

    first, second = vectors.of("Sea  tide"), vectors.of(" sea tide ")

    assert first == second
    assert model.asked == ["sea tide"]


def test_a_failing_model_gives_no_vector_and_is_asked_again():
    model = Topics(fails=True)
    vectors = QueryVectors(model, patience=30)

    assert vectors.of("sea") is None
    model.fails = False
    assert vectors.of("sea") is not None


def test_a_slow_model_keeps_no_search_waiting_and_its_vector_serves_the_next():
    model = Topics(seconds=0.2)
    vectors = QueryVectors(model, patience=0.01)

    assert vectors.of("sea") is None
    deadline = time.monotonic() + 30
    while (found := vectors.of("sea")) is None and time.monotonic() < deadline:
        time.sleep(0.05)

    assert found is not None
    assert model.asked == ["sea"]


def test_what_was_long_not_searched_is_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.search.semantic.query_vectors.MOST_KEPT", 2)
    model = Topics()
    vectors = QueryVectors(model, patience=30)

    for text in ("sea", "rain", "sea", "money", "sea", "rain"):
        vectors.of(text)

    assert model.asked == ["sea", "rain", "money", "rain"]


def test_a_lifted_hit_says_so_and_claims_no_word_of_it():
    reason = Reason(MEANING, (), 0)
    nothing = ProductRow(*(None for _ in ProductRow._fields))

    sentence = result_labels.phrases("product").reason(reason)
    part = result_labels.reason_parts(Hit("product", "x", 1.0, reasons=(reason,)), nothing)[0]

    assert sentence.startswith("Meaning: close to what was typed")
    assert f"{part['label']}: {part['items'][0]['html']}" == sentence
