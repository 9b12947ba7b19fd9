"""What /livez and /readyz say, and to whom."""

from io import StringIO

import pytest
from django.core.management import call_command

from catalog.breaker import redis_breaker
from config import health, heartbeats
from config.ops.status_checks import cache_use


@pytest.fixture(autouse=True)
def no_signs():
    heartbeats.clear((*heartbeats.QUEUES, heartbeats.BEAT))


@pytest.fixture
def everybody_lives(db):
    call_command("rebuild_search_index", stdout=StringIO())
    for name in (*heartbeats.QUEUES, heartbeats.BEAT):
        heartbeats.beat(name)


def test_liveness_is_answered_without_checking_dependencies(client):
    response = client.get("/livez")

    assert response.status_code == 200
    assert response.json() == {"status": "alive"}


@pytest.mark.django_db
def test_all_is_ready_when_every_part_works_and_every_worker_gave_a_sign(client, everybody_lives):
    response = client.get("/readyz")

    assert response.status_code == 200, response.json()
    assert response.json()["status"] == "ready"
    assert {"database", "broker", "search", *heartbeats.QUEUES, "beat"} == set(
        response.json()["parts"]
    )


@pytest.mark.django_db
@pytest.mark.parametrize("silent", [*heartbeats.QUEUES, heartbeats.BEAT])
def test_one_silent_worker_makes_the_installation_not_ready_and_is_named(
    client, everybody_lives, silent
):
    heartbeats.clear((silent,))

    response = client.get("/readyz")

    assert response.status_code == 503
    assert [name for name, part in response.json()["parts"].items() if not part["ok"]] == [silent]


@pytest.mark.django_db
def test_a_broken_part_is_named_but_its_error_is_not_shown(client, everybody_lives, monkeypatch):
    def fails() -> None:
        raise ConnectionError("no route to db.internal.example:5432 as assay")

    monkeypatch.setitem(health.CHECKS, "database", fails)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["parts"]["database"] == {
        "ok": False,
        "problem": "database does not answer",
    }
    assert b"internal.example" not in response.content


@pytest.mark.django_db
def test_health_is_never_kept_by_a_cache_and_takes_no_post(client, everybody_lives):
    assert "no-store" in client.get("/readyz")["Cache-Control"]
    assert client.post("/readyz").status_code == 405


def test_the_status_page_says_whether_the_shared_cache_is_in_use(settings):
    settings.CELERY_BROKER_URL = "redis://hangs.invalid:6379/0"
    healthy = cache_use()
    redis_breaker(settings.CELERY_BROKER_URL).record_failure(TimeoutError("no answer"))

    hung = cache_use()

    assert (healthy.value, healthy.is_well) == ("in use", True)
    assert (hung.value, hung.is_well) == ("circuit breaker open", False)
    assert "no answer for 0 s" in hung.note


def test_a_broker_that_has_just_not_answered_is_not_waited_for(settings):
    settings.CELERY_BROKER_URL = "redis://hangs.invalid:6379/0"
    redis_breaker(settings.CELERY_BROKER_URL).record_failure(TimeoutError("no answer"))

    assert health.run_check("broker") == {"ok": False, "problem": "broker does not answer"}
