"""What the commands that import a foreign catalog share: arguments, progress and report."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.audit.actors import SystemActor
from catalog.exceptions import CatalogError
from catalog.management.help import CommandWithExamples
from catalog.manifests.external import ExternalCatalog
from catalog.manifests.services.external import (
    ExternalImportReport,
    Mapper,
    RejectedEntry,
    import_entries,
)
from catalog.people.models import Person

LOGGED_EVERY = 10_000
OPENING = '{"problems": ['
OUTCOMES = ("created", "changed", "unchanged", "conflict", "refused")


class ExternalImportCommand(CommandWithExamples):
    """Import a file of one JSON entry a line; exit 1 where an entry did not land."""

    catalog: ExternalCatalog
    entry_of: Mapper
    epilog = (
        "Examples:\n  %(prog)s entries.jsonl\n  %(prog)s entries.jsonl --json --as olga\n\n"
        "Exit: 0 all landed, 1 some did not, 2 the file cannot be read."
    )
    as_json = False
    told = logged = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and how to treat it."""
        parser.add_argument("file", type=Path, help="one JSON object on each line")
        parser.add_argument("--overwrite", action="store_true", help="replace edits made here")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--as", dest="person", help="act as this person, with their rights")

    def handle(self, **options: Any) -> None:
        """Import, show progress on a terminal, and print what became of every line."""
        self.as_json, self.told = options["json"], 0
        try:
            with options["file"].open("rb") as lines:
                report = import_entries(
                    catalog=self.catalog,
                    lines=lines,
                    entry_of=type(self).entry_of,
                    actor=self._actor(options["person"]),
                    overwrite=options["overwrite"],
                    progress=self._progress,
                    tell=self._tell,
                )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}", returncode=2) from error
        except CatalogError as refusal:
            raise CommandError(refusal.message, returncode=2) from refusal
        self._print(report)
        if not report.is_whole:
            sys.exit(1)

    def _actor(self, username: str | None) -> Person | SystemActor:
        if username is None:
            return SystemActor(f"import {self.catalog.system}")
        person = Person.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"There is nobody called {username}.", returncode=2)
        return person

    def _progress(self, report: ExternalImportReport) -> None:
        """Count on: on a terminal in place, in a log a line now and then."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{report.lines:>9,} entries read")
        elif report.lines // LOGGED_EVERY > self.logged:
            self.logged = report.lines // LOGGED_EVERY
            sys.stderr.write(f"{report.lines:,} entries read\n")
        sys.stderr.flush()

    def _tell(self, refused: RejectedEntry) -> None:
        """Print at once why an entry did not land, so that nothing is gathered."""
        if self.as_json:
            start = ", " if self.told else OPENING
            self.stdout.write(start + json.dumps(vars(refused)), ending="")
        else:
            self.stdout.write(f"line {refused.line} ({refused.identifier}): {refused.reason}")
        self.told += 1

    def _print(self, report: ExternalImportReport) -> None:
        counts = {outcome: report.counts[outcome] for outcome in OUTCOMES}
        if self.as_json:
            end = json.dumps({"lines": report.lines, **counts})
            self.stdout.write(f"{'' if self.told else OPENING}], {end[1:]}")
            return
        summary = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())
        self.stdout.write(f"{report.lines:,} entries: {summary}")
