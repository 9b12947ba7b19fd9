"""Hidden products change nothing that others see: the same requests, with them and without.

Each reader's second mesh is the first one without what is hidden from them. The signed-out reader
sends every request; the two who are signed in send half of them each.
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
from catalog.search.services.rebuild import rebuild
from tests.isolation.mesh import SEED, Mesh, delete_working_copies, make_mesh
from tests.isolation.requests import Request, requests_for
from tests.isolation.responses import Response, fetch_all, find_differences
from tests.settings import TEST_SERVERS

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ENGINES = [
    pytest.param("embedded", id="embedded"),
    pytest.param("elasticsearch", id="elasticsearch", marks=pytest.mark.elasticsearch),
]
MIN_REQUESTS = 500
# Of each surface, the minimum of requests and of responses that are not empty.
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
    "linked data": (120, 40),
    "sitemap": (1, 1),
}
# The surfaces that show a product when it becomes public.
LEAKING = {"search page", "search api", "search twin", "walk", "csv", "feed", "suggest", "values"}
LEAKING |= {
    "linked data",
    "sitemap",
    "kind",
    "similar",
    "domain",
    "board",
    "home",
    "api list",
    "name",
}


@dataclass(frozen=True)
class Run:
    """The requests of a reader, and the responses in the whole mesh."""

    person: Person | None
    requests: list[Request]
    responses: list[Response]


@pytest.fixture(params=ENGINES)
def mesh(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[Mesh]:
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = [request.param]
    settings.ELASTICSEARCH_URL = TEST_SERVERS["elasticsearch"]
    settings.ASSAY_SEARCH_PREFIX = f"assay-test-{uuid4().hex[:12]}"
    mesh = make_mesh()
    rebuild(active_backend())
    yield mesh
    active_backend().drop()


def test_hidden_products_change_no_response(mesh: Mesh):
    requests = requests_for(mesh)
    runs = {name: _run(person, part) for name, person, part in _split_requests(mesh, requests)}

    differences = {
        name: find_differences(run.requests, run.responses, _responses_without_hidden(run))
        for name, run in runs.items()
    }
    leaks = _differences_with_one_opened(runs["signed-out"], mesh)

    _print_summary(runs, differences)
    assert len({(one.address, one.method, one.accept) for one in requests}) >= MIN_REQUESTS
    assert _surfaces_short_of_requests(runs["signed-out"]) == {}
    assert differences == {name: [] for name in differences}
    # The comparison notices a leak on every surface.
    assert {one.surface for one, _ in leaks} >= LEAKING


def _split_requests(
    mesh: Mesh, requests: list[Request]
) -> Iterator[tuple[str, Person | None, list[Request]]]:
    yield "signed-out", None, requests
    mixed = Random(SEED).sample(requests, len(requests))
    for index, name in enumerate(("member", "owner")):
        yield name, mesh.readers[name], mixed[index::2]


def _run(person: Person | None, requests: list[Request]) -> Run:
    return Run(person, requests, fetch_all(person, requests))


def _responses_without_hidden(run: Run) -> list[Response]:
    """Return the responses in the mesh without what is hidden from the reader."""

    def delete_hidden() -> None:
        visible = DataProduct.objects.visible_to(run.person)
        hidden = DataProduct.objects.exclude(pk__in=visible.values("pk"))
        ids = [str(uuid) for uuid in hidden.values_list("uuid", flat=True)]
        AuditEvent.objects.filter(object_id__in=ids).delete()
        hidden.delete()
        delete_working_copies(run.person)

    return _responses_after(run, run.requests, delete_hidden)


def _differences_with_one_opened(run: Run, mesh: Mesh) -> list[tuple[Request, str]]:
    """Return the differences when one hidden product becomes public, in half the requests.

    The only request of a surface is always among them.
    """

    def open_one() -> None:
        one = next(product for product in mesh.secret if product.status == "published")
        DataProduct.objects.filter(pk=one.pk).update(visibility=Visibility.PUBLIC)

    surfaces = Counter(one.surface for one in run.requests)
    single = [index for index, one in enumerate(run.requests) if surfaces[one.surface] == 1]
    sample = Random(SEED).sample(range(len(run.requests)), len(run.requests) // 2)
    half = sorted({*sample, *single})
    requests = [run.requests[index] for index in half]
    responses = [run.responses[index] for index in half]
    return find_differences(requests, responses, _responses_after(run, requests, open_one))


def _responses_after(
    run: Run, requests: list[Request], change: Callable[[], None]
) -> list[Response]:
    with transaction.atomic():
        change()
        rebuild(active_backend())
        responses = fetch_all(run.person, requests)
        transaction.set_rollback(True)
    return responses


def _surfaces_short_of_requests(run: Run) -> dict[str, tuple[int, int]]:
    """Return the surfaces with too few requests, or too few responses that are not empty."""
    requests = Counter(one.surface for one in run.requests)
    answered = Counter(
        one.surface
        for one, response in zip(run.requests, run.responses, strict=True)
        if not response.is_empty
    )
    return {
        name: (requests[name], answered[name])
        for name, (minimum, minimum_answered) in SURFACES.items()
        if requests[name] < minimum or answered[name] < minimum_answered
    } | dict.fromkeys(set(requests) - set(SURFACES), (0, 0))


def _print_summary(runs: dict[str, Run], differences: dict[str, list[tuple[Request, str]]]) -> None:
    for name, run in runs.items():
        surfaces = Counter(one.surface for one in run.requests)
        pages = sum(len(response.pages) for response in run.responses)
        print(f"{name}: {len(run.requests)} requests, {pages} pages and hits, {dict(surfaces)}")
        for one, difference in differences[name]:
            print(f"  {one.method} {one.address}: {difference}")


def test_the_public_status_page_counts_no_products(mesh: Mesh):
    """Only operators see how much a rename has to index again."""
    client = Client()
    before = client.get("/api/v1/status").json()

    DataProduct.objects.update(revision=99)

    after = client.get("/api/v1/status").json()
    assert before["sections"] == {}
    assert after | {"at": ""} == before | {"at": ""}
