"""Relevance on real queries: a floor for every engine, on the corpus beside the checkout."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.search.services.evaluation import scratch_engine
from catalog.search.services.trials import try_names, try_typos
from tests.factories import make_published_product

FLOOR = 0.58
ENGINES = ["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)]


def evaluate(*options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("evaluate_search", *options, "--json", stdout=out)
    figures: dict[str, Any] = json.loads(out.getvalue())
    return figures


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("engine", ENGINES)
def test_known_items_are_found_at_the_promised_rank(
    engine: str, shared_folder: Path, settings: Any, elasticsearch_url: str
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
def test_real_names_come_first_and_their_typos_among_the_first_three(
    engine: str, shared_folder: Path, settings: Any, elasticsearch_url: str
):
    settings.ELASTICSEARCH_URL = elasticsearch_url
    registry = shared_folder / "corpora" / "aws_open_data.jsonl"
    call_command("import_aws_open_data", str(registry), stdout=StringIO())

    with scratch_engine(name=engine) as filled:
        names = try_names(engine=filled, every=5)
        typos = try_typos(engine=filled, count=500, seed=7)

    assert names.missed == []
    assert names.n["name"] == 238
    assert typos.share() >= 0.95, typos.missed


@pytest.mark.django_db
def test_titles_that_name_a_product_find_it(tmp_path: Path):
    product = make_published_product("Ledger")
    queries, uses = tmp_path / "queries.jsonl", tmp_path / "uses.jsonl"
    target = f"{product.domain.slug}/{product.slug}"
    queries.write_text(json.dumps({"query": "zeppelin voyages", "targets": [product.slug]}))
    uses.write_text(json.dumps({"query": "Voyages by zeppelin", "targets": [target]}))

    assert evaluate("--queries", str(queries))["mrr_at_10"] == 0
    assert evaluate("--queries", str(queries), "--uses", str(uses))["mrr_at_10"] == 1


@pytest.mark.django_db
def test_the_embedded_engine_is_measured_without_meaning(tmp_path: Path):
    queries = tmp_path / "queries.jsonl"
    queries.write_text("")

    with pytest.raises(CommandError, match="add --backend elasticsearch"):
        evaluate("--queries", str(queries), "--meaning", "on", "--backend", "embedded")


@pytest.mark.parametrize("line", ['{"question": "y"}', '{"query": "y", "targets": "z"}', "y", "5"])
def test_a_line_of_another_form_is_named(tmp_path: Path, line: str):
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"query": "x", "targets": []}\n' + line)

    with pytest.raises(CommandError, match=r"queries\.jsonl:2"):
        call_command("evaluate_search", "--queries", str(queries))


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "nothing to ask"), (b"\xff\xfe", "not UTF-8 text")]
)
def test_a_file_without_a_query_is_no_success(tmp_path: Path, content: bytes, said: str, db):
    queries = tmp_path / "queries.jsonl"
    queries.write_bytes(content)

    with pytest.raises(CommandError, match=said):
        call_command("evaluate_search", "--queries", str(queries), "--backend", "embedded")
