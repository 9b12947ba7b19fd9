"""Which search engines a command is about, and how far it has come, shown on a terminal."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import CommandError

from catalog.search.backends import ADAPTERS, configured_backends, get_backend
from catalog.search.port import SearchBackend


def add_engine(parser: ArgumentParser) -> None:
    """Let one engine be named; without, a command is about all that are fed."""
    parser.add_argument("--engine", choices=ADAPTERS, help="one engine; all that are fed without")


def engines_of(name: str | None) -> list[SearchBackend]:
    """Return the engines that a command is about. Raises CommandError, with exit status 2."""
    if name == "elasticsearch" and not settings.ELASTICSEARCH_URL:
        raise CommandError("ELASTICSEARCH_URL is not set.", returncode=2)
    return [get_backend(name)] if name else list(configured_backends())


def show_progress(count: int, doing: str) -> None:
    """Write over the last line of a terminal; into a file or a pipe nothing is written."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{count:>9,} {doing:<20}")
        sys.stderr.flush()
