"""Build the search index anew beside the live one and swap, or go back to the one before."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.management.search_engines import add_engine, engines_of, show_progress
from catalog.search.port import SearchBackend, SearchUnavailable
from catalog.search.services import ActivationRefused, Step, rebuild, roll_back


class Command(BaseCommand):
    """Rebuild every fed engine, or one; readers never notice, and it is safe to run twice."""

    help = (
        "Build the search index anew beside the one that answers, compare it with the database, "
        "and swap; --rollback lets the one before answer again, brought up to date. "
        "Exit 1 where an index is refused or the engine is down. "
        "Examples: manage.py rebuild_search_index --engine embedded --json; "
        "manage.py rebuild_search_index --rollback --engine elasticsearch"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the engine, the direction and the form of the report."""
        add_engine(parser)
        parser.add_argument(
            "--rollback", action="store_true", help="let the index that answered before answer"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        """Rebuild or go back, and say how many documents were written, in which time."""
        is_back = options["rollback"]
        try:
            report = [_swap(engine, is_back=is_back) for engine in engines_of(options["engine"])]
        except (SearchUnavailable, ActivationRefused) as error:
            raise CommandError(f"{error}", returncode=1) from error
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        done = "written; the index before answers again" if is_back else "documents"
        for row in report:
            self.stdout.write(f"{row['engine']}: {row['documents']:,} {done}, {row['seconds']} s")


def _swap(engine: SearchBackend, *, is_back: bool) -> dict[str, Any]:
    started = time.monotonic()
    count = roll_back(engine, _progress) if is_back else rebuild(engine, _progress)
    seconds = round(time.monotonic() - started, 3)
    return {"engine": engine.name, "documents": count, "seconds": seconds, "rollback": is_back}


def _progress(step: Step, count: int) -> None:
    show_progress(count, step.value)
