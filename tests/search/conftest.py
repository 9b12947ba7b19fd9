"""Every engine, empty, for the conformance suite: the same tests run on each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from catalog.search.backends import active_backend
from catalog.search.backends.elasticsearch import ElasticsearchBackend
from catalog.search.backends.embedded import EmbeddedBackend
from catalog.search.flow.engine import SearchBackend
from catalog.search.semantic import SemanticRanking
from tests.search.embedders import ConstantEmbedder
from tests.search.requests import fill
from tests.settings import TEST_SERVERS

ENGINES = [
    pytest.param("embedded", id="embedded"),
    pytest.param("elasticsearch", id="elasticsearch", marks=pytest.mark.elasticsearch),
]
# Where everything means the same, ranking by meaning may change nothing at all.
BY_MEANING = pytest.param("meaning", id="by meaning", marks=pytest.mark.elasticsearch)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchBackend]:
    """An engine with an empty index."""
    if request.param == "embedded":
        backend: SearchBackend = EmbeddedBackend(tmp_path / "search")
        fill(backend, [])
        yield backend
        return
    prefix = f"assay-test-{uuid4().hex[:12]}"
    semantic = SemanticRanking(ConstantEmbedder()) if request.param == "meaning" else None
    server = ElasticsearchBackend(TEST_SERVERS["elasticsearch"], prefix, semantic)
    fill(server, [])
    yield server
    server.drop()


@pytest.fixture(params=ENGINES)
def fed_engine(
    request: pytest.FixtureRequest, settings: Any, tmp_path: Path
) -> Iterator[SearchBackend]:
    """The engine that follows the database in this test, still without an index."""
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = [request.param]
    settings.ELASTICSEARCH_URL = TEST_SERVERS["elasticsearch"]
    settings.ASSAY_SEARCH_PREFIX = f"assay-test-{uuid4().hex[:12]}"
    yield active_backend()
    active_backend().drop()
