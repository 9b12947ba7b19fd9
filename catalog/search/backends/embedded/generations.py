"""Where the index lies on disk: generations beside each other, a pointer to the one that answers,
and the locks by which one process at a time writes.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.search.port import SearchUnavailable

ENGINE = "embedded"
LONGEST_WAIT = 30.0
_STEP = 0.02


class Place:
    """The folder of one index. `current-<shape>` names the generation that answers, and in a
    second line the one that answered before it.

    Each shape of the index has a pointer of its own, so two versions of the product can run
    beside each other, and an older version finds its index in place.
    """

    def __init__(self, root: Path, fingerprint: str) -> None:
        self.root = root
        self.fingerprint = fingerprint
        self.pointer = root / f"current-{fingerprint}"

    def stamp(self) -> tuple[int, int]:
        """Changes whenever another generation answers; (0, 0) where there is none."""
        try:
            found = self.pointer.stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns

    def current(self) -> Path:
        """The generation that answers; raises SearchUnavailable where none has this shape."""
        names = _names(self.pointer)
        if not names:
            raise SearchUnavailable(ENGINE, "there is no index of this shape; rebuild it")
        return self.root / names[0]

    def previous(self) -> Path:
        """The generation that answered before; raises SearchUnavailable where none is kept."""
        folder = self.root / "".join(_names(self.pointer)[1:2])
        if folder == self.root or not folder.is_dir():
            raise SearchUnavailable(ENGINE, "no index is kept that answered before this one")
        return folder

    def beside(self) -> Path:
        """A new, empty generation."""
        folder = self.root / f"{self.fingerprint}-{time.time_ns()}"
        for part in ("documents", "words"):
            (folder / part).mkdir(parents=True)
        return folder

    def swap(self, fresh: Path) -> None:
        """Let another generation answer; both names change in one step, or neither does."""
        before = [name for name in _names(self.pointer)[:1] if name != fresh.name]
        written = self.root / "pointer.new"
        written.write_text("\n".join([fresh.name, *before]))
        written.replace(self.pointer)
        folder = os.open(self.root, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def clear(self) -> None:
        """Remove the generations that nobody needs, half-built ones too.

        What answers stays and what answered before it; of other shapes the latest that answers.
        """
        others = set(self.root.glob("current-*")) - {self.pointer}
        latest = sorted(others, key=lambda pointer: pointer.stat().st_mtime_ns)[-1:]
        kept = {*_names(self.pointer), *(name for pointer in latest for name in _names(pointer))}
        for pointer in others - set(latest):
            pointer.unlink()
        for folder in self.root.iterdir():
            if folder.is_dir() and folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def generations(self) -> frozenset[str]:
        """The names of all generations that lie here, of every shape."""
        return frozenset(folder.name for folder in self.root.iterdir() if folder.is_dir())

    def remove(self) -> None:
        """Remove the whole folder."""
        shutil.rmtree(self.root, ignore_errors=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a lock of the whole machine; SearchUnavailable where another holds it long."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / f"{name}.lock").open("a") as file:
            deadline = time.monotonic() + LONGEST_WAIT
            while not _locked(file.fileno()):
                if time.monotonic() > deadline:
                    raise SearchUnavailable(ENGINE, f"another process holds the {name} lock")
                time.sleep(_STEP)
            yield


def _names(pointer: Path) -> list[str]:
    try:
        return pointer.read_text().split()
    except FileNotFoundError:
        return []


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
