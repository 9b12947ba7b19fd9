"""Another index comes to answer: compared first, refused where it differs, and back again."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.products.services import delete_product, patch_document
from catalog.revisions.models import Followed
from catalog.search.document import SearchDocument
from catalog.search.flow.engine import SearchBackend
from catalog.search.models import RebuildLock
from catalog.search.port import IndexSession, NewIndex, SearchUnavailable
from catalog.search.services.pending import engine_states
from catalog.search.services.rebuild import (
    ActivationRefused,
    RebuildPhase,
    rebuild,
    remove_unused_indexes,
    roll_back,
)
from catalog.search.services.rebuild_lock import rebuild_lock
from catalog.search.services.sync import drain, sync_domain_changes
from catalog.search.services.verify import verify
from tests.factories import FACTORY, make_product, make_published_product
from tests.search.requests import ask, doc, due, fill, ids
from tests.search.test_verifying import edit, settle

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
Alter = Callable[[Iterable[SearchDocument]], Iterator[SearchDocument]]


def hide(product: DataProduct) -> DataProduct:
    return patch_document(
        product=product,
        patch=[{"op": "replace", "path": "/customProperties/0/value", "value": "restricted"}],
        edition=product.edition,
        actor=FACTORY,
    )


def search(engine: SearchBackend, text: str = "", readers: Any = None) -> set[str]:
    return set(ids(ask(engine, text, readers=readers, limit=100)))


def stored_generations(engine: SearchBackend) -> frozenset[str]:
    with engine.remove_unused() as generations:
        return generations


class Unfaithful:
    """An engine whose new indexes do not hold what was put into them."""

    def __init__(self, engine: SearchBackend, alter: Alter) -> None:
        self.name = engine.name
        self._engine, self._alter = engine, alter

    @contextmanager
    def start_rebuild(self) -> Iterator[NewIndex]:
        with self._engine.start_rebuild() as fresh:
            put = fresh.put
            fresh.put = lambda documents: put(self._alter(documents))
            yield fresh

    def remove_unused(self) -> AbstractContextManager[frozenset[str]]:
        return self._engine.remove_unused()

    def open_writer(self) -> AbstractContextManager[IndexSession]:
        return self._engine.open_writer()


def without_second(documents: Iterable[SearchDocument]) -> Iterator[SearchDocument]:
    return (document for document in documents if document.name != "Second")


def with_other_words(documents: Iterable[SearchDocument]) -> Iterator[SearchDocument]:
    return (replace(document, summary=f"Not {document.summary}") for document in documents)


def open_to_all(documents: Iterable[SearchDocument]) -> Iterator[SearchDocument]:
    return (replace(document, readers=("public",)) for document in documents)


def with_an_extra_document(documents: Iterable[SearchDocument]) -> Iterator[SearchDocument]:
    yield from documents
    yield doc("extra", type="term")


@pytest.mark.parametrize(
    ("alter", "difference"),
    [(without_second, "1 missing"), (with_other_words, "4 content"), (open_to_all, "2 readers")],
)
def test_an_index_that_differs_is_refused_and_removed(
    fed_engine: SearchBackend, alter: Alter, difference: str
):
    make_product("First")
    make_product("Second")
    drain()
    answering = fed_engine.generation()

    with pytest.raises(ActivationRefused) as refused:
        rebuild(Unfaithful(fed_engine, alter))

    assert difference in str(refused.value)
    assert f"of {due()} documents" in str(refused.value)
    assert fed_engine.generation() == answering
    assert stored_generations(fed_engine) == {answering}
    assert ask(fed_engine, "second", readers=None).count == 1
    assert verify(fed_engine).count == 0


def test_surplus_documents_are_removed_before_a_new_index_is_activated(fed_engine: SearchBackend):
    product = make_product("First")

    rebuild(Unfaithful(fed_engine, with_an_extra_document))

    assert search(fed_engine) == {str(product.uuid)}
    assert verify(fed_engine).count == 0


def test_a_rollback_activates_the_previous_index_and_brings_nothing_back(
    fed_engine: SearchBackend,
):
    unchanged, changed, hidden = (make_published_product(f"Thing {n}") for n in range(3))
    deleted = make_product("Thing 3")
    sync_domain_changes()
    drain()
    before = fed_engine.generation()
    rebuild(fed_engine)
    edit(changed, "Walrus.")
    hide(hidden)
    delete_product(product=deleted, edition=deleted.edition, actor=FACTORY)
    late = make_published_product("Thing 4")
    drain()

    written = roll_back(fed_engine)

    assert fed_engine.generation() == before
    # Three products and a domain; one product is gone.
    assert written == 5
    assert search(fed_engine, "thing", ("public",)) == {
        str(document.uuid) for document in (unchanged, changed, late)
    }
    assert str(deleted.uuid) not in search(fed_engine)
    assert search(fed_engine, "walrus") == {str(changed.uuid)}
    assert [state.pending for state in engine_states()] == [0]
    settle()
    assert verify(fed_engine).count == 0


def test_a_rollback_repairs_what_its_marks_do_not_know(fed_engine: SearchBackend):
    unchanged, deleted = make_product("Kept"), make_product("Gone")
    drain()
    rebuild(fed_engine)
    DataProduct.objects.filter(pk=deleted.pk).delete()
    DataProduct.objects.filter(pk=unchanged.pk).update(name="Renamed behind the back")

    roll_back(fed_engine)

    assert search(fed_engine) == {str(unchanged.uuid)}
    assert search(fed_engine, "renamed") == {str(unchanged.uuid)}


def test_a_second_rollback_activates_the_newer_index_again(fed_engine: SearchBackend):
    product = make_product("Thing")
    drain()
    rebuild(fed_engine)
    newer = fed_engine.generation()
    roll_back(fed_engine)
    edit(product, "Walrus.")
    drain()

    printed = StringIO()
    call_command("rebuild_search_index", rollback=True, engine=fed_engine.name, stdout=printed)

    assert fed_engine.generation() == newer
    assert "1 written; the previous index is active again" in printed.getvalue()
    assert search(fed_engine, "walrus") == {str(product.uuid)}


def test_without_a_previous_index_there_is_no_rollback(fed_engine: SearchBackend):
    product = make_product("Thing")
    drain()

    with pytest.raises(CommandError, match="no index is kept") as refused:
        call_command("rebuild_search_index", rollback=True, stdout=StringIO())

    assert refused.value.returncode == 1
    assert search(fed_engine) == {str(product.uuid)}


def test_the_active_and_the_previous_index_are_kept_with_their_marks(
    fed_engine: SearchBackend,
):
    make_product()
    drain()
    generations = [fed_engine.generation()]
    for _ in range(3):
        rebuild(fed_engine)
        generations.append(fed_engine.generation())

    remove_unused_indexes(fed_engine)

    assert stored_generations(fed_engine) == set(generations[-2:])
    assert set(Followed.objects.filter(kind="product").values_list("follower", flat=True)) == {
        f"search:{fed_engine.name}:{generation}" for generation in generations[-2:]
    }


class Interrupted(Exception):
    """The rebuild ends here."""


@pytest.mark.parametrize("step", list(RebuildPhase))
def test_no_write_into_the_old_index_is_lost_wherever_a_rebuild_ends(
    fed_engine: SearchBackend, step: RebuildPhase
):
    edited, hidden = (make_published_product(f"Thing {n}") for n in range(2))
    deleted = make_product("Thing 2")
    sync_domain_changes()
    drain()

    def end_here(at: RebuildPhase, count: int) -> None:
        # While it swaps, the embedded engine lets nobody else write.
        has_writer = at is RebuildPhase.SWAPPING and fed_engine.name == "embedded"
        if at is RebuildPhase.COMPARED or (at is step and not has_writer):
            edit(edited, f"Walrus {at}.")
            drain()
        if at is step:
            hide(DataProduct.objects.get(pk=hidden.pk))
            dead = DataProduct.objects.get(pk=deleted.pk)
            delete_product(product=dead, edition=dead.edition, actor=FACTORY)
            raise Interrupted

    with pytest.raises(Interrupted):
        rebuild(fed_engine, end_here)
    drain()

    settle()
    assert verify(fed_engine).count == 0
    assert search(fed_engine, "thing", ("public",)) == {str(edited.uuid)}
    assert search(fed_engine, "thing") == {str(edited.uuid), str(hidden.uuid)}
    assert rebuild(fed_engine) == due()
    assert len(stored_generations(fed_engine)) == 2


@pytest.mark.django_db(transaction=True)
def test_one_process_at_a_time_rebuilds(fed_engine: SearchBackend):
    make_product()
    rebuilt = []

    def rebuild_too() -> None:
        try:
            rebuilt.append(rebuild(fed_engine))
        finally:
            connection.close()

    with rebuild_lock(fed_engine.name):
        other = threading.Thread(target=rebuild_too)
        other.start()
        other.join(timeout=1)
        before = list(rebuilt)
    other.join(timeout=30)

    assert (before, rebuilt) == ([], [due()])


def test_a_rebuild_that_lost_its_lock_activates_nothing(fed_engine: SearchBackend):
    make_product()
    drain()
    answering = fed_engine.generation()

    def take_the_lock(phase: RebuildPhase, count: int) -> None:
        if phase is RebuildPhase.COMPARED:
            RebuildLock.objects.update(holder=uuid4())

    with pytest.raises(SearchUnavailable, match="another process has begun"):
        rebuild(fed_engine, take_the_lock)

    assert fed_engine.generation() == answering


def test_a_lock_whose_holder_was_killed_is_free_after_a_while(fed_engine: SearchBackend):
    RebuildLock.objects.create(
        engine=fed_engine.name, holder=uuid4(), expires_at=timezone.now() + timedelta(seconds=1)
    )

    assert rebuild(fed_engine) == due()


def test_a_drain_that_waited_for_a_rebuild_does_not_repeat_it(fed_engine: SearchBackend):
    make_product()

    assert rebuild(fed_engine, unless_ready=True) == due()
    assert rebuild(fed_engine, unless_ready=True) == 0


@pytest.mark.parametrize(
    "engine", [pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)], indirect=True
)
def test_a_write_into_a_removed_index_is_refused_and_creates_none(
    engine: SearchBackend,
):
    with engine.open_writer() as session:
        fill(engine, [doc("new")])
        fill(engine, [doc("newer")])
        remaining = stored_generations(engine)

        with pytest.raises(SearchUnavailable):
            session.put([doc("late")])

    assert stored_generations(engine) == remaining
    assert ids(ask(engine)) == ["newer"]
