"""Twenty readers and five writers go on while a rebuild is killed at each of its steps."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection

from catalog.domains.models import Domain
from catalog.products.models import DataProduct
from catalog.products.services import delete_product
from catalog.revisions.models import Followed
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import SearchRequest
from catalog.search.query import parse_query
from catalog.search.services.pending import engine_states
from catalog.search.services.rebuild import RebuildPhase
from catalog.search.services.search import search_catalog
from catalog.search.services.sync import drain, sync_domain_changes
from catalog.search.services.verify import verify
from tests.factories import FACTORY, make_domain, make_product, make_published_product
from tests.search.requests import NOW, ask, due, ids
from tests.search.test_rebuilding import hide
from tests.search.test_verifying import edit, settle
from tests.settings import TEST_SERVERS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
BASELINE, READERS, WRITERS = 25, 20, 5
VISIBLE_WITHIN = 60.0
PAUSE = 0.5


@dataclass
class Acknowledged:
    """What clients know of: the word that an edit left, and what was hidden or deleted."""

    words: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    reads: int = 0


def make_readable_product(domain: Domain) -> DataProduct:
    return make_published_product(f"Thing {time.time_ns()}", domain=domain)


def reader(baseline: set[str], acknowledged: Acknowledged, is_done: threading.Event) -> None:
    """Read over and over what everybody may see; nothing may fail, lack or be too much."""
    read = parse_query("thing", now=NOW)
    request = SearchRequest(
        readers=(), query=read.expression, text=read.text, limit=500, has_facets=False,
        has_highlights=False,
    )  # fmt: skip
    while not is_done.is_set():
        forbidden = acknowledged.deleted | acknowledged.hidden
        visible = {
            str(product.uuid)
            for _, product in search_catalog(visitor=AnonymousUser(), request=request).hits
        }
        assert baseline <= visible, baseline - visible
        assert not visible & forbidden
        acknowledged.reads += 1
        time.sleep(PAUSE)


def writer(
    domain: Domain, acknowledged: Acknowledged, is_done: threading.Event, number: int
) -> None:
    """Edit, add, hide and delete products, noting each write once it is acknowledged."""
    own = make_readable_product(domain)
    turn = 0
    while not is_done.is_set():
        turn += 1
        word = f"walrus{number}x{turn}"
        own = edit(own, f"A thing of {word}.")
        acknowledged.words[str(own.uuid)] = word
        if turn % 2:
            other = make_product(domain=domain, name=f"Thing {time.time_ns()}")
            delete_product(product=other, edition=other.edition, actor=FACTORY)
            acknowledged.deleted.add(str(other.uuid))
        else:
            other = make_readable_product(domain)
            hide(other)
            acknowledged.hidden.add(str(other.uuid))
        time.sleep(PAUSE)


def worker(is_done: threading.Event) -> None:
    """The index worker: it drains at each tick, and builds what is not there."""
    while not is_done.is_set():
        sync_domain_changes()
        drain()
        time.sleep(PAUSE)


@contextmanager
def running_in_threads(*jobs: Callable[[], None]) -> Iterator[list[Future[None]]]:
    """Run jobs in threads of their own, each with its own connection."""

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        yield [pool.submit(run, job) for job in jobs]


def killed_rebuilds(engine: SearchBackend, settings: Any) -> list[str]:
    """Rebuild in other processes, each killed at another step; returns how each ended."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.search.killed_rebuild"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
            "ELASTICSEARCH_URL": TEST_SERVERS["elasticsearch"],
            "ASSAY_DATA_DIR": str(settings.ASSAY_DATA_DIR),
            "ASSAY_SEARCH_ENGINES": engine.name,
            "ASSAY_SEARCH_PREFIX": settings.ASSAY_SEARCH_PREFIX,
        },
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout.splitlines()


def database_url() -> str:
    """The address of the test database, for another process."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{TEST_SERVERS['postgres'].rpartition('/')[0]}/{name}"


def is_indexed_in_time() -> bool:
    """Whether the index has seen every change within a minute."""
    deadline = time.monotonic() + VISIBLE_WITHIN
    while any(state.pending for state in engine_states()):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def test_a_rebuild_killed_in_any_phase_loses_no_read_and_no_write(
    fed_engine: SearchBackend, settings: Any
):
    domain = make_domain("haulage")
    products = [make_readable_product(domain) for _ in range(BASELINE)]
    baseline = {str(product.uuid) for product in products}
    sync_domain_changes()
    drain()
    acknowledged, is_over, is_level = Acknowledged(), threading.Event(), threading.Event()
    jobs = [lambda: reader(baseline, acknowledged, is_level) for _ in range(READERS)]
    jobs += [lambda n=n: writer(domain, acknowledged, is_over, n) for n in range(WRITERS)]

    with running_in_threads(*jobs, lambda: worker(is_level)) as running:
        ends = killed_rebuilds(fed_engine, settings)
        is_over.set()
        # The last writes come after the signal to stop.
        wait(running[READERS : READERS + WRITERS])
        is_indexed = is_indexed_in_time()
        is_level.set()

    for job in running:
        job.result()
    assert is_indexed
    assert ends == [f"{step} {-signal.SIGKILL}" for step in RebuildPhase]
    assert acknowledged.reads > READERS
    assert len(acknowledged.words) == WRITERS
    assert len(acknowledged.deleted) >= WRITERS
    assert len(acknowledged.hidden) >= WRITERS
    assert_equal(fed_engine, acknowledged)


def assert_equal(engine: SearchBackend, acknowledged: Acknowledged) -> None:
    """Every acknowledged write is found, nothing else is, and nothing half-built is left."""
    for uuid, word in acknowledged.words.items():
        assert ids(ask(engine, word, readers=("public",))) == [uuid]
    everything = set(ids(ask(engine, "thing", readers=None, limit=5000)))
    public = set(ids(ask(engine, "thing", readers=("public",), limit=5000)))
    assert not acknowledged.deleted & everything
    assert not acknowledged.hidden & public
    settle()
    drift = verify(engine)
    assert (drift.checked, drift.count) == (due(), 0)
    with engine.remove_unused() as generations:
        assert engine.generation() in generations
        assert len(generations) <= 2
    followers = Followed.objects.filter(follower__startswith=f"search:{engine.name}:")
    assert {f"search:{engine.name}:{name}" for name in generations} >= set(
        followers.values_list("follower", flat=True)
    )
