"""`manage.py prepare`: what a start does before it serves; may be run again at any time."""

from typing import Any

from django.core.management.base import BaseCommand

from config.embedded.setup import prepare
from config.embedded.supervisor import say


class Command(BaseCommand):
    """Brings tables, demo and static files up to this version."""

    help = (
        "Migrate the database, load the demo at the first start, collect styles and scripts. "
        "Example: manage.py prepare"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(say=say)
