"""The errors of the API that the catalog does not know."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from rest_framework import exceptions, status

from catalog.exceptions import CatalogError, EditConflict, ValidationFailed
from catalog.types import JSONObject


class InvalidParameters(exceptions.ValidationError):
    """Invalid query parameters; the detail is by parameter."""


class InsufficientScope(exceptions.PermissionDenied):
    """The token lacks a scope."""


class PreconditionRequired(exceptions.APIException):
    """An edit without If-Match."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "If-Match is required."
    default_code = "precondition-required"
    hint = "Send the ETag of what you have read as If-Match."


class TooLarge(exceptions.APIException):
    """A body that exceeds the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too-large"
    hint = "Send less at a time."


class ConflictWithState(EditConflict):
    """An edit conflict with the current representation, as the caller may see it."""

    def __init__(self, conflict: EditConflict, state: Mapping[str, object]) -> None:
        super().__init__(sent=conflict.sent, current=conflict.current)
        self.state = state


@contextmanager
def relocating(old: str, new: str) -> Iterator[None]:
    """Let the locations of issues begin with `new` instead of `old`; an empty one is `/`."""
    try:
        yield
    except ValidationFailed as invalid:
        raise ValidationFailed(
            [
                replace(issue, location=new + issue.location.removeprefix(old) or "/")
                if issue.location.startswith(old)
                else issue
                for issue in invalid.issues
            ]
        ) from invalid


class Retired(CatalogError):
    """The product is retired; `state` is its last representation and names its successor."""

    code = "retired"

    def __init__(self, state: JSONObject) -> None:
        successor = state.get("successor")
        hint = f"Use {successor} instead." if successor else ""
        super().__init__("This product is retired.", hint=hint)
        self.state = state
