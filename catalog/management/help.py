"""A command whose help ends with examples, each on a line of its own."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class CommandWithExamples(BaseCommand):
    """Shows `epilog` unchanged below its options; `%(prog)s` in it is the command as called."""

    epilog = ""

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        return super().create_parser(
            prog_name,
            subcommand,
            formatter_class=RawDescriptionHelpFormatter,
            epilog=self.epilog,
            **options,
        )
