"""Counting callers in the shared cache, without its server, and with one that hangs."""

import logging
import socket
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from catalog.breaker import LOG_SECONDS, RETRY_SECONDS, CircuitBreaker, redis_breaker
from catalog.cache import FallbackCache, increment


@pytest.fixture
def hung_server() -> Iterator[str]:
    """Return the address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}"


def test_without_a_server_each_process_counts_by_itself(tmp_path):
    away = FallbackCache(f"unix://{tmp_path}/nobody.sock", {})

    counts = [increment("rate:one", seconds=60, store=away) for _ in range(3)]

    assert counts == [1, 2, 3]
    assert increment("rate:another", seconds=60, store=away) == 1


@pytest.mark.redis
def test_a_count_is_shared_and_is_forgotten_after_its_time(redis_url):
    one, other = (FallbackCache(f"{redis_url}/1", {}) for _ in range(2))
    key = f"rate:{uuid4()}"

    counts = [increment(key, seconds=60, store=cache) for cache in (one, other, one)]

    assert counts == [1, 2, 3]
    assert 0 < one._cache.get_client(None).ttl(one.make_key(key)) <= 60
    one.delete(key)
    assert increment(key, seconds=60, store=other) == 1
    one.delete(key)


def test_a_cache_of_another_kind_counts_too():
    key = f"rate:{uuid4()}"

    assert [increment(key, seconds=60) for _ in range(3)] == [1, 2, 3]


def test_without_a_server_values_are_kept_in_the_process(tmp_path):
    away = FallbackCache(f"unix://{tmp_path}/nobody.sock", {})

    away.set_many({"one": 1, "two": 2}, timeout=60)

    assert away.get_many(["one", "two", "three"]) == {"one": 1, "two": 2}
    assert not away.add("one", 5)
    assert "one" in away
    assert away.delete("one")
    assert away.get("one", "none") == "none"


def test_only_the_first_call_waits_for_a_server_that_hangs(hung_server):
    options = {"OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}}
    hung = FallbackCache(f"{hung_server}/1", options)

    started = time.monotonic()
    counts = [increment("rate:hung", seconds=60, store=hung) for _ in range(200)]

    assert counts == list(range(1, 201))
    assert time.monotonic() - started < 1.5


def test_the_absence_of_the_cache_is_logged_once(tmp_path, caplog):
    away = FallbackCache(f"unix://{tmp_path}/nobody.sock", {})

    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            increment("rate:logged", seconds=60, store=away)

    assert len(caplog.records) == 1
    assert "does not answer" in caplog.text


def test_a_server_that_fails_for_long_is_logged_once_a_minute(caplog):
    now = 100.0
    breaker = CircuitBreaker("broker and cache", clock=lambda: now)

    with caplog.at_level(logging.WARNING):
        for _ in range(int(2 * LOG_SECONDS)):
            breaker.record_failure(ConnectionError("no answer"))
            now += 1

    assert len(caplog.records) == 2


def test_one_caller_at_a_time_finds_out_whether_the_server_is_back():
    now = 100.0
    breaker = CircuitBreaker("broker and cache", clock=lambda: now)
    breaker.record_failure(TimeoutError("no answer"))

    before = [breaker.allows() for _ in range(3)]
    now += RETRY_SECONDS
    after = [breaker.allows() for _ in range(3)]
    seconds_open = breaker.seconds_open()
    breaker.record_success()

    assert before == [False, False, False]
    assert after == [True, False, False]
    assert seconds_open == RETRY_SECONDS
    assert all(breaker.allows() for _ in range(3))
    assert breaker.seconds_open() is None


def test_broker_and_cache_of_one_server_share_a_breaker():
    assert redis_breaker("redis://u:p@host:6379/0") is redis_breaker("redis://host:6379/1")
    assert redis_breaker("unix:///run/v.sock?db=1") is redis_breaker(
        "redis+socket:///run/v.sock?virtual_host=0"
    )
    assert redis_breaker("redis://host:6379/0") is not redis_breaker("redis://other:6379/0")


def test_a_missing_key_is_an_answer_of_the_server(monkeypatch):
    cache = FallbackCache("redis://answers.invalid:6379/1", {})
    cache.breaker.record_failure(TimeoutError("no answer"))
    cache.breaker.retry_at = 0.0

    def no_such_key(*_: object) -> int:
        raise ValueError("Key 'x' not found.")

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.incr", no_such_key)

    with pytest.raises(ValueError, match="not found"):
        cache.incr("x")

    assert cache.breaker.seconds_open() is None
