"""How large a document may be: values, characters and depth; pure."""

from typing import NamedTuple

from catalog.issues import Issue
from catalog.types import JSONValue

MAX_VALUES = 100_000
MAX_CHARACTERS = 2 * 1024 * 1024
MAX_DEPTH = 64


class Size(NamedTuple):
    """Keys count as values; `depth` is 1 for a scalar."""

    values: int
    characters: int
    depth: int


def measure(value: JSONValue) -> Size:
    """Return the size of a value; walks level by level, and no deeper than is allowed."""
    level, values, characters, depth = [value], 0, 0, 0
    while level and depth <= MAX_DEPTH:
        depth += 1
        values += len(level)
        below: list[JSONValue] = []
        for item in level:
            if isinstance(item, str):
                characters += len(item)
            elif isinstance(item, dict):
                values += len(item)
                characters += sum(map(len, item))
                below += item.values()
            elif isinstance(item, list):
                below += item
        level = below
    return Size(values, characters, depth)


def size_issues(size: Size, location: str = "/") -> list[Issue]:
    """Return an issue for each limit that a size exceeds."""
    limits = (
        (size.values, MAX_VALUES, "values"),
        (size.characters, MAX_CHARACTERS, "characters"),
        (size.depth, MAX_DEPTH, "levels"),
    )
    return [
        Issue(
            location=location,
            message=f"A document has at most {maximum:,} {unit}.",
            hint="Keep it smaller and flatter.",
            code="too-large",
        )
        for count, maximum, unit in limits
        if count > maximum
    ]
