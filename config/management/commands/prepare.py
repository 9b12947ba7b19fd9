"""`manage.py prepare`: what a start does before it serves; can be run again at any time."""

from typing import Any

from django.core.management.base import BaseCommand

from config.embedded.setup import prepare
from config.embedded.supervisor import print_line


class Command(BaseCommand):
    """Prepares the data folder for this version."""

    help = (
        "Migrate the database, load the demo at the first start, collect styles and scripts. "
        "Example: manage.py prepare"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(log=print_line)
