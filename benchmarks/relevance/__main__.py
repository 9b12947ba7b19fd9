"""Runs the command line of `cli` with Django set up from the environment, as `manage.py` does."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from benchmarks.relevance.cli import main  # noqa: E402 - models need Django set up

main()
