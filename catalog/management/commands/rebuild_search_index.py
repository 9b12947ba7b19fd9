"""Build the search index anew beside the live one, and swap."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from catalog.search.backends import fed, named
from catalog.search.port import SearchUnavailable
from catalog.search.services import rebuild


class Command(BaseCommand):
    """Rebuild every fed engine, or one; readers never notice, and it is safe to run twice."""

    help = (
        "Build the search index anew beside the one that answers, and swap. "
        "Example: manage.py rebuild_search_index --engine embedded --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the engine and the form of the report."""
        parser.add_argument("--engine", choices=["embedded", "elasticsearch"])
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        """Rebuild and say how many documents, in which time."""
        if options["engine"] == "elasticsearch" and not settings.ELASTICSEARCH_URL:
            raise CommandError("ELASTICSEARCH_URL is not set.", returncode=2)
        engines = [named(options["engine"])] if options["engine"] else list(fed())
        report = []
        for engine in engines:
            started = time.monotonic()
            try:
                count = rebuild(engine, self._progress)
            except SearchUnavailable as error:
                raise CommandError(f"{error}", returncode=1) from error
            seconds = round(time.monotonic() - started, 3)
            report.append({"engine": engine.name, "documents": count, "seconds": seconds})
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        for row in report:
            self.stdout.write(
                f"{row['engine']}: {row['documents']:,} documents in {row['seconds']:.1f} s"
            )

    def _progress(self, count: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{count:>9,} documents")
            sys.stderr.flush()
