"""What must hold in any catalog: names come first, typos are understood, no query fails."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings, strategies

from benchmarks.relevance.fuzz_queries import fuzz_queries
from benchmarks.relevance.robustness import CORRECT, run_fuzz_queries, run_names, run_typos
from benchmarks.relevance.scratch_engine import build_request, scratch_engine
from catalog.search.backends import active_backend
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import TIMEOUT, SearchUnavailable
from catalog.search.query import parse_query
from catalog.search.services.rebuild import rebuild
from catalog.search.spelling import MAX_CORRECTIONS
from tests.factories import make_domain, make_product, make_published_product
from tests.search.conftest import ENGINES
from tests.search.requests import NOW, ask, doc, fill
from tests.settings import TEST_SERVERS

WHAT = (
    "Parcel Customer Weather Invoice Shipment Supplier Inventory Satellite Genome Traffic".split()
)
HOW = "observations transactions measurements statistics corrections predictions".split()
PROMISED = 0.95


@pytest.fixture(params=ENGINES)
def filled(request: pytest.FixtureRequest, settings: Any, db: None) -> Iterator[SearchBackend]:
    """An engine that holds sixty products, two of which have the same name."""
    settings.ELASTICSEARCH_URL = TEST_SERVERS["elasticsearch"]
    here, there = make_domain("here"), make_domain("there")
    for number, (what, how) in enumerate((what, how) for what in WHAT for how in HOW):
        make_product(f"{what} {how}", domain=here if number % 2 else there)
    make_product("Parcel observations", domain=here, slug="other-observations")
    with scratch_engine(name=request.param) as engine:
        yield engine


def test_every_name_and_identifier_comes_first(filled: SearchBackend):
    trial = run_names(engine=filled)

    assert trial.missed == []
    assert trial.n["name"] == trial.n["IRI"] == 61


def test_typos_find_their_product(filled: SearchBackend):
    trial = run_typos(engine=filled, count=200, seed=7)

    assert trial.share() >= PROMISED, trial.missed
    assert trial.share(CORRECT) == 1


def test_fuzz_queries_are_answered_within_the_timeout(filled: SearchBackend):
    result = run_fuzz_queries(engine=filled, count=200, seed=7)

    assert result.n == 200
    assert result.failed == []
    assert result.slowest_ms < TIMEOUT * 1000


@given(text=strategies.text(max_size=300))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_text_is_answered(engine: SearchBackend, text: str):
    assert ask(engine, text).count >= 0


def test_at_most_a_few_words_are_corrected(engine: SearchBackend):
    words = [f"{first}{second}zzzzz" for first in "abcd" for second in "efgh"]
    fill(engine, [doc("words", summary=" ".join(words))])
    wrong = " ".join(word.replace("zzzzz", "zzzxz") for word in words)

    assert len(ask(engine, wrong).corrections) == MAX_CORRECTIONS


@pytest.mark.parametrize("engine", ENGINES[1:], indirect=True)
def test_an_answer_after_the_timeout_is_an_error(monkeypatch: Any, engine: Any):
    monkeypatch.setattr("catalog.search.flow.engine.TIMEOUT", 0.0)

    with pytest.raises(SearchUnavailable, match="deadline"):
        engine.search(build_request("orders", limit=10))


@pytest.mark.parametrize("path", ["/search", "/api/v1/search", "/search.csv"])
def test_fuzz_queries_never_break_a_page_or_the_api(
    path: str, client: Client, settings: Any, tmp_path: Any, db: None
):
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]
    make_published_product("Customer orders")
    rebuild(active_backend())

    for text in fuzz_queries(count=90, seed=7):
        response = client.get(f"{path}?q={quote(text, errors='surrogatepass')}", follow=True)

        assert response.status_code < 500, text


def test_the_ninth_prefix_is_a_word_with_a_warning():
    read = parse_query(" ".join(f"{letter}b*" for letter in "abcdefghij"), now=NOW)

    assert [clause.node.is_prefix for clause in read.expression] == [True] * 8 + [False] * 2
    assert [warning.code for warning in read.warnings] == ["too-many-beginnings"]
