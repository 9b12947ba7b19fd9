"""An example of every operation that writes: its request, and the answer that it got."""

import json
from pathlib import Path
from typing import TypedDict

from catalog.types import JSONValue

PATH = Path(__file__).with_name("examples.json")


class Example(TypedDict):
    """A request's body, None without one, and the answer to it, None without content."""

    request: JSONValue
    status: int
    answer: JSONValue


# By method and address, such as "PUT /api/v1/manifests"; tests/catalog/test_api_examples.py writes
# the file from what the application answers.
EXAMPLES: dict[str, Example] = json.loads(PATH.read_text(encoding="utf-8"))
