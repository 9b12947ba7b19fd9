"""Build the search index again next to the live one and activate it, or go back one index."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.management.search_engines import add_engine_option, selected_engines, show_progress
from catalog.search.port import SearchUnavailable
from catalog.search.services.rebuild import ActivationRefused, rebuild, roll_back


class Command(BaseCommand):
    """Rebuild all configured engines, or one; searches go on, and it is safe to run twice."""

    help = (
        "Build the search index again next to the live one, compare it with the database "
        "and activate it; --rollback activates the previous index, brought up to date. "
        "Exit 1 if an index is refused or the engine is down. "
        "Examples: manage.py rebuild_search_index --engine embedded --json; "
        "manage.py rebuild_search_index --rollback --engine elasticsearch"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_engine_option(parser)
        parser.add_argument("--rollback", action="store_true", help="activate the previous index")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, **options: Any) -> None:
        is_rollback = options["rollback"]
        work = roll_back if is_rollback else rebuild
        report = []
        try:
            for engine in selected_engines(options["engine"]):
                started = time.monotonic()
                count = work(engine, lambda phase, done: show_progress(done, phase.value))
                report.append(
                    {
                        "engine": engine.name,
                        "documents": count,
                        "seconds": round(time.monotonic() - started, 3),
                        "rollback": is_rollback,
                    }
                )
        except (SearchUnavailable, ActivationRefused) as error:
            raise CommandError(f"{error}", returncode=1) from error
        if options["json"]:
            self.stdout.write(json.dumps(report))
            return
        label = "written; the previous index is active again" if is_rollback else "documents"
        for row in report:
            self.stdout.write(f"{row['engine']}: {row['documents']:,} {label}, {row['seconds']} s")
