"""Every format of the registry: its name, its place in the lists, and which files it claims."""

import os
from pathlib import Path

import pytest

from catalog.exceptions import ValidationFailed
from catalog.manifests.formats.registry import FORMATS, detect_format, get_format

LIST = Path("docs/formats.md")
HEAD = """\
# Formats that are imported

Written from `catalog/manifests/formats/registry.py`: [how to add one](how-to/add-a-format.md).
They are imported by `manage.py import_manifests`, on the page **Publish › By manifest** and by
`PUT /api/v1/manifests`.

| name | format | versions | files |
|---|---|---|---|
"""


def test_the_documented_list_is_that_of_the_registry():
    rows = "".join(f"| `{f.name}` | {f.title} | {f.versions} | {f.files} |\n" for f in FORMATS)
    if os.environ.get("WRITE_FORMATS"):
        LIST.write_text(HEAD + rows)

    assert LIST.read_text() == HEAD + rows, "WRITE_FORMATS=1 writes the list again"


def test_names_are_unique():
    assert len({known.name for known in FORMATS}) == len(FORMATS)


def test_a_format_is_found_by_its_name():
    assert get_format("odcs").name == "odcs"
    with pytest.raises(ValidationFailed) as caught:
        get_format("odc")
    assert "Did you mean odcs?" in caught.value.issues[0].hint


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
@pytest.mark.parametrize("value", [None, 1, "x", True, [], {}, [1], [[]], {"kind": []}, [{}]])
def test_no_format_claims_a_value_that_says_nothing(known, value):
    assert not known.detects(value)


def test_our_documents_are_detected_by_their_kind():
    assert detect_format([None, {"kind": "DataProduct"}]).name == "bitol-odps"
    assert detect_format([{"kind": "DataContract"}]).name == "odcs"
