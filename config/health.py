"""Health checks: of this process, and of every part of the installation."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import TypedDict

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.breaker import redis_breaker
from catalog.search.services.search import check_engine
from config import heartbeats
from config.celery import app

logger = logging.getLogger(__name__)


class CheckResult(TypedDict, total=False):
    """The state of one part."""

    ok: bool
    milliseconds: float
    problem: str
    seconds_since_sign: float | None


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_broker() -> None:
    """Raise an error if the broker does not answer, at once if it has not answered just before."""
    breaker = redis_breaker(settings.CELERY_BROKER_URL)
    if not breaker.allows():
        raise ConnectionError("it did not answer a moment ago")
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0)
    except Exception as error:
        breaker.record_failure(error)
        raise
    breaker.record_success()


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "broker": check_broker,
    "search": check_engine,
}


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Answer if this process is alive, whatever the state of the parts. Open to everyone."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if every part is ok, else 503, with the state of each. Open to everyone."""
    parts = part_states()
    is_ready = all(state["ok"] for state in parts.values())
    body = {"status": "ready" if is_ready else "not ready", "parts": parts}
    return JsonResponse(body, status=200 if is_ready else 503)


def part_states() -> Mapping[str, CheckResult]:
    """Return the state of every part, for /readyz and the status page."""
    ages = heartbeats.heartbeat_ages()
    workers = {name: worker_state(age) for name, age in ages.items()}
    return {name: run_check(name) for name in CHECKS} | workers


def run_check(name: str) -> CheckResult:
    """Check a part. An error is logged with its cause but shown without it."""
    started = time.perf_counter()
    try:
        CHECKS[name]()
    except Exception:
        logger.warning("health check failed: %s", name, exc_info=True)
        return {"ok": False, "problem": f"{name} does not answer"}
    return {"ok": True, "milliseconds": round(1000 * (time.perf_counter() - started), 1)}


def worker_state(age: float | None) -> CheckResult:
    if age is None:
        return {"ok": False, "seconds_since_sign": None, "problem": "no heartbeat yet"}
    if age > heartbeats.STALE_AFTER_SECONDS:
        return {
            "ok": False,
            "seconds_since_sign": age,
            "problem": f"last heartbeat {age:.0f} s ago",
        }
    return {"ok": True, "seconds_since_sign": age}
