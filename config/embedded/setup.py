"""Prepares the data folder for this version: tables, demo at the first start, index, styles."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from catalog.search.backends import configured_backends
from config.database_shape import OTHER_SHAPE, require_current_shape

Log = Callable[[str], None]


class InitialSetup:
    """Remembers in the data folder whether the first start was completed."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.started = data_dir / "first-start.begun"
        self.finished = data_dir / "first-start.done"

    def begin(self) -> None:
        self.started.write_text("", encoding="ascii")

    def finish(self) -> None:
        self.started.replace(self.finished)

    def quarantine(self, patterns: list[str]) -> Path:
        """Move the files of an unfinished first start into a folder of their own, and return it."""
        quarantine = self.data_dir / f"unfinished-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"
        quarantine.mkdir()
        for pattern in patterns:
            for path in self.data_dir.glob(pattern):
                path.rename(quarantine / path.name)
        self.started.unlink()
        return quarantine


# What a first start may leave behind; secrets, logs and static files can remain.
QUARANTINE_PATTERNS = ["assay.sqlite3*", "index", "search*", "files", "demo*", "valkey"]


def prepare(*, log: Log) -> None:
    """Migrate the tables, load the demo at the first start, and update index and static files."""
    first = InitialSetup(settings.ASSAY_DATA_DIR)
    if first.started.exists() and settings.IS_SQLITE and not first.finished.exists():
        quarantine = first.quarantine(QUARANTINE_PATTERNS)
        log(f"The first start was not completed. Its files are now in {quarantine}; starting over.")
    is_first = not first.finished.exists() and not connection.introspection.table_names()
    if is_first or first.started.exists():
        first.begin()
    migrate(log=log)
    if first.started.exists():
        load_demo(log=log)
        first.finish()
    build_missing_indexes(log=log)
    collect_static(log=log)


def migrate(*, log: Log) -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        log("Preparing the database (some seconds) ...")
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except DatabaseError as error:
            raise CommandError(f"The tables cannot be prepared: {error}. {OTHER_SHAPE}") from error
    require_current_shape()


def load_demo(*, log: Log) -> None:
    if settings.ASSAY_DEMO:
        log("Loading the demo mesh (only at the first start, about a minute) ...")
        call_command("load_demo")


def build_missing_indexes(*, log: Log) -> None:
    """Build the index of each engine that has none of this version, unless the engine is down."""
    for engine in configured_backends():
        if engine.is_ready():
            continue
        log(f"Building the search index ({engine.name}) ...")
        try:
            call_command("rebuild_search_index", engine=engine.name)
        except CommandError as error:
            log(f"{error} The index is built once the engine is available.")


def collect_static(*, log: Log) -> None:
    """Copy styles and scripts, hashed and compressed, if they have changed."""
    if not settings.ASSAY_STATIC_HASHED:
        return
    stamp, digest = settings.STATIC_ROOT / ".collected", static_digest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        return
    log("Collecting styles and scripts ...")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest, encoding="ascii")


def static_digest() -> str:
    """Return a digest of the path, size and time of every static file, and of the apps."""
    files = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            files.append((path, stat.st_size, stat.st_mtime_ns))
    listing = json.dumps([sorted(files), [app.name for app in apps.get_app_configs()]])
    return hashlib.sha256(listing.encode()).hexdigest()
