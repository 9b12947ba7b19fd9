"""Why the catalog says no: one small family of errors that pages, API and commands translate."""

from __future__ import annotations

from collections.abc import Sequence

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
    """The step does not start from the present status."""

    code = "invalid-transition"


class ImmutableVersion(CatalogError):
    """A published version names this content, so it never changes again."""

    code = "immutable-version"


class EditConflict(CatalogError):
    """Someone has edited in between: `seen` is the edition sent, `current` the one that stands."""

    code = "edit-conflict"

    def __init__(self, *, seen: int, current: int) -> None:
        super().__init__(
            f"You edited edition {seen}, but edition {current} stands.",
            location="edition",
            hint="Look at what changed, then send your edit again with the present edition.",
        )
        self.seen = seen
        self.current = current


def require_edition(*, named: int, read: int, stands: int) -> None:
    """Raise EditConflict unless the edition that an edit names is the one that stands.

    What the edit is made of was `read` before the lock, so that too must be of this edition.
    """
    if not named == read == stands:
        raise EditConflict(seen=read if named == stands else named, current=stands)


class ValidationFailed(CatalogError):
    """What was sent does not hold together; `faults` names every place."""

    code = "invalid"

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__("; ".join(f"{f.location}: {f.message}" for f in issues) or "invalid")
        self.issues = tuple(issues)
