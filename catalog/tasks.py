"""The catalog's background jobs; each calls one service. `BEAT` says when they run."""

import json
import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from catalog.audit.services import seal_pending, write_anchor
from catalog.breaker import redis_breaker
from catalog.contracts.services import remove_stale_uploads
from catalog.people.services import note_use
from catalog.ports.http_client import fetch_many
from catalog.ports.http_types import Request, Response
from catalog.search.port import SearchUnavailable
from catalog.search.services.checks import check_indexes
from catalog.search.services.rebuild import ActivationRefused
from catalog.search.services.sync import drain, index_pending, sync_domain_changes
from catalog.search.wakeup import is_hint_needed, is_hinted, is_running

log = logging.getLogger(__name__)
INDEX_QUEUE = "index"
DRAIN_TICK, SEAL_TICK, CHECK_TICK, UPLOADS_TICK = 2, 0.5, 600, 3600
ANCHOR_TICK = 3600
# An upload that takes longer is dead.
UPLOAD_LASTS = timedelta(hours=6)
HINT_LASTS = 60

BEAT: dict[str, dict[str, Any]] = {
    "bring the search engines up to date": {
        "task": "catalog.tasks.drain_search",
        "schedule": DRAIN_TICK,
        "options": {"expires": DRAIN_TICK, "queue": INDEX_QUEUE},
    },
    "compare the search indexes with the database": {
        "task": "catalog.tasks.check_search",
        "schedule": CHECK_TICK,
        "options": {"expires": CHECK_TICK, "queue": INDEX_QUEUE},
    },
    "remove half-written uploads": {
        "task": "catalog.tasks.remove_half_written_uploads",
        "schedule": UPLOADS_TICK,
        "options": {"expires": UPLOADS_TICK},
    },
    "seal the order of the audit trail": {
        "task": "catalog.tasks.seal_audit",
        "schedule": SEAL_TICK,
        "options": {"expires": 10 * SEAL_TICK},
    },
    "anchor the audit trail": {
        "task": "catalog.tasks.anchor_audit",
        "schedule": ANCHOR_TICK,
        "options": {"expires": ANCHOR_TICK},
    },
}


@shared_task
def index_changed(ids: Sequence[str], hinted_at: float | None = None) -> int:
    """Index what was hinted at, and what else changes while that goes on.

    A hint that has waited (`hinted_at` in seconds of the epoch) has others behind it: then all is
    caught up with, and the others find nothing to do.
    """
    if hinted_at is not None and time.time() - hinted_at > DRAIN_TICK:
        return drain_search()
    requested = [UUID(text) for text in ids]
    with is_running():
        written = _unless_down(lambda: index_pending(ids=requested, is_hinted=is_hinted))
    if is_hinted():
        hint(index_changed, [], time.time())
    return written


@shared_task
def drain_search() -> int:
    """Index every change that no hint has announced, domains first."""
    return _unless_down(lambda: sync_domain_changes() + drain())


@shared_task
def check_search() -> int:
    return check_indexes(now=timezone.now())


@shared_task
def seal_audit() -> int:
    return seal_pending()


@shared_task
def anchor_audit() -> bool:
    """Write the head of the trail outside of the database; return True if it was new."""
    anchor = write_anchor(now=timezone.now())
    if anchor and settings.ASSAY_AUDIT_ANCHOR_URL:
        call = Request(
            url=settings.ASSAY_AUDIT_ANCHOR_URL,
            method="POST",
            headers={"Content-Type": "application/json"},
            body=json.dumps(anchor).encode(),
        )
        [answer] = fetch_many([call])
        if not isinstance(answer, Response) or answer.status >= 300:
            log.warning("the anchor of the audit trail was not accepted: %s", answer)
    return anchor is not None


@shared_task
def remove_half_written_uploads() -> int:
    return remove_stale_uploads(before=timezone.now() - UPLOAD_LASTS)


@shared_task
def note_token_use(token: str, at: str) -> bool:
    return note_use(token=UUID(token), at=datetime.fromisoformat(at))


def hint_products(ids: Sequence[UUID]) -> None:
    """Ask the index worker to index some products; a lost hint costs seconds."""
    if is_hint_needed():
        hint(index_changed, list(map(str, ids)), time.time())


def hint_drain(ids: Sequence[UUID]) -> None:
    """Ask the index worker to catch up: a term or domain affects many documents."""
    hint(drain_search)


def hint_token_use(token: UUID, at: datetime) -> None:
    """Let a worker record a token's use, so that no read request waits for a lock."""
    hint(note_token_use, str(token), at.isoformat())


def hint(task: Task[Any, Any], *arguments: Any) -> None:
    """Ask a worker to do now what it would do soon anyway; a lost hint costs seconds."""
    breaker = redis_breaker(settings.CELERY_BROKER_URL)
    if not breaker.allows():
        return
    try:
        task.apply_async(arguments, expires=HINT_LASTS, retry=False)
    except OperationalError as error:
        breaker.record_failure(error)
    else:
        breaker.record_success()


def _unless_down(work: Any) -> int:
    try:
        return int(work())
    except SearchUnavailable as error:
        log.warning("search is behind: %s", error)
    except ActivationRefused as error:
        log.error("no new index answers: %s", error)
    return 0
