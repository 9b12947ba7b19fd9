"""`manage.py print_settings`: every environment variable, its default and its meaning."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.environment_variables import SETTINGS


class Command(BaseCommand):
    """Prints the settings, as text or as a Markdown table for the README."""

    help = (
        "Print every environment variable that sets something, with default and meaning. "
        "Example: manage.py print_settings --markdown"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--markdown", action="store_true", help="as the README's table")

    def handle(self, *args: Any, markdown: bool, **options: Any) -> str:
        if markdown:
            return settings_table()
        return "\n".join(
            f"{setting.name} (default: {setting.shown_default or setting.default})\n"
            f"    {setting.help}"
            for setting in SETTINGS
        )


def settings_table() -> str:
    rows = [
        f"| `{setting.name}` | {setting.shown_default or f'`{setting.default}`'} | {setting.help} |"
        for setting in SETTINGS
    ]
    return "\n".join(["| Setting | Default | Meaning |", "|---|---|---|", *rows])
