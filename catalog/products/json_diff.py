"""The difference of two trees as a JSON Patch (RFC 6902), in time linear in their size; pure."""

import json
from collections.abc import Iterator
from itertools import islice

from jsonpointer import escape

from catalog.products.json_patch import MAX_STEPS
from catalog.types import JSONObject, JSONValue

MAX_DEPTH = 12


def make_patch(before: JSONValue, after: JSONValue) -> list[JSONObject]:
    """Return the steps from one tree to another, at most MAX_STEPS; none if they are equal.

    Where there would be more, whole members of the document are replaced.
    """
    for depth in (MAX_DEPTH, 1, 0):
        steps = list(islice(_steps(before, after, "", depth), MAX_STEPS + 1))
        if len(steps) <= MAX_STEPS:
            break
    return steps


def _steps(before: JSONValue, after: JSONValue, at: str, depth: int) -> Iterator[JSONObject]:
    if depth and isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            if key not in after:
                yield {"op": "remove", "path": f"{at}/{escape(key)}"}
        for key, value in after.items():
            location = f"{at}/{escape(key)}"
            if key in before:
                yield from _steps(before[key], value, location, depth - 1)
            else:
                yield {"op": "add", "path": location, "value": value}
    elif depth and isinstance(before, list) and isinstance(after, list):
        yield from _list_steps(before, after, at, depth - 1)
    elif not is_same(before, after):
        yield {"op": "replace", "path": at, "value": after}


def _list_steps(
    before: list[JSONValue], after: list[JSONValue], at: str, depth: int
) -> Iterator[JSONObject]:
    """Yield the steps between the equal items at the start and those at the end of two lists."""
    shorter, start, end = min(len(before), len(after)), 0, 0
    while start < shorter and is_same(before[start], after[start]):
        start += 1
    while end < shorter - start and is_same(before[-1 - end], after[-1 - end]):
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    common = min(len(old), len(new))
    for index in range(common):
        yield from _steps(old[index], new[index], f"{at}/{start + index}", depth)
    for index in reversed(range(common, len(old))):
        yield {"op": "remove", "path": f"{at}/{start + index}"}
    for index in range(common, len(new)):
        yield {"op": "add", "path": f"{at}/{start + index}", "value": new[index]}


def is_same(before: JSONValue, after: JSONValue) -> bool:
    """Return True if two values are the same JSON; to Python 1, 1.0 and True are equal."""
    if type(before) is not type(after) or before != after:
        return False
    if not isinstance(before, dict | list):
        return True
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
