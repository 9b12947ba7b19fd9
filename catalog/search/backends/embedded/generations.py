"""Where the index is on disk: generations next to each other, a pointer to the live one, and the
locks by which one process at a time writes.
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
MAX_WAIT_SECONDS = 30.0
_STEP_SECONDS = 0.02


class GenerationStore:
    """The folder of one index. `current-<fingerprint>` names the live generation, and in a second
    line the one before it.

    Each fingerprint has a pointer of its own, so two versions of the product can run next to each
    other, and an older version finds its index in place.
    """

    def __init__(self, root: Path, fingerprint: str) -> None:
        self.root = root
        self.fingerprint = fingerprint
        self._pointer = root / f"current-{fingerprint}"

    def version(self) -> tuple[int, int]:
        """Return what changes whenever another generation is live; (0, 0) without any."""
        try:
            stat = self._pointer.stat()
        except FileNotFoundError:
            return 0, 0
        return stat.st_ino, stat.st_mtime_ns

    def current(self) -> Path:
        """Return the live generation. Raises SearchUnavailable if none has this fingerprint."""
        names = _names(self._pointer)
        if not names:
            raise SearchUnavailable(ENGINE, "there is no index of this shape; rebuild it")
        return self.root / names[0]

    def previous(self) -> Path:
        """Return the generation before the live one. Raises SearchUnavailable if none is kept."""
        folder = self.root / "".join(_names(self._pointer)[1:2])
        if folder == self.root or not folder.is_dir():
            raise SearchUnavailable(ENGINE, "no index is kept that answered before this one")
        return folder

    def create(self) -> Path:
        folder = self.root / f"{self.fingerprint}-{time.time_ns()}"
        for part in ("documents", "words"):
            (folder / part).mkdir(parents=True)
        return folder

    def activate(self, folder: Path) -> None:
        """Make another generation live; both names change in one step, or neither does."""
        before = [name for name in _names(self._pointer)[:1] if name != folder.name]
        written = self.root / "pointer.new"
        written.write_text("\n".join([folder.name, *before]))
        written.replace(self._pointer)
        descriptor = os.open(self.root, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def prune(self) -> None:
        """Remove the generations that are not needed, half-built ones too.

        The live one stays and the one before it; of other fingerprints what was live last.
        """
        others = set(self.root.glob("current-*")) - {self._pointer}
        latest = sorted(others, key=lambda pointer: pointer.stat().st_mtime_ns)[-1:]
        needed = {name for pointer in (self._pointer, *latest) for name in _names(pointer)}
        for pointer in others - set(latest):
            pointer.unlink()
        for name in self.names() - needed:
            shutil.rmtree(self.root / name, ignore_errors=True)

    def names(self) -> frozenset[str]:
        return frozenset(folder.name for folder in self.root.iterdir() if folder.is_dir())

    def delete(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a lock of the machine. Raises SearchUnavailable if another holds it too long."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / f"{name}.lock").open("a") as file:
            deadline = time.monotonic() + MAX_WAIT_SECONDS
            while not _is_locked_now(file.fileno()):
                if time.monotonic() > deadline:
                    raise SearchUnavailable(ENGINE, f"another process holds the {name} lock")
                time.sleep(_STEP_SECONDS)
            yield


def _names(pointer: Path) -> list[str]:
    try:
        return pointer.read_text().split()
    except FileNotFoundError:
        return []


def _is_locked_now(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
