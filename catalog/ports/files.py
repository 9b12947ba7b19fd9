"""Opening a port's file in a folder of its domain, and nowhere else; pure but for the file system.

The path is walked part by part from the files root, each part opened without following links, so
no link and no swap of a folder under way leads out of the folder.
"""

import errno
import os
from collections.abc import Collection
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class OutsideFolder(ValueError):
    """The path leads out of the folders that may be read."""


def open_in_folders(location: str, *, root: Path, folders: Collection[str]) -> int:
    """Open a file for reading and return its descriptor; a pipe or device does not block.

    Links within the folder are followed by name before the walk, which then allows none.
    Raises OutsideFolder, OSError (no such file), ValueError (no path at all).
    """
    parts = path_parts(location, root=root, folders=folders)
    folder = os.open(root.resolve(), FOLDER)
    try:
        for part in parts[:-1]:
            inner = os.open(part, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], FILE, dir_fd=folder)
    finally:
        os.close(folder)


def path_parts(location: str, *, root: Path, folders: Collection[str]) -> tuple[str, ...]:
    """Return the names that lead from the root to a file. Raises OutsideFolder, OSError."""
    base = root.resolve()
    folder = folder_of(location)
    try:
        path = (base / location.removeprefix("./")).resolve()
    except RuntimeError as error:
        raise OSError(errno.ELOOP, "a loop of links") from error
    if folder not in folders or base / folder not in path.parents:
        raise OutsideFolder("the path leads out of the folder")
    return path.relative_to(base).parts


def folder_of(location: str) -> str:
    """Return the first folder of a path below the files root; empty if it has none or leaves it."""
    parts = location.removeprefix("./").replace("\\", "/").split("/")
    is_relative = not location.startswith(("/", "~", "\\")) and ".." not in parts
    return parts[0] if is_relative and len(parts) > 1 and parts[-1] else ""
