"""Beat and heartbeats count by the monotonic clock."""

from datetime import UTC, datetime, timedelta

import pytest
from celery.beat import Scheduler
from celery.schedules import schedule
from django.core.cache import cache

from config import heartbeats
from config.celery import app, on_steady_clock
from config.health import worker_state
from governance.schedules import clock


@pytest.fixture
def sent(monkeypatch):
    names = []
    monkeypatch.setattr(
        Scheduler, "apply_entry", lambda self, entry, producer=None: names.append(entry.name)
    )
    return names


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def seconds(monkeypatch):
    hand = Seconds()
    monkeypatch.setattr(clock.time, "monotonic", hand.monotonic)
    return hand


def tick_until_idle(scheduler):
    while (wait := scheduler.tick()) == 0:
        pass
    return wait


def test_beat_keeps_its_pace_whatever_the_wall_clock_says(sent, seconds, monkeypatch):
    entries = on_steady_clock({"probe": {"task": "x", "schedule": 5}})
    scheduler = Scheduler(app, lazy=True)
    scheduler.schedule.clear()
    scheduler.update_from_dict(entries)
    monkeypatch.setattr(app, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))

    for _ in range(6):
        seconds.now += 5
        tick_until_idle(scheduler)
    monkeypatch.setattr(app, "now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    for _ in range(6):
        seconds.now += 5
        wait = tick_until_idle(scheduler)

    assert sent == ["probe"] * 12
    assert 0 < wait <= 5


def test_every_entry_of_the_timetable_is_on_the_steady_clock():
    assert app.conf.beat_scheduler == "celery.beat:Scheduler"
    for entry in app.conf.beat_schedule.values():
        assert isinstance(entry["schedule"], schedule)
        assert entry["schedule"].nowfun is clock.steady_now


def test_entries_with_long_intervals_run_at_the_start_and_frequent_ones_in_their_turn():
    entries = on_steady_clock(
        {"prune": {"task": "x", "schedule": 6 * 3600}, "probe": {"task": "y", "schedule": 5}}
    )

    due = {
        name: entry["schedule"].is_due(entry["last_run_at"])[0] for name, entry in entries.items()
    }

    assert due == {"prune": True, "probe": False}


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_age_of_a_heartbeat_does_not_jump_with_the_wall_clock(hours, monkeypatch):
    heartbeats.beat("default")
    wall = heartbeats.time.time()
    monkeypatch.setattr(heartbeats.time, "time", lambda: wall + hours * 3600)

    age = heartbeats.heartbeat_ages()["default"]

    assert age is not None
    assert worker_state(age)["ok"]


def test_a_heartbeat_of_another_host_is_compared_by_the_wall_clock():
    now = heartbeats.time.time()
    cache.set("heartbeat:default", ("other", 5.0, now - 40), timeout=None)

    age = heartbeats.heartbeat_ages()["default"]

    assert age == pytest.approx(40, abs=2)
    assert timedelta(seconds=age) > timedelta(seconds=heartbeats.STALE_AFTER_SECONDS)
    heartbeats.clear(("default",))
