"""JSONPath (RFC 9535) of one place: `$`, `.name`, `['name']` and `[index]`; pure."""

import re
from collections.abc import Sequence

from catalog.types import JSONValue

MAX_LENGTH, MAX_STEPS = 500, 50
_STEP = re.compile(
    r"\.(?P<name>[^\W\d][\w-]*)|\[(?P<index>-?(?:0|[1-9]\d{0,8}))\]"
    r"|\['(?P<single>[^'\\]*)'\]|\[\"(?P<double>[^\"\\]*)\"\]"
)
MISSING = object()


class InvalidPath(ValueError):
    """The text is no path to one place; its message says where."""


def parse_path(path: str) -> list[str | int]:
    """Return the steps of a path. Raises InvalidPath."""
    if len(path) > MAX_LENGTH:
        raise InvalidPath(f"A path has at most {MAX_LENGTH} characters.")
    if not path.startswith("$"):
        raise InvalidPath("A path begins with $.")
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            message = f"Only names and numbers are read in a path, not {path[position:][:20]!r}."
            raise InvalidPath(message)
        index = step["index"]
        names = (step["name"], step["single"], step["double"])
        steps.append(int(index) if index else next(name for name in names if name is not None))
        position = step.end()
    if len(steps) > MAX_STEPS:
        raise InvalidPath(f"A path has at most {MAX_STEPS} steps.")
    return steps


def value_at(document: JSONValue, steps: Sequence[str | int]) -> JSONValue:
    """Return the value at a path, or MISSING."""
    for step in steps:
        if not isinstance(document, dict if isinstance(step, str) else list):
            return MISSING
        try:
            document = document[step]  # type: ignore[index]
        except (KeyError, IndexError):
            return MISSING
    return document
