"""`manage.py load_demo`: fill the catalog with the demo mesh, once or again."""

import time
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from config.demo.loading import Loading, SourceBusy, summary_of

INDEXING = "rebuild_search_index"


class Command(BaseCommand):
    """Load domains, people, products and files of the demo; what stands already is left alone."""

    help = (
        "Load the demo mesh: domains, people, products with files, and a first measurement. "
        "Example: ASSAY_DEMO=1 manage.py load_demo"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, saying what is done. Raises CommandError where the demo is off or blocked."""
        if not settings.ASSAY_DEMO:
            raise CommandError("The demo is switched off; set ASSAY_DEMO=1 to load it.")
        started = time.monotonic()

        def say(line: str) -> None:
            self.stdout.write(f"  [{time.monotonic() - started:4.0f} s] {line}")
            self.stdout.flush()

        try:
            landings = Loading(say=say).run()
        except SourceBusy as busy:
            raise CommandError(str(busy)) from busy
        for line in summary_of(landings):
            say(line)
        # The drain would follow by itself; so that the first search finds all, it is done here.
        if INDEXING in get_commands():
            call_command(INDEXING, stdout=self.stdout)
