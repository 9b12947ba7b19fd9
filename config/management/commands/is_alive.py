"""`manage.py is_alive`: the health check of a container that runs one of our programs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import heartbeats
from config.embedded.healthcheck_client import is_live


class Command(BaseCommand):
    """Exits with 1 if the program is not alive."""

    help = (
        "Check that the web server, a queue's worker or beat is alive; exit code 1 if not. "
        "Example: manage.py is_alive web"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ["web", *heartbeats.QUEUES, heartbeats.BEAT]
        parser.add_argument("name", choices=names)

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        is_alive = is_live() if name == "web" else is_beating(name)
        if not is_alive:
            raise CommandError(f"{name} has no recent heartbeat.")


def is_beating(name: str) -> bool:
    age = heartbeats.heartbeat_ages()[name]
    return age is not None and age <= heartbeats.STALE_AFTER_SECONDS
