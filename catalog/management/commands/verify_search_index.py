"""Compare the search index with the database."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.search.backends import fed
from catalog.search.port import SearchUnavailable
from catalog.search.services import report_of, verify

KINDS = ("missing", "surplus", "revision", "readers", "content")


class Command(BaseCommand):
    """Compare ids, revisions, reader tokens and contents in every engine; exit 1 on drift."""

    help = (
        "Compare every search engine with the database; exit 0 equal, 1 drift, 2 cannot tell. "
        "Example: manage.py verify_search_index --repair --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to repair and the form of the report."""
        parser.add_argument("--repair", action="store_true", help="write every difference right")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        """Verify, print the ledger, and end non-zero where something is not as it should be."""
        try:
            drifts = [verify(engine, repair=options["repair"]) for engine in fed()]
        except SearchUnavailable as error:
            raise CommandError(f"{error}", returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps([report_of(drift) for drift in drifts]))
        for drift in [] if options["json"] else drifts:
            counts = ", ".join(f"{len(getattr(drift, kind))} {kind}" for kind in KINDS)
            repaired = f"; {drift.repaired} repaired" if options["repair"] else ""
            self.stdout.write(f"{drift.engine}: {drift.checked:,} checked, {counts}{repaired}")
        if any(drift.count > drift.repaired for drift in drifts):
            sys.exit(1)
