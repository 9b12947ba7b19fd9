"""Whether this process lives, and whether every part of the installation does its work."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import TypedDict

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.search.services import check_engine
from config import heartbeats
from config.celery import app

logger = logging.getLogger(__name__)


class State(TypedDict, total=False):
    """What is said of one part."""

    ok: bool
    milliseconds: float
    problem: str
    seconds_since_sign: float | None


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_broker() -> None:
    with app.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)


PARTS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "broker": check_broker,
    "search": check_engine,
}


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """This process answers. Open to everybody; says nothing of the parts."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where every part does its work, else 503; each part with its state. Open to everybody."""
    parts = part_states()
    is_ready = all(state["ok"] for state in parts.values())
    body = {"status": "ready" if is_ready else "not ready", "parts": parts}
    return JsonResponse(body, status=200 if is_ready else 503)


def part_states() -> Mapping[str, State]:
    """Every part's state, for /readyz and the operators' page."""
    return {**{name: state_of(name) for name in PARTS}, **worker_states()}


def state_of(name: str) -> State:
    """Ask a part. Whatever it raises is logged with its cause and shown without."""
    began = time.perf_counter()
    try:
        PARTS[name]()
    except Exception:
        logger.warning("%s is not well", name, exc_info=True)
        return {"ok": False, "problem": f"{name} does not answer"}
    return {"ok": True, "milliseconds": round(1000 * (time.perf_counter() - began), 1)}


def worker_states() -> dict[str, State]:
    """Of each queue's worker and of beat: when it last gave a sign."""
    return {name: _worker_state(age) for name, age in heartbeats.ages().items()}


def _worker_state(age: float | None) -> State:
    if age is None:
        return {"ok": False, "seconds_since_sign": None, "problem": "no sign of life yet"}
    if age > heartbeats.STALE_AFTER_SECONDS:
        return {"ok": False, "seconds_since_sign": age, "problem": "silent"}
    return {"ok": True, "seconds_since_sign": age}
