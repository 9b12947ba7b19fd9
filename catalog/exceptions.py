"""The errors of the catalog, which pages, API and commands turn into their own."""

from collections.abc import Sequence
from typing import Self

from catalog.issues import Issue


class CatalogError(Exception):
    """The catalog will not do what was asked; nothing has changed."""

    code = "refused"

    def __init__(self, message: str, *, location: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint


class PermissionDenied(CatalogError):
    """The actor may see the thing but may not do this to it."""

    code = "permission-denied"


class NotFound(CatalogError):
    """There is no such thing for this actor, whether or not it exists."""

    code = "not-found"


class NameConflict(CatalogError):
    """The name is in use by something else in the same place."""

    code = "name-conflict"


class InvalidTransition(CatalogError):
    """The current status does not allow this transition."""

    code = "invalid-transition"


class ImmutableVersion(CatalogError):
    """A published version has this content, so it cannot be changed."""

    code = "immutable-version"


class EditConflict(CatalogError):
    """Someone else has edited: `sent` is the edition that was sent, `current` the one now."""

    code = "edit-conflict"

    def __init__(self, *, sent: int, current: int) -> None:
        super().__init__(
            f"You edited edition {sent}, but the current edition is {current}.",
            location="edition",
            hint="Read what changed, then send your edit again with the current edition.",
        )
        self.sent = sent
        self.current = current


def require_edition(*, sent: int, read: int, current: int) -> None:
    """Raise EditConflict unless the edition that was sent with an edit is the current one.

    What the edit changes was `read` before the lock, so that must be of this edition too.
    """
    if not sent == read == current:
        raise EditConflict(sent=read if sent == current else sent, current=current)


class ValidationFailed(CatalogError):
    """What was sent is invalid; `issues` has every location."""

    code = "invalid"

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("; ".join(f"{f.location}: {f.message}" for f in issues) or "invalid")
        self.issues = tuple(issues)

    @classmethod
    def of(cls, location: str, message: str, hint: str = "", *, code: str = "invalid") -> Self:
        """Return the error of one invalid value."""
        return cls([Issue(location=location, message=message, hint=hint, code=code)])


def require_valid(issues: Sequence[Issue]) -> None:
    """Raise ValidationFailed if there are issues."""
    if issues:
        raise ValidationFailed(issues)
