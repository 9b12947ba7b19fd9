"""Measures search on queries whose answers are known."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from catalog.search.backends import ADAPTERS, active_backend, get_embedder
from catalog.search.port import SearchBackend, SearchUnavailable
from catalog.search.reranking import Embedder
from catalog.search.services.evaluation import Query, as_plain, evaluate, scratch_engine
from catalog.search.services.trials import try_names, try_odd_queries, try_typos

MOST_MISSES = 20


class Command(BaseCommand):
    """Print MRR@10, recall and times of a file of queries, on an index made for the purpose."""

    help = (
        'Measure search: a line of the file is {"query": ..., "targets": [slug, ...]}. '
        "Example: manage.py evaluate_search --queries queries.jsonl --backend embedded --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file of queries, usage titles to index first, the engine and the form."""
        asked = parser.add_mutually_exclusive_group(required=True)
        asked.add_argument("--queries", type=Path, help="Queries whose products are known.")
        asked.add_argument("--typos", type=int, metavar="N", help="N mistyped names; see --seed.")
        asked.add_argument("--names", action="store_true", help="Every name and identifier.")
        asked.add_argument("--odd", type=int, metavar="N", help="N queries that must not fail.")
        parser.add_argument("--seed", type=int, default=7, help="Another seed, other queries.")
        parser.add_argument("--uses", type=Path, help="Titles that name products, same form.")
        parser.add_argument("--backend", choices=ADAPTERS, default=None)
        parser.add_argument(
            "--meaning", choices=("on", "off"), default=None,
            help="Rank by meaning too, in Elasticsearch; as ASSAY_SEARCH_SEMANTIC says if absent.",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill a scratch index, ask, print."""
        uses: dict[str, list[str]] = {}
        for use in read_queries(options["uses"]) if options["uses"] else ():
            for target in use.targets:
                uses.setdefault(target, []).append(use.text)
        queries = list(read_queries(options["queries"])) if options["queries"] else []
        name = options["backend"] or active_backend().name
        model = _model(name, options["meaning"])
        try:
            with scratch_engine(name=name, uses=uses, model=model) as engine:
                figures = _measured(engine, queries, options)
        except SearchUnavailable as away:
            raise CommandError(str(away)) from away
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        else:
            self._say(figures)

    def _say(self, figures: dict[str, Any]) -> None:
        """Print a line of figures, and one of each kind and miss where there are any."""
        kinds, missed = figures.pop("kinds", {}), figures.pop("missed", [])
        self.stdout.write("  ".join(f"{key} {value}" for key, value in figures.items()))
        for kind, its in kinds.items():
            self.stdout.write(f"  {kind}: {its['share']:.1%} of {its['n']:,}")
        for miss in missed[:MOST_MISSES]:
            self.stdout.write(f"  missed ({miss['kind']}): {miss['typed']}")


def _model(engine: str, wish: str | None) -> Embedder | None:
    """Return the model of meaning, where it is wished for or is in force."""
    is_in_force = settings.ASSAY_SEARCH_SEMANTIC and engine == "elasticsearch"
    if wish == "off" or not (wish or is_in_force):
        return None
    if engine != "elasticsearch":
        raise CommandError("The embedded engine knows no meaning: add --backend elasticsearch.")
    try:
        return get_embedder()
    except ImportError as missing:
        raise CommandError(f"{missing}: pip install .[semantic]") from missing


def _measured(
    engine: SearchBackend, queries: list[Query], options: dict[str, Any]
) -> dict[str, Any]:
    if options["odd"]:
        odd = try_odd_queries(engine=engine, count=options["odd"], seed=options["seed"])
        return odd.as_plain()
    if options["names"]:
        return try_names(engine=engine).as_plain()
    if options["typos"]:
        return try_typos(engine=engine, count=options["typos"], seed=options["seed"]).as_plain()
    if not queries:
        raise CommandError(
            "There is nothing to ask: name a file with a query, or a number above 0."
        )
    return as_plain(evaluate(engine=engine, queries=queries))


def read_queries(path: Path) -> Iterator[Query]:
    """Read a file line by line; raises CommandError with the line that is not of the form."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _query(line, f"{path}:{number}")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: this is not UTF-8 text ({error.reason})") from error


def _query(line: str, place: str) -> Query:
    try:
        row = json.loads(line)
        if not isinstance(row["targets"], list):
            raise TypeError("targets are a list")
        return Query(str(row["query"]), tuple(map(str, row["targets"])))
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f'{place}: not {{"query": ..., "targets": [...]}} ({error})') from error
