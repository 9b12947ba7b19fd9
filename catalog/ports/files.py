"""Opening a port's file in a folder of its domain, and nowhere else; pure but for the file system.

The path is walked part by part from the files root, each part opened without following links, so
no link and no swap of a folder under way leads out of the folder.
"""

import errno
import os
import stat
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
MAX_ENTRIES = 10_000
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


@dataclass(frozen=True)
class FileEntry:
    """A file below the files root: its path from there, its bytes, and when it was written."""

    path: str
    size: int
    modified: datetime


def list_files(
    folder: str, *, root: Path, suffixes: Collection[str], limit: int
) -> tuple[list[FileEntry], bool]:
    """Return files of a folder with these suffixes, newest first, and whether some are left out.

    Hidden files, links and names that are no text are left out. A folder that does not exist has
    no files.
    """
    files: list[FileEntry] = []
    entries_left = MAX_ENTRIES
    for parent, folders, names in os.walk(root / folder):
        folders[:] = sorted(name for name in folders if is_shown(name))
        for name in names:
            entries_left -= 1
            path = Path(parent, name)
            is_listed = is_shown(name) and name.casefold().endswith(tuple(suffixes))
            with suppress(OSError):  # It may have been deleted since the folder was read.
                if is_listed and stat.S_ISREG((status := os.lstat(path)).st_mode):
                    location = path.relative_to(root).as_posix()
                    modified = datetime.fromtimestamp(status.st_mtime, UTC)
                    files.append(FileEntry(location, status.st_size, modified))
        if entries_left <= 0:
            break
    files.sort(key=lambda entry: (-entry.modified.timestamp(), entry.path))
    return files[:limit], len(files) > limit or entries_left <= 0


def is_shown(name: str) -> bool:
    return not name.startswith(".") and name.isprintable()
