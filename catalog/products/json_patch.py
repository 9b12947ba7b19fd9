"""A JSON Patch (RFC 6902) applied to a tree, step by step, within limits; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import jsonpatch
import jsonpointer

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.products.projection import Tree

MOST_STEPS = 1_000
MOST_DEPTH = 64
MOST_VALUES = 100_000
OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
_GROWING = ("add", "copy", "move", "replace")
_MISAPPLIED = (
    jsonpatch.JsonPatchException,
    jsonpointer.JsonPointerException,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)


def patched(tree: Tree, patch: Sequence[Any]) -> Any:
    """Return the value that a patch makes of a tree; the tree itself stays as it is.

    A step may double what is there, so each growing step is measured before the next is taken.
    Raises Invalid, which names the step: `/2` is the third.
    """
    if len(patch) > MOST_STEPS:
        raise _refused("", f"A patch has at most {MOST_STEPS} steps.", "Send it in parts.")
    value: Any = deepcopy(tree)
    for index, step in enumerate(patch):
        _check_step(step, f"/{index}")
        try:
            value = jsonpatch.JsonPatch([step]).apply(value)
        except jsonpatch.JsonPatchTestFailed as failure:
            raise _refused(
                f"/{index}",
                "What this step tests is not so.",
                "Look at the present document, then patch that.",
                "patch-test-failed",
            ) from failure
        except _MISAPPLIED as error:
            raise _refused(
                f"/{index}",
                f"This step does not apply: {_sentence(error)}",
                "Name a place that the document has.",
            ) from error
        if step["op"] in _GROWING:
            _measure(value, f"/{index}")
    return value


def _check_step(step: Any, at: str) -> None:
    if not isinstance(step, Mapping):
        raise _refused(at, "A step is an object.", 'Write {"op": …, "path": …}.')
    if step.get("op") not in OPERATIONS:
        raise _refused(f"{at}/op", "This is no operation.", f"Use {', '.join(OPERATIONS)}.")
    for key in ("path", "from"):
        is_needed = key == "path" or step["op"] in ("move", "copy")
        if is_needed and not isinstance(step.get(key), str):
            raise _refused(f"{at}/{key}", "This is a JSON Pointer.", "Write it as /tags/0.")


def _measure(value: Any, at: str) -> None:
    """Refuse what has grown too deep or too large; walks level by level, never recursing."""
    level, depth, count = [value], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > MOST_DEPTH or count > MOST_VALUES:
            raise _refused(
                at,
                f"The document grows over {MOST_DEPTH} deep or {MOST_VALUES:,} values.",
                "Keep it smaller and flatter.",
            )
        level = [inner for outer in level for inner in _inside(outer)]


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _sentence(error: Exception) -> str:
    text = str(error).strip("'\"").rstrip(".")[:200]
    return f"{text}." if text else "there is no such place."


def _refused(location: str, message: str, hint: str, code: str = "patch") -> ValidationFailed:
    return ValidationFailed(
        [Issue(location=location or "/", message=message, hint=hint, code=code)]
    )
