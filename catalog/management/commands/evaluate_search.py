"""Measures search on queries whose answers are known."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.search.backends import ADAPTERS, serving
from catalog.search.port import SearchUnavailable
from catalog.search.services.evaluation import Query, as_plain, evaluate, scratch_engine


class Command(BaseCommand):
    """Print MRR@10, recall and times of a file of queries, on an index made for the purpose."""

    help = (
        'Measure search: a line of the file is {"query": ..., "targets": [slug, ...]}. '
        "Example: manage.py evaluate_search --queries queries.jsonl --backend embedded --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file of queries, usage titles to index first, the engine and the form."""
        parser.add_argument("--queries", type=Path, required=True)
        parser.add_argument("--uses", type=Path, help="Titles that name products, same form.")
        parser.add_argument("--backend", choices=ADAPTERS, default=None)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill a scratch index, ask, print."""
        queries = list(read_queries(options["queries"]))
        uses: dict[str, list[str]] = {}
        for use in read_queries(options["uses"]) if options["uses"] else ():
            for target in use.targets:
                uses.setdefault(target, []).append(use.text)
        name = options["backend"] or serving().name
        try:
            with scratch_engine(name=name, uses=uses) as engine:
                figures = as_plain(evaluate(engine=engine, queries=queries))
        except SearchUnavailable as away:
            raise CommandError(str(away)) from away
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            self.stdout.write("  ".join(f"{key} {value}" for key, value in figures.items()))


def read_queries(path: Path) -> Iterator[Query]:
    """Read a file line by line; raises CommandError with the line that is not of the form."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _query(line, f"{path}:{number}")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error


def _query(line: str, place: str) -> Query:
    try:
        row = json.loads(line)
        return Query(str(row["query"]), tuple(map(str, row["targets"])))
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f'{place}: not {{"query": ..., "targets": [...]}} ({error})') from error
