"""The one Celery application: its tasks are found in the apps, their times stand here."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_process_init, worker_ready, worker_shutting_down

from config import heartbeats
from config.embedded.processes import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A tick is worth nothing once the next one is there, hence each entry expires.
BEAT: dict[str, dict[str, Any]] = {
    "beat gives a sign of life": {
        "task": "config.celery.beat_is_alive",
        "schedule": 10,
        "options": {"expires": 10},
    },
}


@app.task(name="config.celery.beat_is_alive")
def beat_is_alive() -> None:
    """Run by a worker because beat asked: both live, and the broker between them."""
    heartbeats.give_sign(heartbeats.BEAT)


@beat_init.connect
def first_sign_of_beat(**options: Any) -> None:
    """Its first tick only comes after a while."""
    heartbeats.give_sign(heartbeats.BEAT)


@worker_ready.connect
def give_signs(sender: Any, **options: Any) -> None:
    """From the loop that takes tasks, so that a stuck one falls silent."""

    def sign() -> None:
        for queue in sender.task_consumer.queues:
            heartbeats.give_sign(queue.name)

    sign()
    sender.timer.call_repeatedly(heartbeats.EVERY_SECONDS, sign)


@worker_shutting_down.connect
def take_signs_back(**options: Any) -> None:
    heartbeats.take_back(tuple(app.amqp.queues.consume_from))


@worker_process_init.connect
def end_with_the_worker(**options: Any) -> None:
    """A process of the pool ends with its worker, also where that one is killed."""
    end_with_parent(os.getppid())
