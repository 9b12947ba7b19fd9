"""Loads Croissant datasets in mlcroissant, and prints what it made of each as JSON.

The standard input is a list of requests: a URL or a document, and the record sets to read. A
dataset that does not load has the client's own message as its error.
"""

import json
import logging
import sys
from typing import Any

import mlcroissant as mlc

logging.disable(logging.CRITICAL)


def plain(value: Any) -> Any:
    """Return a value of a record as JSON has it; text comes as bytes."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def load(request: dict[str, Any]) -> dict[str, Any]:
    try:
        dataset = mlc.Dataset(jsonld=request["dataset"])
        records = {name: list(dataset.records(name)) for name in request.get("read", ())}
    except Exception as error:  # noqa: BLE001  (whatever it is, the test shows it)
        return {"error": f"{type(error).__name__}: {error} {error.__cause__ or ''}"}
    document = dataset.metadata.to_json()
    return {"document": document, "records": {key: plain(rows) for key, rows in records.items()}}


print(json.dumps([load(request) for request in json.load(sys.stdin)], default=str))
