"""The shared cache, and what stands in for it while its server is away."""

import logging
from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.core.cache import BaseCache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class PersistentClient(RedisCacheClient):
    """Talks to one server through one client, where Django makes one for each question."""

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        return self._kept

    @cached_property
    def _kept(self) -> Any:
        return super().get_client(write=True)


class FallbackCache(RedisCache):
    """A Redis cache that never fails a request: without its server each process counts alone.

    Limits on sign-in and on the API therefore still hold in each process, only not across them.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = PersistentClient
        self._stand_in = LocMemCache("steady", params)

    def _either(self, name: str, *args: Any, **kwargs: Any) -> Any:
        shared: Callable[..., Any] = getattr(super(), name)
        try:
            return shared(*args, **kwargs)
        except (RedisError, OSError) as error:
            logger.warning("the cache is away, counting in this process: %s", error)
            return getattr(self._stand_in, name)(*args, **kwargs)

    def counted(self, key: str, *, seconds: int) -> int:
        """Count a key up by one command where it stands already; return the count."""
        name = self.make_and_validate_key(key)
        try:
            server = self._cache.get_client(name, write=True)
            count = int(server.incr(name))
            if count == 1:
                server.expire(name, seconds)
        except (RedisError, OSError) as error:
            logger.warning("the cache is away, counting in this process: %s", error)
            return _counted_in(self._stand_in, key, seconds)
        return count

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either("add", *args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._either("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either("touch", *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either("delete", *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(self._either("get_many", *args, **kwargs))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either("has_key", *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self._either("incr", *args, **kwargs))

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return list(self._either("set_many", *args, **kwargs))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._either("delete_many", *args, **kwargs)

    def clear(self) -> None:
        self._either("clear")


def counted(key: str, *, seconds: int) -> int:
    """Count a key of the shared cache up; return how often that was done in the last `seconds`."""
    shared = caches["default"]
    if isinstance(shared, FallbackCache):
        return shared.counted(key, seconds=seconds)
    return _counted_in(shared, key, seconds)


def _counted_in(held: BaseCache, key: str, seconds: int) -> int:
    held.add(key, 0, timeout=seconds)
    try:
        return held.incr(key)
    except ValueError:
        return 1  # It has just been forgotten.
