"""Measure search on a scratch index of the whole catalog; a line of the query file is
{"query": ..., "targets": [slug, ...]}.

    python -m benchmarks.relevance --queries queries.jsonl --backend embedded --json
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from benchmarks.cli import command_line
from benchmarks.relevance.evaluation import evaluate
from benchmarks.relevance.queries import InvalidQueryFile, Query, read_queries, usage_titles
from benchmarks.relevance.robustness import run_fuzz_queries, run_names, run_typos
from benchmarks.relevance.scratch_engine import scratch_engine
from catalog.search.backends import ADAPTERS, active_backend
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import SearchUnavailable
from catalog.search.semantic import SemanticRanking, get_semantic_ranking

MAX_MISSES_PRINTED = 20


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of one run. Ends with a message and status 1 or 2 if it cannot run."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        queries = list(read_queries(options.queries)) if options.queries else []
        uses = usage_titles(read_queries(options.uses)) if options.uses else {}
    except InvalidQueryFile as error:
        parser.error(str(error))
    if not (queries or options.typos or options.names or options.odd):
        parser.error("Nothing to measure: name a file with a query, or a number above 0.")
    name = options.backend or active_backend().name
    semantic = _semantic(parser, name, options.semantic)
    try:
        with scratch_engine(name=name, uses=uses, semantic=semantic) as engine:
            figures = _measure(engine, queries, options)
    except SearchUnavailable as error:
        raise SystemExit(str(error)) from error
    if options.json:
        print(json.dumps(figures))
    else:
        _print(figures)


def _parser() -> ArgumentParser:
    parser = command_line(__doc__ or "")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--queries", type=Path, help="queries whose products are known")
    source.add_argument("--typos", type=int, metavar="N", help="N mistyped names; see --seed")
    source.add_argument("--names", action="store_true", help="every name and identifier")
    source.add_argument("--odd", type=int, metavar="N", help="N queries that must not fail")
    parser.add_argument("--seed", type=int, default=7, help="another seed, other queries")
    parser.add_argument("--uses", type=Path, help="titles to index as uses, in the same format")
    parser.add_argument("--backend", choices=ADAPTERS)
    parser.add_argument(
        "--semantic",
        choices=("on", "off"),
        help="semantic ranking, in Elasticsearch only; by default as ASSAY_SEARCH_SEMANTIC says",
    )
    return parser


def _semantic(parser: ArgumentParser, engine: str, mode: str | None) -> SemanticRanking | None:
    is_default = settings.ASSAY_SEARCH_SEMANTIC and engine == "elasticsearch"
    if mode == "off" or not (mode or is_default):
        return None
    if engine != "elasticsearch":
        parser.error("The embedded engine has no semantic ranking: add --backend elasticsearch.")
    try:
        return get_semantic_ranking()
    except ImportError as error:
        parser.error(f"{error}: pip install .[semantic]")


def _measure(
    engine: SearchBackend, queries: Sequence[Query], options: Namespace
) -> Mapping[str, object]:
    if options.odd:
        return asdict(run_fuzz_queries(engine=engine, count=options.odd, seed=options.seed))
    if options.names:
        return run_names(engine=engine).figures()
    if options.typos:
        return run_typos(engine=engine, count=options.typos, seed=options.seed).figures()
    return asdict(evaluate(engine=engine, queries=queries))


def _print(figures: Mapping[str, object]) -> None:
    """Print one line of totals, then one for each kind of query and each miss."""
    kinds, missed = figures.get("kinds"), figures.get("missed")
    totals = {key: value for key, value in figures.items() if key not in {"kinds", "missed"}}
    print("  ".join(f"{key} {value}" for key, value in totals.items()))
    for kind, counts in kinds.items() if isinstance(kinds, dict) else ():
        print(f"  {kind}: {counts['share']:.1%} of {counts['n']:,}")
    for miss in missed[:MAX_MISSES_PRINTED] if isinstance(missed, list) else ():
        print(f"  missed ({miss['kind']}): {miss['typed']}")
