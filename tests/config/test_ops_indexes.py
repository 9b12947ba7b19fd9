"""The indexes on the status page: what was checked, and its state."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.domains.services import grant_role
from catalog.permissions import Role
from catalog.search.backends import active_backend
from catalog.search.models import IndexCheck
from catalog.search.services.checks import check_indexes
from catalog.search.services.sync import drain, sync_domain_changes
from catalog.tasks import check_search
from tests.factories import FACTORY, make_person, make_product
from tests.search.requests import doc, write

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture(autouse=True)
def empty_index(settings, tmp_path):
    settings.ASSAY_DATA_DIR = tmp_path
    settings.ASSAY_SEARCH_ENGINES = ["embedded"]


@pytest.fixture
def operator(client):
    person = make_person("ana")
    grant_role(person=person, role=Role.PLATFORM_OPERATOR, actor=FACTORY)
    client.force_login(person)
    return client


def note(*, ago=timedelta(0), **fields):
    return IndexCheck.objects.create(engine="embedded", at=timezone.now() - ago, **fields)


def test_a_check_notes_how_many_differences_of_each_kind_there_were():
    make_product()
    sync_domain_changes()
    drain()
    write(active_backend(), doc("ghost"))

    checked = check_search()

    check = IndexCheck.objects.get()
    assert checked == 1
    # The product and its domain.
    assert (check.engine, check.checked, check.surplus, check.drift) == ("embedded", 2, 1, 1)
    assert (check.behind, check.problem, check.is_good) == (0, "", False)


def test_an_index_that_is_not_there_is_noted_as_a_problem():
    make_product()

    check_search()

    check = IndexCheck.objects.get()
    assert "no index" in check.problem
    assert (check.is_good, check.behind) == (False, 2)


def test_a_slow_check_runs_less_often():
    note(ago=timedelta(minutes=10), seconds=90)

    second = check_indexes(now=timezone.now())
    later = check_indexes(now=timezone.now() + timedelta(minutes=6))

    assert (second, later) == (0, 1)


def test_checks_are_kept_for_thirty_days():
    old, recent = note(ago=timedelta(days=31)), note(ago=timedelta(days=29))

    check_search()

    left = set(IndexCheck.objects.values_list("pk", flat=True))
    assert old.pk not in left
    assert recent.pk in left


def test_an_edit_that_the_index_sees_too_late_is_no_good_check():
    assert note(oldest_seconds=60).is_good
    assert not note(oldest_seconds=61).is_good


def test_page_and_json_say_how_the_index_has_stood(operator):
    for days in range(3):
        note(ago=timedelta(days=days), checked=40, seconds=0.5)
    note(ago=timedelta(days=1), checked=40, missing=2, readers=1, seconds=0.5)

    (index_status,) = operator.get("/api/v1/status").json()["indexes"]
    page = operator.get("/status").content.decode()

    objective = index_status["objective"]
    assert (objective["good"], objective["total"], objective["share"]) == (3, 4, 0.75)
    assert (objective["target"], objective["is_met"]) == (0.999, False)
    assert index_status["differences"] == {
        "missing": 2, "surplus": 0, "revision": 0, "readers": 1, "content": 0,
    }  # fmt: skip
    assert [(day["good"], day["total"]) for day in index_status["days"][-3:]] == [
        (1, 1),
        (1, 2),
        (1, 1),
    ]
    assert [check["is_good"] for check in index_status["checks"]] == [True, False, True, True]
    assert "3 of 4 checks met it" in page
    assert "3 differences found in 30 days" in page
    assert "Index consistency: embedded" in page


def test_before_the_first_check_nothing_is_claimed(operator):
    (index_status,) = operator.get("/api/v1/status").json()["indexes"]

    assert (index_status["objective"]["share"], index_status["checks"]) == (None, [])
    assert "Not checked yet." in operator.get("/status").content.decode()


def test_the_index_status_is_for_operators_and_auditors(client):
    note(missing=1)

    assert client.get("/api/v1/status").json()["indexes"] == []
    assert "Index consistency" not in client.get("/status").content.decode()
