"""Relevance on real queries: a floor for every engine, on the corpus next to the checkout."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from benchmarks.relevance.cli import main
from benchmarks.relevance.robustness import run_names, run_typos
from benchmarks.relevance.scratch_engine import scratch_engine
from tests.factories import make_published_product

FLOOR = 0.58
ENGINES = ["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)]


@pytest.fixture
def evaluate(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def run(*options: str) -> dict[str, Any]:
        capsys.readouterr()
        main([*options, "--json"])
        figures: dict[str, Any] = json.loads(capsys.readouterr().out)
        return figures

    return run


def error_of(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("engine", ENGINES)
def test_known_items_are_found_at_the_required_rank(
    engine: str, shared_folder: Path, settings: Any, elasticsearch_url: str, evaluate: Any
):
    settings.ELASTICSEARCH_URL = elasticsearch_url
    corpora = shared_folder / "corpora"
    call_command("import_aws_open_data", str(corpora / "aws_open_data.jsonl"), stdout=StringIO())

    figures = evaluate("--queries", str(corpora / "aws_queries.jsonl"), "--backend", engine)

    assert figures["n"] == 1106
    assert figures["mrr_at_10"] >= FLOOR


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("engine", ENGINES)
def test_names_come_first_and_their_typos_among_the_first_three(
    engine: str, shared_folder: Path, settings: Any, elasticsearch_url: str
):
    settings.ELASTICSEARCH_URL = elasticsearch_url
    registry = shared_folder / "corpora" / "aws_open_data.jsonl"
    call_command("import_aws_open_data", str(registry), stdout=StringIO())

    with scratch_engine(name=engine) as filled:
        names = run_names(engine=filled, every=5)
        typos = run_typos(engine=filled, count=500, seed=7)

    assert names.missed == []
    assert names.n["name"] == 238
    assert typos.share() >= 0.95, typos.missed


@pytest.mark.django_db
def test_titles_of_uses_find_their_product(tmp_path: Path, evaluate: Any):
    product = make_published_product("Ledger")
    queries, uses = tmp_path / "queries.jsonl", tmp_path / "uses.jsonl"
    target = f"{product.domain.slug}/{product.slug}"
    queries.write_text(json.dumps({"query": "zeppelin voyages", "targets": [product.slug]}))
    uses.write_text(json.dumps({"query": "Voyages by zeppelin", "targets": [target]}))

    assert evaluate("--queries", str(queries))["mrr_at_10"] == 0
    assert evaluate("--queries", str(queries), "--uses", str(uses))["mrr_at_10"] == 1


def test_the_embedded_engine_has_no_semantic_ranking(tmp_path: Path, capsys: Any):
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"query": "x", "targets": []}')

    error = error_of(capsys, "--queries", str(queries), "--semantic", "on", "--backend", "embedded")

    assert "add --backend elasticsearch" in error


@pytest.mark.parametrize("line", ['{"question": "y"}', '{"query": "y", "targets": "z"}', "y", "5"])
def test_an_invalid_line_is_named(tmp_path: Path, capsys: Any, line: str):
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"query": "x", "targets": []}\n' + line)

    assert "queries.jsonl:2" in error_of(capsys, "--queries", str(queries))


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "Nothing to measure"), (b"\xff\xfe", "not UTF-8 text")]
)
def test_a_file_without_a_query_is_an_error(
    tmp_path: Path, capsys: Any, content: bytes, message: str
):
    queries = tmp_path / "queries.jsonl"
    queries.write_bytes(content)

    assert message in error_of(capsys, "--queries", str(queries))
