"""Foreign catalogs: every entry lands or is reported, and nothing made here is lost."""

import io
import json
import tracemalloc
from functools import partial

import pytest
from django.core.management import call_command

from catalog.manifests import aws_open_data, hf_dataset_cards
from catalog.manifests.services.external import import_entries
from catalog.products.models import DataProduct
from catalog.products.services import patch_document
from catalog.publication.services import adopt_product
from tests.concurrency import run_concurrently
from tests.conftest import SHARED
from tests.factories import FACTORY

pytestmark = pytest.mark.django_db

ENTRY = {
    "slug": "Storms_2",
    "name": "Storms of the north",
    "description": "Tracks of storms.",
    "managed_by": "[Weather office](https://example.org)",
    "contact": "storms@example.org",
    "tags": ["weather", "weather", "climate"],
    "resources": [
        {"type": "S3 Bucket", "arn": "arn:aws:s3:::storms", "description": "All tracks"},
        {"type": "SNS Topic", "arn": "arn:aws:sns:eu:1:new", "description": "New tracks"},
    ],
}


@pytest.fixture
def rejected():
    """The entries that were not imported, in order."""
    return []


def _bring(*entries, module=aws_open_data, **options):
    lines = b"\n".join(
        entry if isinstance(entry, bytes) else json.dumps(entry).encode() for entry in entries
    )
    return import_entries(
        catalog=module.CATALOG,
        lines=io.BytesIO(lines),
        entry_of=module.entry_of,
        actor=FACTORY,
        **options,
    )


def test_an_entry_becomes_an_external_product_with_ports():
    report = _bring(ENTRY)

    product = DataProduct.objects.get()
    assert report.counts == {"created": 1}
    assert (product.status, product.slug, product.tags) == (
        "external",
        "storms_2",
        ["weather", "climate"],
    )
    assert product.aliases.get().identifier == "Storms_2"
    assert product.tree["team"] == {"name": "Weather office"}
    places = [
        (port.type, port.port_contract.contract.identifier) for port in product.output_ports.all()
    ]
    assert places == [("s3", "Storms_2"), ("custom", "Storms_2")]
    assert product.contracts.get().servers.first().location == "s3://storms"


def test_a_second_import_changes_only_what_changed():
    _bring(ENTRY)
    revision = DataProduct.objects.get().revision

    same = _bring(ENTRY)
    assert DataProduct.objects.get().revision == revision
    changed = _bring(ENTRY | {"description": "Tracks and winds."})

    assert (same.counts, changed.counts) == ({"unchanged": 1}, {"changed": 1})
    assert DataProduct.objects.get().purpose == "Tracks and winds."


def test_an_edit_by_people_is_a_conflict_until_it_is_overwritten(rejected):
    _bring(ENTRY)
    product = DataProduct.objects.get()
    edit = [{"op": "replace", "path": "/description/purpose", "value": "Mine."}]
    patch_document(product=product, patch=edit, edition=product.edition, actor=FACTORY)
    newer = ENTRY | {"description": "Theirs."}

    refused = _bring(newer, on_rejected=rejected.append)
    purpose = DataProduct.objects.get().purpose
    _bring(newer, overwrite=True)

    assert (refused.counts, purpose) == ({"conflict": 1}, "Mine.")
    assert "edited here" in rejected[0].reason
    assert DataProduct.objects.get().purpose == "Theirs."


def test_an_adopted_product_is_never_overwritten():
    _bring(ENTRY)
    product = DataProduct.objects.get()
    adopt_product(product=product, edition=product.edition, actor=FACTORY)

    report = _bring(ENTRY | {"description": "Theirs."}, overwrite=True)

    assert report.counts == {"conflict": 1}
    assert DataProduct.objects.get().purpose == "Tracks of storms."


BAD_LINES = {
    "no JSON": b"{",
    "no object": b"[1, 2]",
    "no slug": json.dumps({"name": "x"}).encode(),
    "a slug that makes no address": json.dumps(ENTRY | {"slug": "../x"}).encode(),
    "an object for a text": json.dumps(ENTRY | {"name": {"a": 1}}).encode(),
    "a text for a list": json.dumps(ENTRY | {"tags": "weather"}).encode(),
    "a NUL": b'{"slug": "x", "name": "a\\u0000b"}',
    "half a surrogate": b'{"slug": "x", "name": "a\\ud800b"}',
    "a depth without end": b'{"slug": "x", "a": ' + b"[" * 100_000,
    "not UTF-8": b'{"slug": "\xff"}',
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_reported_and_the_others_are_imported(line, rejected):
    report = _bring(ENTRY, line, ENTRY | {"slug": "other"}, on_rejected=rejected.append)

    assert report.counts == {"created": 2, "refused": 1}
    assert [entry.line for entry in rejected] == [2]
    assert 0 < len(rejected[0].reason) <= 1_000


def test_a_very_long_line_is_reported_and_takes_little_memory():
    huge = b'{"slug": "' + b"x" * 30_000_000 + b'"}'
    lines = io.BytesIO(huge + b"\n" + json.dumps(ENTRY).encode())
    tracemalloc.start()

    report = import_entries(
        catalog=aws_open_data.CATALOG,
        lines=lines,
        entry_of=aws_open_data.entry_of,
        actor=FACTORY,
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert report.counts == {"created": 1, "refused": 1}
    assert peak < 25_000_000


def test_the_bias_text_of_a_card_is_an_answer_unless_it_is_a_placeholder():
    card = {
        "slug": "reviews",
        "pretty_name": "Reviews",
        "summary": "Reviews of books.",
        "biases": "Readers in cities write more.",
        "limitations": "[More Information Needed]",
        "collection_method": "Crawled.",
        "language": ["pl"],
    }

    _bring(card, module=hf_dataset_cards)

    product = DataProduct.objects.get()
    answers = dict(product.provenance.answers.values_list("question", "text"))
    assert answers == {
        "known_imbalances": "Readers in cities write more.",
        "collection_method": "Crawled.",
    }
    assert product.limitations == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "file", "entries"),
    [
        ("import_aws_open_data", "aws_open_data.jsonl", 1190),
        ("import_hf_dataset_cards", "hf_dataset_cards.jsonl", 769),
    ],
)
def test_every_entry_of_a_real_catalog_is_imported(command, file, entries, capsys):
    path = SHARED / "corpora" / file
    if not path.exists():
        pytest.skip(f"{file} is not beside this clone")

    call_command(command, str(path), json=True)

    report = json.loads(capsys.readouterr().out)
    assert (report["lines"], report["created"], report["problems"]) == (entries, entries, [])
    assert DataProduct.objects.filter(status="external").count() == entries


def _write_lines(path, count):
    """Write a file of long entries that are one and the same, with refused ones between them."""
    long = json.dumps(ENTRY | {"description": "A track. " * 2_000}).encode()
    with path.open("wb") as file:
        for number in range(count):
            file.write((b'{"slug": "' + b"x" * 50_000 if number % 5 == 4 else long) + b"\n")


def _peak_of(path, tmp_path, command="import_aws_open_data"):
    """Return the most memory that an import of a file takes, in bytes."""
    with (tmp_path / "report.json").open("w") as report:
        tracemalloc.start()
        with pytest.raises(SystemExit):
            call_command(command, str(path), json=True, stdout=report)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


@pytest.mark.parametrize("command", ["import_aws_open_data", "import_hf_dataset_cards"])
def test_a_file_five_times_as_long_takes_no_more_memory(command, tmp_path):
    short, long = tmp_path / "short.jsonl", tmp_path / "long.jsonl"
    _write_lines(short, 200)
    _write_lines(long, 1_000)

    _peak_of(short, tmp_path, command)  # what is loaded once
    first = _peak_of(short, tmp_path, command)
    second = _peak_of(long, tmp_path, command)

    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["lines"], report["unchanged"], report["refused"]) == (1_000, 800, 200)
    assert [row["line"] for row in report["problems"]] == list(range(5, 1_001, 5))
    assert long.stat().st_size > 20_000_000
    assert second < first + 1_000_000


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_import_each_entry_once():
    entries = [ENTRY | {"slug": f"storms-{number}"} for number in range(30)]

    reports = run_concurrently([partial(_bring, *entries), partial(_bring, *reversed(entries))])

    assert [report.lines for report in reports] == [30, 30]
    assert DataProduct.objects.count() == 30
    assert all(report.is_complete for report in reports)


def test_an_entry_that_is_edited_during_the_import_is_a_conflict_and_keeps_the_edit(rejected):
    _bring(ENTRY)
    product = DataProduct.objects.get()

    def edited_meanwhile(fields):
        edit = [{"op": "replace", "path": "/description/purpose", "value": "Mine."}]
        patch_document(product=product, patch=edit, edition=product.edition, actor=FACTORY)
        return aws_open_data.entry_of(fields)

    report = import_entries(
        catalog=aws_open_data.CATALOG,
        lines=io.BytesIO(json.dumps(ENTRY | {"description": "Theirs."}).encode()),
        entry_of=edited_meanwhile,
        actor=FACTORY,
        on_rejected=rejected.append,
    )

    assert report.counts == {"conflict": 1}
    assert DataProduct.objects.get().purpose == "Mine."
