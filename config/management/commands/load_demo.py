"""`manage.py load_demo`: fill the catalog with the demo mesh, once or again."""

import time
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from config.demo.loader import SourceBusy, load_mesh, summary_lines

INDEXING = "rebuild_search_index"


class Command(BaseCommand):
    """Loads domains, people, products and files of the demo that are missing."""

    help = (
        "Load the demo mesh: domains, people, products with files, and a first measurement. "
        "Example: ASSAY_DEMO=1 manage.py load_demo"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError if the demo is switched off or its port is taken."""
        if not settings.ASSAY_DEMO:
            raise CommandError("The demo is switched off; set ASSAY_DEMO=1 to load it.")
        started = time.monotonic()

        def log(line: str) -> None:
            self.stdout.write(f"  [{time.monotonic() - started:4.0f} s] {line}")
            self.stdout.flush()

        try:
            results = load_mesh(log=log)
        except SourceBusy as error:
            raise CommandError(str(error)) from error
        for line in summary_lines(results):
            log(line)
        # The workers index too; done here so that the first search finds everything.
        if INDEXING in get_commands():
            call_command(INDEXING, stdout=self.stdout)
