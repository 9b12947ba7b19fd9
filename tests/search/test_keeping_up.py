"""Writes that are followed by hint share commits, and those of people go before a backlog."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db.models import F
from django.utils import timezone

from catalog.domains.services import edit_domain
from catalog.products.models import DataProduct
from catalog.search.backends import active_backend
from catalog.search.port import IndexSession
from catalog.search.services import sync
from catalog.search.services.pending import BATCH_SIZE, engine_states
from catalog.search.services.sync import drain, index_pending, sync_domain_changes
from catalog.search.wakeup import PENDING_KEY, is_hint_needed, is_hinted, is_running
from catalog.tasks import hint_products, index_changed
from config.celery import app
from tests.factories import FACTORY, edit_and_publish, make_domain, make_published_product
from tests.search.requests import ask, ids, index_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_index(settings, tmp_path):
    cache.clear()
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]
    sync_domain_changes()
    drain()


def edit(product: DataProduct, text: str) -> DataProduct:
    """Change what a product says, as somebody would."""
    return edit_and_publish(product, {"op": "add", "path": "/description/purpose", "value": text})


def search(text: str) -> list[str]:
    return ids(ask(active_backend(), text, readers=None, is_corrected=False))


class Recorder:
    """What the writers of an engine did, and what is to happen right after each commit."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.after_commit: Callable[[], object] = list


@pytest.fixture
def recorder(monkeypatch) -> Recorder:
    recorder, engine = Recorder(), active_backend()
    writing = engine.open_writer

    @contextmanager
    def recorded_writer() -> Iterator[IndexSession]:
        with writing() as session:
            recorder.done.append("opened")
            yield RecordingSession(session, recorder)

    monkeypatch.setattr(engine, "open_writer", recorded_writer)
    return recorder


class RecordingSession:
    """A writer that tells of its commits."""

    def __init__(self, session: IndexSession, recorder: Recorder) -> None:
        self._session, self._recorder = session, recorder
        self.generation, self.put, self.delete = session.generation, session.put, session.delete

    def commit(self) -> None:
        self._session.commit()
        self._recorder.done.append("commit")
        self._recorder.after_commit()


def test_changes_during_a_write_use_the_same_writer(recorder):
    first, *others = (make_published_product(f"Parcels {number}") for number in range(4))
    drain()
    recorder.done.clear()
    edit(first, "A walrus.")
    checks: list[Any] = []

    def is_hinted_once() -> bool:
        checks.append(None)
        if len(checks) == 2:
            for other in others:
                edit(other, "A walrus.")
        return len(checks) == 2

    written = index_pending(ids=[first.uuid], is_hinted=is_hinted_once)

    assert written == 4
    assert len(search("walrus")) == 4
    assert recorder.done == ["opened", "commit", "commit"]


def test_a_writer_is_released_in_the_end_even_if_changes_go_on(monkeypatch):
    product = make_published_product("Parcels")
    monkeypatch.setattr(sync, "MAX_DURATION", 0.1)

    assert index_pending(ids=[product.uuid], is_hinted=lambda: True) == 1


def test_a_waiting_process_gets_the_writer_even_if_changes_go_on(monkeypatch, recorder):
    monkeypatch.setattr(sync, "MAX_DURATION", 0.1)
    product, had_its_turn = make_published_product("Parcels"), threading.Event()

    def take_a_turn() -> None:
        with active_backend().open_writer():
            had_its_turn.set()

    other = threading.Thread(target=take_a_turn)
    recorder.after_commit = lambda: None if other.ident else other.start()
    for turn in range(10):
        if not had_its_turn.is_set():
            product = edit(product, f"Turn {turn}.")
            index_pending(ids=[product.uuid], is_hinted=lambda: True)

    is_in_time = had_its_turn.is_set()
    other.join()

    assert is_in_time


def waiting() -> int:
    """How many messages wait for the index worker."""
    with app.connection_for_read() as broker:
        return int(broker.default_channel._size("index"))


def test_many_changes_send_one_hint_until_it_is_consumed():
    before = waiting()

    for _ in range(3):
        hint_products([make_published_product().uuid])
    sent = waiting() - before
    hints = is_hinted(), is_hinted()
    hint_products([make_published_product().uuid])

    assert (sent, hints, waiting() - before) == (1, (True, False), 2)


def test_a_running_worker_is_sent_no_hint():
    with is_running():
        needed, hinted = is_hint_needed(), is_hinted()

    assert (needed, hinted) == (False, True)
    assert is_hint_needed()


def test_a_change_at_the_end_of_a_run_sends_another_hint(monkeypatch):
    before, product = waiting(), make_published_product("Parcels")
    monkeypatch.setattr(sync, "MAX_DURATION", 0.0)
    answers = iter([False, True])
    monkeypatch.setattr("catalog.tasks.is_hinted", lambda: next(answers))

    assert index_changed([str(product.uuid)]) == 1
    assert waiting() - before == 1


def test_a_pending_hint_expires_after_a_moment(settings):
    assert is_hint_needed()
    cache.touch(PENDING_KEY, 0)

    assert is_hint_needed()


def make_backlog() -> DataProduct:
    """Have more products wait for the index than a lot holds; return another one, up to date."""
    fresh = make_published_product("Pallets")
    domain = fresh.domain
    DataProduct.objects.bulk_create(
        DataProduct(domain=domain, slug=f"parcels-{number}", name=f"Parcels {number}")
        for number in range(2 * BATCH_SIZE + 1)
    )
    drain()
    DataProduct.objects.exclude(pk=fresh.pk).update(
        revision=F("revision") + 1,
        revised_at=timezone.now(),
        updated_at=timezone.now() - timedelta(days=1),
    )
    return fresh


def test_a_hint_writes_edits_and_leaves_a_backlog_to_the_drain():
    fresh = make_backlog()
    edit(fresh, "A walrus.")

    assert index_once([]) == 1
    assert search("walrus") == [str(fresh.uuid)]
    assert drain() == 2 * BATCH_SIZE + 1


def test_an_edit_during_a_drain_does_not_wait_for_its_end(recorder):
    fresh = make_backlog()
    moments: list[tuple[int, int]] = []

    def note() -> None:
        if not moments:
            edit(fresh, "A walrus.")
        moments.append((len(search("walrus")), engine_states()[0].pending))

    recorder.after_commit = note

    assert drain() == 2 * BATCH_SIZE + 2
    assert [is_found for is_found, _ in moments] == [0, 1, 1, 1]
    assert moments[1][1] > BATCH_SIZE


def test_an_edit_is_indexed_before_the_products_of_a_renamed_domain():
    parent = make_domain("haulage")
    below = make_domain("road", parent=parent)
    product = make_published_product("Parcels", domain=below)
    drain()

    edit_domain(domain=parent, edition=1, actor=FACTORY, name="Transport", slug="transport")
    edit(product, "A walrus.")
    sync_domain_changes()

    assert search("walrus") == [str(product.uuid)]
