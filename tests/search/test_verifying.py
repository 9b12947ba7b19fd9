"""Comparing an index with the database: every difference has its name, and what is late has not."""

import json
import threading
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F

from catalog.domains.services import edit_domain
from catalog.products.models import DataProduct
from catalog.products.services import delete_product
from catalog.revisions.models import Tombstone
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import IndexEntry, IndexSession
from catalog.search.result_types import RESULT_TYPES
from catalog.search.services.sync import drain, sync_domain_changes
from catalog.search.services.verify import verify
from tests.factories import FACTORY, edit_and_publish, make_domain, make_product
from tests.search.requests import ask, doc, due, ids, write

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
AGE = timedelta(minutes=1)


def settle() -> None:
    """Make every change old enough to count."""
    for kind in RESULT_TYPES.values():
        kind.all_rows.update(revised_at=F("revised_at") - AGE)
    Tombstone.objects.update(deleted_at=F("deleted_at") - AGE)


def index_all() -> None:
    """What the index worker does at each tick."""
    sync_domain_changes()
    drain()


def edit(product: DataProduct, purpose: str) -> DataProduct:
    product.refresh_from_db()
    return edit_and_publish(
        product, {"op": "add", "path": "/description/purpose", "value": purpose}
    )


def differences_in(engine: SearchBackend) -> dict[str, list[str]]:
    """Bring one difference of each kind about, behind the back of all followers."""
    domain = make_domain()
    lost, older, hidden, changed, _sound = (make_product(domain=domain) for _ in range(5))
    index_all()
    DataProduct.objects.filter(pk=older.pk).update(revision=F("revision") + 1)
    DataProduct.objects.filter(pk=hidden.pk).update(status="published", visibility="restricted")
    DataProduct.objects.filter(pk=changed.pk).update(name="Renamed behind the back")
    lost.refresh_from_db()
    with engine.open_writer() as session:
        session.delete([("product", str(lost.uuid), lost.revision)])
        session.commit()
    ghost = str(uuid4())
    write(engine, doc("ghost", id=ghost), doc("odd", id="no-uuid"), doc("word", type="term"))
    write(engine, doc("age", type="feature"))
    settle()
    return {
        "missing": [str(lost.uuid)],
        "surplus": sorted([ghost, "no-uuid", "term:word", "feature:age"]),
        "revision": [str(older.uuid)],
        "readers": [str(hidden.uuid)],
        "content": [str(changed.uuid)],
    }


def test_every_kind_of_mismatch_is_reported_and_repaired(fed_engine: SearchBackend):
    expected = differences_in(fed_engine)

    drift = verify(fed_engine)
    repaired = verify(fed_engine, repair=True)

    assert {name: sorted(getattr(drift, name)) for name in expected} == expected
    assert drift.types["product"] == {
        "checked": 5, "missing": 1, "surplus": 2, "revision": 1, "readers": 1, "content": 1,
    }  # fmt: skip
    assert drift.types["term"] == {"surplus": 1}
    assert drift.types["domain"] == {"checked": 1}
    assert drift.types["feature"] == {"checked": 1, "surplus": 1}
    assert (repaired.count, repaired.repaired) == (8, 8)
    assert verify(fed_engine).count == 0
    assert len(ids(ask(fed_engine, "renamed", readers=None))) == 1
    assert drain() == 0


def test_the_command_reports_mismatches_and_exits_accordingly(fed_engine: SearchBackend):
    differences_in(fed_engine)
    report_output, repair_output, sound = StringIO(), StringIO(), StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("verify_search_index", json=True, stdout=report_output)
    call_command("verify_search_index", repair=True, engine=fed_engine.name, stdout=repair_output)
    call_command("verify_search_index", json=True, stdout=sound)

    (report,) = json.loads(report_output.getvalue())
    assert ended.value.code == 1
    assert (report["engine"], report["drift"], report["repaired"]) == (fed_engine.name, 8, 0)
    assert report["counts"] == {
        "missing": 1, "surplus": 4, "revision": 1, "readers": 1, "content": 1,
    }  # fmt: skip
    assert [len(report[name]) for name in report["counts"]] == list(report["counts"].values())
    assert "8 repaired" in repair_output.getvalue()
    assert "  feature: 1 checked, 1 surplus" in repair_output.getvalue()
    assert json.loads(sound.getvalue())[0]["drift"] == 0


def test_the_command_exits_with_two_if_nothing_can_be_compared(fed_engine: SearchBackend):
    with pytest.raises(CommandError) as refused:
        call_command("verify_search_index", stdout=StringIO())

    assert refused.value.returncode == 2


def test_the_report_lists_a_hundred_ids_and_counts_all(fed_engine: SearchBackend):
    make_product()
    index_all()
    write(fed_engine, *(doc(f"ghost{n}") for n in range(130)))
    printed = StringIO()

    with pytest.raises(SystemExit):
        call_command("verify_search_index", json=True, stdout=printed)

    (report,) = json.loads(printed.getvalue())
    assert (report["counts"]["surplus"], len(report["surplus"])) == (130, 100)


def test_a_recent_change_is_no_mismatch(fed_engine: SearchBackend):
    changed, deleted = make_product(), make_product()
    index_all()
    edit(changed, "Else.")
    delete_product(product=deleted, edition=deleted.edition, actor=FACTORY)

    young = verify(fed_engine).count
    settle()
    old = verify(fed_engine)

    assert young == 0
    assert (old.revision, old.surplus) == ([str(changed.uuid)], [str(deleted.uuid)])


class ChangesAfterReading:
    """An engine whose ledger is out of date as soon as it has been read."""

    def __init__(self, engine: SearchBackend, change: threading.Event) -> None:
        self.name = engine.name
        self._engine = engine
        self.was_read = change

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        entries = list(self._engine.entries(keys))
        if keys is None:
            self._change()
            self.was_read.set()
        return iter(entries)

    def open_writer(self) -> AbstractContextManager[IndexSession]:
        return self._engine.open_writer()

    def _change(self) -> None:
        edited, deleted = DataProduct.objects.order_by("id")[:2]
        edit(edited, "Changed while it was compared.")
        delete_product(product=deleted, edition=deleted.edition, actor=FACTORY)
        make_product()
        index_all()
        settle()


def test_writes_during_the_comparison_are_no_mismatch(fed_engine: SearchBackend):
    domain = make_domain()
    for _ in range(4):
        make_product(domain=domain)
    index_all()
    was_read = threading.Event()

    drift = verify(ChangesAfterReading(fed_engine, was_read))

    assert was_read.is_set()
    assert (drift.checked, drift.count) == (due(), 0)


@pytest.mark.django_db(transaction=True)
def test_a_renamed_domain_that_products_do_not_follow_yet_is_no_mismatch(fed_engine: SearchBackend):
    domain = make_domain("haulage")
    make_product(domain=domain)
    index_all()
    settle()
    edit_domain(domain=domain, edition=1, actor=FACTORY, name="Transport", slug="transport")

    def catch_up() -> None:
        try:
            index_all()
        finally:
            connection.close()

    follower = threading.Timer(1, catch_up)
    follower.start()
    drift = verify(fed_engine)
    follower.join()

    assert drift.count == 0
    assert ask(fed_engine, "transport", readers=None).count == 1


def test_measured_values_are_no_mismatch(fed_engine: SearchBackend):
    make_product()
    index_all()
    settle()

    DataProduct.objects.update(slo_figures={"availability": {"value": 0.5}})

    assert verify(fed_engine).count == 0


def test_other_work_goes_on_while_either_side_is_read(fed_engine: SearchBackend):
    domain = make_domain()
    products = [make_product(domain=domain) for _ in range(3)]
    index_all()
    settle()
    looks = 0

    def write_meanwhile() -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            edit(products[0], "Changed while the index was read.")
            drain()

    drift = verify(fed_engine, meanwhile=write_meanwhile)

    # Four documents in the index, four in the database.
    # Four documents in the index, four in the database, and once for the one looked at again.
    assert looks == 9
    assert drift.count == 0
