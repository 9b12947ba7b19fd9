"""Counting callers in the shared cache, and without its server."""

from __future__ import annotations

from uuid import uuid4

import pytest

from catalog.cache import FallbackCache, counted


def test_without_a_server_each_process_counts_by_itself(tmp_path):
    away = FallbackCache(f"unix://{tmp_path}/nobody.sock", {})

    counts = [away.counted("rate:one", seconds=60) for _ in range(3)]

    assert counts == [1, 2, 3]
    assert away.counted("rate:another", seconds=60) == 1


@pytest.mark.redis
def test_a_count_is_shared_and_is_forgotten_after_its_time(redis_url):
    one, other = (FallbackCache(f"{redis_url}/1", {}) for _ in range(2))
    key = f"rate:{uuid4()}"

    counts = [cache.counted(key, seconds=60) for cache in (one, other, one)]

    assert counts == [1, 2, 3]
    assert 0 < one._cache.get_client(None).ttl(one.make_key(key)) <= 60
    one.delete(key)
    assert other.counted(key, seconds=60) == 1
    one.delete(key)


def test_a_cache_of_another_kind_counts_too():
    key = f"rate:{uuid4()}"

    assert [counted(key, seconds=60) for _ in range(3)] == [1, 2, 3]
