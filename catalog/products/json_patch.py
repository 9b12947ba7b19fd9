"""A JSON Patch (RFC 6902) applied to a tree, step by step, within limits; pure."""

from collections.abc import Mapping, Sequence
from copy import deepcopy

import jsonpatch
import jsonpointer

from catalog.exceptions import ValidationFailed, require_valid
from catalog.issues import Issue
from catalog.products.document_size import MAX_VALUES, Size, measure, size_issues
from catalog.types import JSONObject, JSONValue

MAX_STEPS = 1_000
# All values that the steps add, copy, move and remove: what a patch costs.
MAX_HANDLED_VALUES = 2 * MAX_VALUES
OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
_NOTHING = Size(0, 0, 0)
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

    A step may double the document, so the result of each is measured before it is taken.
    Raises ValidationFailed, which names the step: `/2` is the third.
    """
    if len(patch) > MAX_STEPS:
        raise _refused("", f"A patch has at most {MAX_STEPS} steps.", "Send it in parts.")
    value: JSONValue = deepcopy(tree)
    size, handled = measure(value), 0
    for index, step in enumerate(patch):
        at = f"/{index}"
        _check_step(step, at)
        try:
            added, removed = _sizes(step, value)
            size, handled = _grown(size, added, removed), handled + added.values + removed.values
            if handled > MAX_HANDLED_VALUES:
                message = f"The steps handle more than {MAX_HANDLED_VALUES:,} values in all."
                raise _refused(at, message, "Send the whole document instead.", "too-large")
            require_valid(size_issues(size, at))
            value = jsonpatch.JsonPatch([step]).apply(value, in_place=True)
        except jsonpatch.JsonPatchTestFailed as error:
            message, hint = "The test of this step fails.", "Read the current document, patch that."
            raise _refused(at, message, hint, "patch-test-failed") from error
        except _CANNOT_APPLY as error:
            reason = str(error).strip("'\"").rstrip(".")[:200] or "there is no such location"
            message = f"This step cannot be applied: {reason}."
            raise _refused(at, message, "Use a location that the document has.") from error
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


def _sizes(step: Mapping[str, JSONValue], value: JSONValue) -> tuple[Size, Size]:
    """Return the sizes of what a step puts at its path and of what it takes away.

    The depth of the first is that of the whole document down to it.
    """
    operation, path = step["op"], jsonpointer.JsonPointer(step["path"])
    if operation == "test":
        return _NOTHING, _NOTHING
    added = removed = _NOTHING
    if operation in ("copy", "move"):
        added = measure(jsonpointer.resolve_pointer(value, step["from"]))
    elif operation in ("add", "replace"):
        added = measure(step["value"])
    parent = jsonpointer.JsonPointer.from_parts(path.parts[:-1]).resolve(value)
    if (operation != "copy" and operation != "add") or isinstance(parent, Mapping):
        removed = measure(path.resolve(value, None))
    if operation == "move":
        removed = Size(removed.values + added.values, removed.characters + added.characters, 0)
    return added._replace(depth=len(path.parts) + added.depth), removed


def _grown(size: Size, added: Size, removed: Size) -> Size:
    return Size(
        size.values + added.values - removed.values,
        size.characters + added.characters - removed.characters,
        max(size.depth, added.depth),
    )


def _refused(location: str, message: str, hint: str, code: str = "patch") -> ValidationFailed:
    issue = Issue(location=location or "/", message=message, hint=hint, code=code)
    return ValidationFailed([issue])
