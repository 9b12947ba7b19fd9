"""Uploaded files below the files root: received, checked, put in place by one rename; no database.

A port's folder is `<domain>/hosted/<product>/<version>/`; it serves `<name>.<format>` from there.
Each upload is also linked into `.snapshots` below it, where the last ones are kept.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.utils import timezone

from catalog.exceptions import CatalogError
from catalog.identifiers import slug_of
from catalog.ports.file_formats import ContentCheck

HOSTED = "hosted"
SNAPSHOTS = ".snapshots"
INCOMING = ".incoming-"
OUT_OF_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class StorageFull(CatalogError):
    """The disk takes no more; nothing of the upload is kept."""

    code = "insufficient-storage"


class UploadTooLarge(CatalogError):
    """The file has more bytes than the setting allows."""

    code = "too-large"


class UploadCutShort(CatalogError):
    """Fewer bytes came than were announced."""

    code = "unreadable-body"


class UploadConflict(CatalogError):
    """The data was replaced meanwhile; `current` is its tag now, empty if there is none."""

    code = "upload-conflict"

    def __init__(self, current: str) -> None:
        super().__init__(
            "Other data was uploaded to this port meanwhile, so yours was not kept.",
            location="file",
            hint="Look at what is there now; upload again if yours is to replace it.",
        )
        self.current = current


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file as it is sent; `size` is in bytes, if it was announced, `name` that at the sender."""

    chunks: Iterable[bytes]
    format: str
    name: str = ""
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class ReceivedFile:
    """An upload that is complete and checked, still under a name of its own."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One upload that is kept; `is_served` is True for the one that the port serves."""

    path: Path
    at: datetime
    size: int
    is_served: bool


def hosted_location(domain: str, product: UUID, name: str, version: str, data_format: str) -> str:
    """Return where the uploads of a port are served from, as a path below the files root."""
    return f"{domain}/{HOSTED}/{product}/{_safe(version)}/{_safe(name)}.{data_format}"


def is_hosted(location: str, product: UUID) -> bool:
    """Return True if a path below the files root is that of an upload to a product."""
    parts = PurePosixPath(location).parts
    return len(parts) == 5 and parts[1:3] == (HOSTED, str(product)) and ".." not in parts


def tag_of(status: os.stat_result) -> str:
    """Return what distinguishes the content of a file from that of the one it replaced."""
    return f"{status.st_mtime_ns:x}-{status.st_size:x}"


def current_tag(target: Path) -> str:
    """Return the tag of the file at a path; empty if there is none."""
    try:
        return tag_of(target.stat())
    except FileNotFoundError:
        return ""


@contextmanager
def receive(upload: Upload, *, folder: Path, max_bytes: int) -> Iterator[ReceivedFile]:
    """Write an upload into a folder under a name of its own, which is removed at the end.

    Raises ValidationFailed (not its format), UploadTooLarge, UploadCutShort, StorageFull.
    """
    path: Path | None = None
    try:
        with _storage_errors():
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=INCOMING, dir=folder)
            path = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                digest, size = sha256(), 0
                for chunk in _checked(upload, max_bytes):
                    file.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                file.flush()
                os.fchmod(descriptor, 0o640)
                os.fsync(descriptor)
        yield ReceivedFile(path=path, size=size, sha256=digest.hexdigest())
    finally:
        if path is not None:
            path.unlink(missing_ok=True)


def install(received: ReceivedFile, target: Path) -> Path:
    """Put a received file in its place, and return its snapshot. Raises StorageFull."""
    with _storage_errors():
        folder = target.parent / SNAPSHOTS
        folder.mkdir(exist_ok=True)
        stamp = timezone.now().strftime("%Y%m%dT%H%M%S.%fZ")
        snapshot = folder / f"{stamp}-{received.sha256[:12]}-{target.name}"
        _link(received.path, snapshot)
        received.path.replace(target)
        return snapshot


def withdraw(snapshot: Path, target: Path) -> None:
    """Undo an installation, unless something else was installed since: serve the one before."""
    with suppress(FileNotFoundError):
        is_served = tag_of(snapshot.stat()) == current_tag(target)
        snapshot.unlink()
        if not is_served:
            return
        if previous := snapshots_of(target)[:1]:
            aside = target.with_name(f"{INCOMING}{snapshot.name}")
            _link(previous[0].path, aside)
            aside.replace(target)
        else:
            target.unlink()


def snapshots_of(target: Path) -> list[Snapshot]:
    """Return the uploads that are kept of a port's file, the newest first."""
    served = current_tag(target)
    paths = (target.parent / SNAPSHOTS).glob(f"*-{target.name}")
    snapshots = []
    for path in sorted(paths, key=lambda path: path.name, reverse=True):
        with suppress(FileNotFoundError):  # Another upload prunes.
            status = path.stat()
            at = datetime.fromtimestamp(status.st_mtime, UTC)
            is_served = tag_of(status) == served
            snapshots.append(Snapshot(path=path, at=at, size=status.st_size, is_served=is_served))
    return snapshots


def prune(target: Path, *, keep: int) -> int:
    """Remove all but the newest snapshots of a port's file; return how many were removed."""
    old = snapshots_of(target)[keep:]
    for snapshot in old:
        snapshot.path.unlink(missing_ok=True)
    return len(old)


def remove_leftovers(root: Path, *, before: datetime) -> int:
    """Remove uploads that a killed process left half-written; return how many."""
    count = 0
    for path in root.glob(f"*/{HOSTED}/*/*/{INCOMING}*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                count += 1
    return count


def _safe(name: str) -> str:
    """Return a name as one part of a path; two names never give the same part."""
    slug = slug_of(name, 60)
    if slug == name:
        return name
    return f"{slug or 'data'}-{blake2b(name.encode(), digest_size=4).hexdigest()}"


def _checked(upload: Upload, max_bytes: int) -> Iterator[bytes]:
    """Yield the chunks of an upload, and raise as soon as something is wrong with them."""
    if upload.size is not None and upload.size > max_bytes:
        raise _too_large(max_bytes)
    check, size = ContentCheck(upload.format), 0
    for chunk in upload.chunks:
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        check.add(chunk)
        yield chunk
    if upload.size is not None and size != upload.size:
        raise UploadCutShort(
            f"The upload ended after {size:,} of {upload.size:,} bytes; nothing of it was kept.",
            location="file",
            hint="Send it again.",
        )
    check.finish()


def _too_large(max_bytes: int) -> UploadTooLarge:
    return UploadTooLarge(
        f"The file is larger than {max_bytes // 1024**2:,} MB.",
        location="file",
        hint="Parquet is smaller than CSV or JSON; an operator can raise ASSAY_MAX_UPLOAD_MB.",
    )


def _link(source: Path, target: Path) -> None:
    """Give a file a second name; where the file system has no links, a copy with the same times."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in OUT_OF_SPACE:
            raise
        shutil.copy2(source, target)


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in OUT_OF_SPACE:
            message = "The disk of the files is full, so nothing of the upload was kept."
            hint = "Ask an operator to make room; what was there before is still served."
        else:
            message = "The folder of the files cannot be written."
            hint = f"Ask an operator to look at ASSAY_FILES_ROOT ({os.strerror(error.errno or 0)})."
        raise StorageFull(message, location="file", hint=hint) from error
