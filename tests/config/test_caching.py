"""Counting callers in the shared cache, and without its server."""

from uuid import uuid4

import pytest

from catalog.cache import FallbackCache, increment


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
