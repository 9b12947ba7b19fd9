"""`manage.py start`: all of Assay on this machine, under one supervisor."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.embedded.locks import StartupError
from config.embedded.startup import start


class Command(BaseCommand):
    """Starts everything and prints the URL once every part is healthy."""

    help = (
        "Start web server, workers, beat and the bundled Valkey; Ctrl-C stops them in order. "
        "Example: ASSAY_PORT=8080 manage.py start"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            start()
        except StartupError as error:
            raise CommandError(str(error)) from error
