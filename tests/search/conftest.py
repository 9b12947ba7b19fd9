"""Every engine, empty, for the conformance suite: the same tests run on each."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from catalog.search.backends.elasticsearch import ElasticsearchBackend
from catalog.search.backends.embedded import EmbeddedBackend
from catalog.search.port import SearchBackend
from tests.search.asking import fill
from tests.settings import TEST_SERVERS

ENGINES = [
    pytest.param("embedded", id="embedded"),
    pytest.param("elasticsearch", id="elasticsearch", marks=pytest.mark.elasticsearch),
]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchBackend]:
    """An engine with an empty index."""
    if request.param == "embedded":
        backend: SearchBackend = EmbeddedBackend(tmp_path / "search")
        fill(backend, [])
        yield backend
        return
    prefix = f"assay-test-{uuid4().hex[:12]}"
    server = ElasticsearchBackend(TEST_SERVERS["elasticsearch"], prefix)
    fill(server, [])
    yield server
    server.drop()
