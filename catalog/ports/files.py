"""Opening a port's file below the files root, and nowhere else; pure but for the file system.

The path is walked part by part from the root, each part opened without following links, so no
link and no swap of a folder under way leads out of the root.
"""

import os
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class OutsideRoot(ValueError):
    """The path leads out of the files root."""


def open_within_root(location: str, *, root: Path) -> int:
    """Open a file for reading and return its descriptor; a pipe or device does not block.

    Links within the root are followed by name before the walk, which then allows none.
    Raises OutsideRoot, OSError (no such file), ValueError (no path at all).
    """
    parts = path_parts(location, root=root)
    folder = os.open(root.resolve(), FOLDER)
    try:
        for part in parts[:-1]:
            inner = os.open(part, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], FILE, dir_fd=folder)
    finally:
        os.close(folder)


def path_parts(location: str, *, root: Path) -> tuple[str, ...]:
    """Return the names that lead from the root to a file. Raises OutsideRoot."""
    base = root.resolve()
    path = (base / location.removeprefix("./")).resolve()
    if not path.is_relative_to(base) or path == base:
        raise OutsideRoot("the path leads out of the files root")
    return path.relative_to(base).parts
