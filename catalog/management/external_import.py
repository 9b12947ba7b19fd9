"""What the commands that import an external catalog share: arguments, progress and report."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.audit.services import record_if_denied
from catalog.exceptions import CatalogError
from catalog.management.actors import actor_of
from catalog.management.help import CommandWithExamples
from catalog.manifests.external import ExternalCatalog
from catalog.manifests.services.external import (
    ExternalImportReport,
    Mapper,
    RejectedEntry,
    import_entries,
)

LOG_INTERVAL = 10_000
OPENING = '{"problems": ['
OUTCOMES = ("created", "changed", "unchanged", "conflict", "refused")


class ExternalImportCommand(CommandWithExamples):
    """Import a file of one JSON entry a line; exit 1 if an entry was not imported."""

    catalog: ExternalCatalog
    entry_of: Mapper
    epilog = (
        "Examples:\n  %(prog)s entries.jsonl\n  %(prog)s entries.jsonl --json --as olga\n\n"
        "Exit: 0 all imported, 1 some were not, 2 the file cannot be read."
    )
    as_json = False
    rejected = logged = 0

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="one JSON object on each line")
        parser.add_argument("--overwrite", action="store_true", help="replace edits made here")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--as", dest="person", help="act as this person, with their rights")

    def handle(self, **options: Any) -> None:
        self.as_json, self.rejected = options["json"], 0
        actor = actor_of(options["person"], worker=f"import {self.catalog.system}")
        try:
            with options["file"].open("rb") as lines:
                report = import_entries(
                    catalog=self.catalog,
                    lines=lines,
                    entry_of=type(self).entry_of,
                    actor=actor,
                    overwrite=options["overwrite"],
                    progress=self._progress,
                    on_rejected=self._print_rejected,
                )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}", returncode=2) from error
        except CatalogError as error:
            record_if_denied(error, actor=actor, action=f"import from {self.catalog.system}")
            raise CommandError(error.message, returncode=2) from error
        self._print(report)
        if not report.is_complete:
            sys.exit(1)

    def _progress(self, report: ExternalImportReport) -> None:
        """Show the count: in place on a terminal, now and then in a log."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{report.lines:>9,} entries read")
        elif report.lines // LOG_INTERVAL > self.logged:
            self.logged = report.lines // LOG_INTERVAL
            sys.stderr.write(f"{report.lines:,} entries read\n")
        sys.stderr.flush()

    def _print_rejected(self, rejected: RejectedEntry) -> None:
        """Print at once why an entry was not imported, so that none is kept in memory."""
        if self.as_json:
            start = ", " if self.rejected else OPENING
            self.stdout.write(start + json.dumps(vars(rejected)), ending="")
        else:
            self.stdout.write(f"line {rejected.line} ({rejected.identifier}): {rejected.reason}")
        self.rejected += 1

    def _print(self, report: ExternalImportReport) -> None:
        counts = {outcome: report.counts[outcome] for outcome in OUTCOMES}
        if self.as_json:
            end = json.dumps({"lines": report.lines, **counts})
            self.stdout.write(f"{'' if self.rejected else OPENING}], {end[1:]}")
            return
        summary = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())
        self.stdout.write(f"{report.lines:,} entries: {summary}")
