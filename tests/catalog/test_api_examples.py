"""Every example on the API's page is sent, and its answer is the one that the page shows.

`WRITE_EXAMPLES=1 python -m pytest tests/catalog/test_api_examples.py` writes examples.json again.
"""

import json
import os
import re
from html import unescape

import pytest
from django.test import Client

from catalog.api.rest.docs import list_operations, openapi_document
from catalog.api.rest.examples import EXAMPLES, PATH
from tests.catalog.api_writes import CASES, make_mesh

pytestmark = pytest.mark.django_db
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What differs from run to run, and what the examples show instead. Times in 2031 were sent.
CHANGING = (
    (re.compile(r"\b20(?!3)\d\d-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)"), "2026-05-04T09:00:00Z"),
    (re.compile(r'(Measured on |"measured_on": ")20(?!3)\d\d-\d\d-\d\d'), r"\g<1>2026-05-04"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "5e" * 32),
    (re.compile(r"\bassay_\w+"), "assay_…"),
    (re.compile(r"\bwhsec_[\w+/=]+"), "whsec_…"),
    (re.compile(r"\b(owner|steward|consumer|outsider)-\d+"), r"\1"),
    (re.compile(r'"(id|port)": \d+'), r'"\1": 1'),
    (re.compile(r'"seconds": [\d.e-]+'), '"seconds": 0.01'),
)


def steady(example):
    """Return an example with what differs from run to run replaced."""
    text = json.dumps(example, ensure_ascii=False)
    for pattern, replacement in CHANGING:
        text = pattern.sub(replacement, text)
    uuids = list(dict.fromkeys(UUID.findall(text)))
    return json.loads(
        UUID.sub(lambda uuid: f"0b5e7a1c-52d4-4c1e-9a3f-{uuids.index(uuid[0]) + 1:012}", text)
    )


@pytest.mark.parametrize("operation", CASES, ids=" ".join)
def test_an_example_has_the_answer_that_the_application_gives(settings, tmp_path, operation):
    answer = CASES[operation](make_mesh(settings, tmp_path)).answer
    body = answer.json() if answer.content else None
    example = steady({"request": answer.sent, "status": answer.status_code, "answer": body})

    if "WRITE_EXAMPLES" in os.environ:
        EXAMPLES[" ".join(operation)] = example
        text = json.dumps(dict(sorted(EXAMPLES.items())), indent=1, ensure_ascii=False)
        PATH.write_text(f"{text}\n", encoding="utf-8")
        openapi_document.cache_clear()

    assert EXAMPLES[" ".join(operation)] == example
    if answer.sent is not None:
        method, address = operation
        bodies = openapi_document()["paths"][address][method.lower()]["requestBody"]["content"]
        assert next(iter(bodies)) == answer.wsgi_request.content_type


def test_the_document_and_the_page_show_an_example_of_every_write():
    document = openapi_document()
    page = unescape(Client().get("/api/docs").content.decode())
    writes = [operation for operation in list_operations(document) if operation.method != "GET"]

    assert set(EXAMPLES) == {f"{write.method} {write.address}" for write in writes}
    for write in writes:
        example = EXAMPLES[f"{write.method} {write.address}"]
        operation = document["paths"][write.address][write.method.lower()]
        response = operation["responses"][str(example["status"])]
        for body, place in (
            (example["request"], operation.get("requestBody")),
            (example["answer"], response),
        ):
            if body is not None:
                content = next(iter(place["content"].values()))
                assert content["examples"] == {"example": {"value": body}}
                assert json.dumps(body, indent=2, ensure_ascii=False) in page
