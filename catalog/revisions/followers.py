"""The registry of followers, which are notified of each change; pure.

A telling is only a hint: a follower that misses it finds the change by its revision.
"""

import logging
from collections.abc import Callable, Sequence
from uuid import UUID

Callback = Callable[[Sequence[UUID]], None]

log = logging.getLogger(__name__)
_callbacks: dict[str, dict[str, Callback]] = {}


def register_follower(name: str, *, kind: str, tell: Callback) -> None:
    """Register `tell(ids)` to run after each commit that changed objects of a kind."""
    _callbacks.setdefault(kind, {})[name] = tell


def notify_followers(kind: str, ids: Sequence[UUID]) -> None:
    """Notify the followers of a kind; one that fails is logged and catches up by revision."""
    for name, tell in _callbacks.get(kind, {}).items():
        try:
            tell(ids)
        except Exception:  # noqa: BLE001 - a hint may be lost, the change may not
            log.warning("follower %s was not notified of %d %s", name, len(ids), kind)
