"""The one Celery application: its tasks are found in the apps, their times stand here."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_process_init, worker_ready, worker_shutting_down

from config import heartbeats
from config.embedded.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A tick is worth nothing once the next one is there, hence each entry expires.
BEAT: dict[str, dict[str, Any]] = {
    "beat gives a sign of life": {
        "task": "config.celery.is_beat_alive",
        "schedule": 10,
        "options": {"expires": 10},
    },
}


@app.task(name="config.celery.is_beat_alive")
def is_beat_alive() -> None:
    """Run by a worker because beat asked: both live, and the broker between them."""
    heartbeats.beat(heartbeats.BEAT)


@beat_init.connect
def first_beat(**options: Any) -> None:
    """Its first tick only comes after a while."""
    heartbeats.beat(heartbeats.BEAT)


@worker_ready.connect
def start_heartbeat(sender: Any, **options: Any) -> None:
    """From the loop that takes tasks, so that a stuck one falls silent."""

    def sign() -> None:
        for queue in sender.task_consumer.queues:
            heartbeats.beat(queue.name)

    sign()
    sender.timer.call_repeatedly(heartbeats.EVERY_SECONDS, sign)


@worker_shutting_down.connect
def clear_heartbeat(**options: Any) -> None:
    heartbeats.clear(tuple(app.amqp.queues.consume_from))


@worker_process_init.connect
def end_with_the_worker(**options: Any) -> None:
    """A process of the pool ends with its worker, also where that one is killed."""
    die_with_parent(os.getppid())
