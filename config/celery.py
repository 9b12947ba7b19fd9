"""The Celery application; its tasks are found in the apps."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_process_init, worker_ready, worker_shutting_down

from catalog.types import JSONObject
from config import heartbeats
from config.embedded.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A tick is useless once the next one is due, hence each entry expires.
BEAT: dict[str, JSONObject] = {
    "heartbeat of beat": {
        "task": "config.celery.is_beat_alive",
        "schedule": 10,
        "options": {"expires": 10},
    },
}


@app.task(name="config.celery.is_beat_alive")
def is_beat_alive() -> None:
    """Record a heartbeat of beat: a worker runs this, so beat, broker and worker are alive."""
    heartbeats.beat(heartbeats.BEAT)


@beat_init.connect
def record_first_beat(**options: Any) -> None:
    """Record a heartbeat at the start, because the first tick comes only after a while."""
    heartbeats.beat(heartbeats.BEAT)


@worker_ready.connect
def start_heartbeat(sender: Any, **options: Any) -> None:
    """Record heartbeats from the loop that takes tasks, so that a stuck worker has none."""

    def beat() -> None:
        for queue in sender.task_consumer.queues:
            heartbeats.beat(queue.name)

    beat()
    sender.timer.call_repeatedly(heartbeats.INTERVAL_SECONDS, beat)


@worker_shutting_down.connect
def clear_heartbeat(**options: Any) -> None:
    heartbeats.clear(tuple(app.amqp.queues.consume_from))


@worker_process_init.connect
def die_with_worker(**options: Any) -> None:
    """End a process of the pool with its worker, even if the worker is killed."""
    die_with_parent(os.getppid())
