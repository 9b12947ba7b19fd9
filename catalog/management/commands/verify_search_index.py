"""Compare the search index with the database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.management.search_engines import add_engine, engines_of, show_progress
from catalog.search.port import SearchUnavailable
from catalog.search.services import Drift, report_of, verify

STEP = 1000


class Command(BaseCommand):
    """Compare ids, revisions, reader tokens and contents in every engine; exit 1 on drift."""

    help = (
        "Compare every search engine with the database; exit 0 equal, 1 drift, 2 cannot tell. "
        "Example: manage.py verify_search_index --repair --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the engine, whether to repair and the form of the report."""
        add_engine(parser)
        parser.add_argument("--repair", action="store_true", help="write every difference right")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        """Verify, print the ledger, and end non-zero where something is not as it should be."""
        try:
            drifts = [
                verify(engine, repair=options["repair"], progress=_progress)
                for engine in engines_of(options["engine"])
            ]
        except SearchUnavailable as error:
            raise CommandError(f"{error}", returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps([report_of(drift) for drift in drifts]))
        else:
            for drift in drifts:
                self._print(drift, has_repaired=options["repair"])
        if any(drift.count > drift.repaired for drift in drifts):
            sys.exit(1)

    def _print(self, drift: Drift, *, has_repaired: bool) -> None:
        counts = ", ".join(f"{count:,} {name}" for name, count in drift.counts.items())
        repaired = f"; {drift.repaired:,} repaired" if has_repaired else ""
        self.stdout.write(f"{drift.engine}: {drift.checked:,} checked, {counts}{repaired}")
        for kind, counted in sorted(drift.kinds.items()):
            shares = ", ".join(f"{count:,} {name}" for name, count in counted.items())
            self.stdout.write(f"  {kind}: {shares}")


def _progress(count: int) -> None:
    if count % STEP == 0:
        show_progress(count, "checked")
