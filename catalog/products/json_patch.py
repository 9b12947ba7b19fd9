"""A JSON Patch (RFC 6902) applied to a tree, step by step, within limits; pure."""

from collections.abc import Mapping, Sequence
from copy import deepcopy

import jsonpatch
import jsonpointer

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.types import JSONObject, JSONValue

MAX_STEPS = 1_000
MAX_DEPTH = 64
MAX_VALUES = 100_000
OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
_GROWING = ("add", "copy", "move", "replace")
_CANNOT_APPLY = (
    jsonpatch.JsonPatchException,
    jsonpointer.JsonPointerException,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)


def apply_patch(tree: JSONObject, patch: Sequence[JSONValue]) -> JSONValue:
    """Return the value that a patch makes of a tree; the tree itself is not changed.

    A step may double the document, so each growing step is measured before the next is taken.
    Raises ValidationFailed, which names the step: `/2` is the third.
    """
    if len(patch) > MAX_STEPS:
        raise _refused("", f"A patch has at most {MAX_STEPS} steps.", "Send it in parts.")
    value: JSONValue = deepcopy(tree)
    for index, step in enumerate(patch):
        at = f"/{index}"
        _check_step(step, at)
        try:
            value = jsonpatch.JsonPatch([step]).apply(value)
        except jsonpatch.JsonPatchTestFailed as error:
            message, hint = "The test of this step fails.", "Read the current document, patch that."
            raise _refused(at, message, hint, "patch-test-failed") from error
        except _CANNOT_APPLY as error:
            reason = str(error).strip("'\"").rstrip(".")[:200] or "there is no such location"
            message = f"This step cannot be applied: {reason}."
            raise _refused(at, message, "Use a location that the document has.") from error
        if step["op"] in _GROWING:
            _check_size(value, at)
    return value


def _check_step(step: JSONValue, at: str) -> None:
    if not isinstance(step, Mapping):
        raise _refused(at, "Must be an object.", 'Write {"op": …, "path": …}.')
    if step.get("op") not in OPERATIONS:
        raise _refused(f"{at}/op", "Unknown operation.", f"Use {', '.join(OPERATIONS)}.")
    for key in ("path", "from"):
        is_required = key == "path" or step["op"] in ("move", "copy")
        if is_required and not isinstance(step.get(key), str):
            raise _refused(f"{at}/{key}", "Must be a JSON Pointer.", "Write it as /tags/0.")


def _check_size(value: JSONValue, at: str) -> None:
    """Refuse what has grown too deep or too large; walks level by level, never recursing."""
    level, depth, count = [value], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > MAX_DEPTH or count > MAX_VALUES:
            message = f"The document grows over {MAX_DEPTH} levels or {MAX_VALUES:,} values."
            raise _refused(at, message, "Keep it smaller and flatter.")
        collections = [item for item in level if isinstance(item, dict | list)]
        level = [
            member
            for item in collections
            for member in (item.values() if isinstance(item, dict) else item)
        ]


def _refused(location: str, message: str, hint: str, code: str = "patch") -> ValidationFailed:
    issue = Issue(location=location or "/", message=message, hint=hint, code=code)
    return ValidationFailed([issue])
