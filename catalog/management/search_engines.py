"""The search engines that a command works on, and its progress, shown on a terminal."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management.base import CommandError

from catalog.search.backends import ADAPTERS, configured_backends, get_backend

if TYPE_CHECKING:
    from catalog.search.flow.engine import SearchBackend


def add_engine_option(parser: ArgumentParser) -> None:
    parser.add_argument("--engine", choices=ADAPTERS, help="one engine; by default all configured")


def selected_engines(name: str | None) -> list[SearchBackend]:
    """Return the engines to work on. Raises CommandError, with exit status 2."""
    if name == "elasticsearch" and not settings.ELASTICSEARCH_URL:
        raise CommandError("ELASTICSEARCH_URL is not set.", returncode=2)
    return [get_backend(name)] if name else list(configured_backends())


def show_progress(count: int, label: str) -> None:
    """Overwrite the last line of a terminal; nothing is written to a file or pipe."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{count:>9,} {label:<20}")
        sys.stderr.flush()
