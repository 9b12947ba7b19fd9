"""Compare the search index with the database."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.management.search_engines import add_engine_option, selected_engines, show_progress
from catalog.search.port import SearchUnavailable
from catalog.search.services.verify import IndexDiff, verify

PROGRESS_INTERVAL = 1000


class Command(BaseCommand):
    """Compare ids, revisions, reader tokens and contents; exit 1 if an index differs."""

    help = (
        "Compare every search engine with the database; exit 0 equal, 1 drift, 2 cannot tell. "
        "Example: manage.py verify_search_index --repair --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_engine_option(parser)
        parser.add_argument("--repair", action="store_true", help="write what differs again")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        try:
            diffs = [
                verify(engine, repair=options["repair"], progress=_progress)
                for engine in selected_engines(options["engine"])
            ]
        except SearchUnavailable as error:
            raise CommandError(f"{error}", returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps([diff.report() for diff in diffs]))
        else:
            for diff in diffs:
                self._print(diff, has_repaired=options["repair"])
        if any(diff.count > diff.repaired for diff in diffs):
            sys.exit(1)

    def _print(self, diff: IndexDiff, *, has_repaired: bool) -> None:
        counts = ", ".join(f"{count:,} {name}" for name, count in diff.counts.items())
        repaired = f"; {diff.repaired:,} repaired" if has_repaired else ""
        self.stdout.write(f"{diff.engine}: {diff.checked:,} checked, {counts}{repaired}")
        for name, by_kind in sorted(diff.types.items()):
            shares = ", ".join(f"{count:,} {kind}" for kind, count in by_kind.items())
            self.stdout.write(f"  {name}: {shares}")


def _progress(count: int) -> None:
    if count % PROGRESS_INTERVAL == 0:
        show_progress(count, "checked")
