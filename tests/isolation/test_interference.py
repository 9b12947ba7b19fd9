"""Hidden products change nothing that others see: the same requests, with them and without.

Each visitor's second mesh is the first one without what is hidden from them. Whoever is signed out
is asked everything; the two who are signed in take turns.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from catalog.audit.models import AuditEvent
from catalog.people.models import Person
from catalog.products.models import DataProduct, Visibility
from catalog.search.backends import active_backend
from catalog.search.services import rebuild
from tests.isolation.answers import Answer, answers, differing
from tests.isolation.mesh import SEED, Mesh, make_mesh
from tests.isolation.questions import Asked, requests_for
from tests.settings import TEST_SERVERS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ENGINES = [
    pytest.param("embedded", id="embedded"),
    pytest.param("elasticsearch", id="elasticsearch", marks=pytest.mark.elasticsearch),
]
LEAST = 500
# So many requests at least of each surface, and of those so many with something in the answer.
SURFACES = {
    "search page": (30, 20),
    "search api": (30, 20),
    "search twin": (60, 40),
    "walk": (12, 12),
    "kind": (40, 12),
    "csv": (10, 8),
    "feed": (30, 20),
    "suggest": (30, 15),
    "values": (40, 20),
    "similar": (30, 15),
    "product": (35, 30),
    "domain": (20, 20),
    "board": (10, 6),
    "home": (1, 1),
    "api list": (25, 20),
    "api product": (30, 25),
    "step": (20, 0),
    "name": (100, 15),
    "write": (12, 0),
}
# Where one product shows that becomes open.
LEAKING = {"search page", "search api", "search twin", "walk", "csv", "feed", "suggest", "values"}
LEAKING |= {"kind", "similar", "domain", "board", "home", "api list", "name"}


@dataclass(frozen=True)
class Run:
    """One visitor's requests, and the answers in the whole mesh."""

    person: Person | None
    asked: list[Asked]
    seen: list[Answer]


@pytest.fixture(params=ENGINES)
def mesh(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[Mesh]:
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = [request.param]
    settings.ELASTICSEARCH_URL = TEST_SERVERS["elasticsearch"]
    settings.ASSAY_SEARCH_PREFIX = f"assay-test-{uuid4().hex[:12]}"
    made = make_mesh()
    rebuild(active_backend())
    yield made
    active_backend().drop()


def test_what_is_hidden_changes_no_answer(mesh: Mesh):
    asked = requests_for(mesh)
    runs = {name: _run(person, part) for name, person, part in _turns(mesh, asked)}

    differences = {
        name: differing(run.asked, run.seen, _without(run)) for name, run in runs.items()
    }
    shown = _with_one_opened(runs["signed-out"], mesh)

    _tell(runs, differences)
    assert len({(one.address, one.method, one.accept) for one in asked}) >= LEAST
    assert _too_few(runs["signed-out"]) == {}
    assert differences == {name: [] for name in differences}
    # The comparison sees a leak wherever there is one.
    assert {one.surface for one, _ in shown} >= LEAKING


def _turns(mesh: Mesh, asked: list[Asked]) -> Iterator[tuple[str, Person | None, list[Asked]]]:
    yield "signed-out", None, asked
    mixed = Random(SEED).sample(asked, len(asked))
    for at, name in enumerate(("member", "owner")):
        yield name, mesh.visitors[name], mixed[at::2]


def _run(person: Person | None, asked: list[Asked]) -> Run:
    return Run(person, asked, answers(person, asked))


def _without(run: Run) -> list[Answer]:
    """The answers in the mesh as it would be without what is hidden from the visitor."""

    def take_away() -> None:
        visible = DataProduct.objects.visible_to(run.person)
        hidden = DataProduct.objects.exclude(pk__in=visible.values("pk"))
        ids = [str(uuid) for uuid in hidden.values_list("uuid", flat=True)]
        AuditEvent.objects.filter(object_id__in=ids).delete()
        hidden.delete()

    return _changed(run, run.asked, take_away)


def _with_one_opened(run: Run, mesh: Mesh) -> list[tuple[Asked, str]]:
    """The differences that one product makes when it is no longer hidden, in half the requests."""

    def open_one() -> None:
        one = next(each for each in mesh.secret if each.status == "published")
        DataProduct.objects.filter(pk=one.pk).update(visibility=Visibility.PUBLIC)

    half = Random(SEED).sample(range(len(run.asked)), len(run.asked) // 2)
    asked, seen = [run.asked[at] for at in half], [run.seen[at] for at in half]
    return differing(asked, seen, _changed(run, asked, open_one))


def _changed(run: Run, asked: list[Asked], change: Callable[[], None]) -> list[Answer]:
    with transaction.atomic():
        change()
        rebuild(active_backend())
        seen = answers(run.person, asked)
        transaction.set_rollback(True)
    return seen


def _too_few(run: Run) -> dict[str, tuple[int, int]]:
    """The surfaces that were asked too seldom, or answered too often with nothing."""
    asked = Counter(one.surface for one in run.asked)
    told = Counter(
        one.surface for one, answer in zip(run.asked, run.seen, strict=True) if not answer.is_empty
    )
    return {
        name: (asked[name], told[name])
        for name, (least, least_told) in SURFACES.items()
        if asked[name] < least or told[name] < least_told
    } | dict.fromkeys(set(asked) - set(SURFACES), (0, 0))


def _tell(runs: dict[str, Run], differences: dict[str, list[tuple[Asked, str]]]) -> None:
    for name, run in runs.items():
        surfaces = Counter(one.surface for one in run.asked)
        pages = sum(len(answer.said) for answer in run.seen)
        print(f"{name}: {len(run.asked)} requests, {pages} pages and hits, {dict(surfaces)}")
        for one, first in differences[name]:
            print(f"  {one.method} {one.address}: {first}")


def test_status_pages_count_nothing_for_everybody(mesh: Mesh):
    """What a rename has to write anew is told to operators alone."""
    client = Client()
    before = client.get("/api/v1/status").json()

    DataProduct.objects.update(revision=99)

    after = client.get("/api/v1/status").json()
    assert before["sections"] == {}
    assert after | {"at": ""} == before | {"at": ""}
