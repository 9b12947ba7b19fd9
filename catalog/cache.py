"""The shared cache, and its replacement while the server is down."""

from collections.abc import Callable
from contextlib import suppress

from django.core.cache import BaseCache, cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from catalog.breaker import redis_breaker


class FallbackCache(RedisCache):
    """A Redis cache that never fails a request: without its server each process keeps its own.

    Limits on sign-in and on the API therefore still hold in each process, only not across them.
    """

    def __init__(self, server: str, params: dict[str, object]) -> None:
        super().__init__(server, params)
        self.fallback = LocMemCache("fallback", params)
        self.breaker = redis_breaker(server)


def _with_fallback(name: str) -> Callable[..., object]:
    def method(self: FallbackCache, *args: object, **kwargs: object) -> object:
        if self.breaker.allows():
            try:
                value = getattr(RedisCache, name)(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                self.breaker.record_failure(error)
            except ValueError:  # There is no such key to count up.
                self.breaker.record_success()
                raise
            else:
                self.breaker.record_success()
                return value
        return getattr(self.fallback, name)(*args, **kwargs)

    return method


for _name in (
    *("add", "get", "set", "touch", "delete", "incr", "has_key"),
    *("get_many", "set_many", "delete_many", "clear"),
):
    setattr(FallbackCache, _name, _with_fallback(_name))


def increment(key: str, *, seconds: int, store: BaseCache = cache) -> int:
    """Count a key up and return its count; it is forgotten `seconds` after the first."""
    for _ in range(2):
        with suppress(ValueError):
            return store.incr(key)
        if store.add(key, 1, timeout=seconds):
            return 1
    return 1  # The server went between the two.
