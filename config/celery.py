"""The Celery application; its tasks are found in the apps."""

import gc
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.schedules import schedule
from celery.signals import (
    beat_init,
    celeryd_init,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)

from catalog.types import JSONObject
from config import heartbeats
from config.embedded.processes import die_with_parent
from governance.schedules.clock import steady_now

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("assay")
app.Task.Request = "config.worker_requests:ReconnectingRequest"
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Entries with such an interval run at the start too: a restart begins their interval again.
LONG_INTERVAL = timedelta(minutes=30)

# A tick is useless once the next one is due, hence each entry expires.
BEAT: dict[str, JSONObject] = {
    "heartbeat of beat": {
        "task": "config.celery.is_beat_alive",
        "schedule": 10,
        "options": {"expires": 10},
    },
}


def on_steady_clock(entries: Mapping[str, JSONObject]) -> dict[str, JSONObject]:
    """Return timetable entries whose seconds are counted by the monotonic clock.

    By the wall clock, beat would send nothing for hours after it was set back. What beat sends
    is not remembered over a restart, for the same reason.
    """
    timetable = {}
    for name, entry in entries.items():
        every = timedelta(seconds=entry["schedule"])
        last_run_at = steady_now() - (every if every >= LONG_INTERVAL else timedelta(0))
        steady = schedule(every, nowfun=steady_now, app=app)
        timetable[name] = entry | {"schedule": steady, "last_run_at": last_run_at}
    return timetable


@app.task(name="config.celery.is_beat_alive")
def is_beat_alive() -> None:
    """Record a heartbeat of beat: a worker runs this, so beat, broker and worker are alive."""
    heartbeats.beat(heartbeats.BEAT)


@celeryd_init.connect
@beat_init.connect
def wait_for_the_broker(**options: Any) -> None:
    """Wait longer for the broker than requests do: a worker has nothing to do without it."""
    app.conf.broker_transport_options = {
        **app.conf.broker_transport_options,
        "socket_timeout": 10,
        "socket_connect_timeout": 2,
    }


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


@worker_process_init.connect
def freeze_imported(**options: Any) -> None:
    """Keep what is imported out of garbage collection, which would look through it each time.

    A batch of probes makes enough objects for several collections: a fifth of its time.
    """
    gc.collect()
    gc.freeze()
