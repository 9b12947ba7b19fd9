"""The fed engines at work: each on its own, each with one writer for a whole piece of work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from catalog.search.backends import configured_backends
from catalog.search.port import IndexSession, SearchBackend, SearchUnavailable
from catalog.search.services.following import PendingChanges, follower_of, write_missed


class Writers:
    """The writers of one piece of work: each is opened for its first write and kept to the end."""

    def __init__(self) -> None:
        self._sessions: dict[str, IndexSession] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._open.close()

    def has_index(self, backend: SearchBackend) -> bool:
        """Say whether there is an index to write into."""
        return backend.name in self._sessions or backend.is_ready()

    def follower(self, backend: SearchBackend) -> str:
        """Return under which name it is remembered what is written. Raises SearchUnavailable."""
        held = self._sessions.get(backend.name)
        return follower_of(backend.name, held.generation if held else backend.generation())

    def write(self, backend: SearchBackend, missed: PendingChanges) -> int:
        """Write what was missed, if anything was; return how many writes were made."""
        if not missed:
            return 0
        if backend.name not in self._sessions:
            self._sessions[backend.name] = self._open.enter_context(backend.open_writer())
        return write_missed(self._sessions[backend.name], backend.name, missed)


def in_each_engine(work: Callable[[SearchBackend], int]) -> int:
    """Work on each fed engine; one that is down keeps no other from it, and is told of after."""
    written, down = 0, []
    for backend in configured_backends():
        try:
            written += work(backend)
        except SearchUnavailable as error:
            down.append(error)
    if down:
        raise down[0]
    return written
