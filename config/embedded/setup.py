"""Brings the data folder up to this version: tables, demo at the first start, index, styles."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.search.backends import configured_backends

Say = Callable[[str], None]


class InitialSetup:
    """Remembers in the data folder whether the first start reached its end."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.begun = data_dir / "first-start.begun"
        self.done = data_dir / "first-start.done"

    def begin(self) -> None:
        self.begun.write_text("", encoding="ascii")

    def finish(self) -> None:
        self.begun.replace(self.done)

    def set_aside(self, names: list[str]) -> Path:
        """Move what an unfinished first start left into a folder of its own, and return that."""
        aside = self.data_dir / f"unfinished-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"
        aside.mkdir()
        for name in names:
            for path in self.data_dir.glob(name):
                path.rename(aside / path.name)
        self.begun.unlink()
        return aside


# What a first start may leave behind; secrets, logs and static files can stay.
QUARANTINE_SUFFIX = ["assay.sqlite3*", "index", "search*", "files", "demo*", "valkey"]


def prepare(*, say: Say) -> None:
    """After it the tables are those of this version, and at the first start the demo is loaded."""
    first = InitialSetup(settings.ASSAY_DATA_DIR)
    if first.begun.exists() and settings.IS_SQLITE and not first.done.exists():
        aside = first.set_aside(QUARANTINE_SUFFIX)
        say(f"The first start had not finished. What it left is in {aside}; beginning again.")
    is_first = not first.done.exists() and not connection.introspection.table_names()
    if is_first or first.begun.exists():
        first.begin()
    migrate(say=say)
    if first.begun.exists():
        load_demo(say=say)
        first.finish()
    fill_indexes(say=say)
    collect_static(say=say)


def migrate(*, say: Say) -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)


def load_demo(*, say: Say) -> None:
    if settings.ASSAY_DEMO:
        say("Loading the demo mesh (once, about a minute) ...")
        call_command("load_demo")


def fill_indexes(*, say: Say) -> None:
    """Build the index of each engine that has none of this version; one that is away stays so."""
    for engine in configured_backends():
        if engine.is_ready():
            continue
        say(f"Building the search index ({engine.name}) ...")
        try:
            call_command("rebuild_search_index", engine=engine.name)
        except CommandError as error:
            say(f"{error} Search is built up as soon as its engine is there.")


def collect_static(*, say: Say) -> None:
    """Copy styles and scripts, hashed and compressed, where they have changed since."""
    if not settings.ASSAY_STATIC_HASHED:
        return
    stamp, digest = settings.STATIC_ROOT / ".collected", static_digest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        return
    say("Collecting styles and scripts ...")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest, encoding="ascii")


def static_digest() -> str:
    """Of every static file the path, size and time, and the apps they come from."""
    files = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            files.append((path, stat.st_size, stat.st_mtime_ns))
    listing = json.dumps([sorted(files), [app.name for app in apps.get_app_configs()]])
    return hashlib.sha256(listing.encode()).hexdigest()
