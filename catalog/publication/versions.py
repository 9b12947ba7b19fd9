"""Version numbers: their order, what a short one means, and which one comes next; pure."""

import re
from collections.abc import Sequence

from catalog.products.changes import ChangeClass

LATEST = "latest"
_NUMBERS = re.compile(r"([vV]?)(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")


def resolve_version(selector: str, versions: Sequence[str]) -> str | None:
    """Return the version that a selector means, of those published, newest first.

    A selector is a version, `latest`, or the beginning of one: `1` or `1.4`.
    """
    if selector in versions:
        return selector
    if selector == LATEST:
        return next(iter(versions), None)
    beginning = _parts(selector)
    matches = (version for version in versions if _parts(version)[: len(beginning)] == beginning)
    return next(matches, None) if beginning else None


def next_version(version: str, change_class: ChangeClass | None) -> str:
    """Return the version after another one for the greatest class of its changes.

    A text that is no version number gets a further part: `2024-06` becomes `2024-06.1`.
    """
    match = _NUMBERS.fullmatch(version)
    if not match:
        return f"{version}.1"
    major, minor, patch = (int(part or 0) for part in match.groups()[1:])
    if change_class is ChangeClass.BREAKING:
        return f"{match[1]}{major + 1}.0.0"
    if change_class is ChangeClass.COMPATIBLE:
        return f"{match[1]}{major}.{minor + 1}.0"
    return f"{match[1]}{major}.{minor}.{patch + 1}"


def is_later(version: str, than: str) -> bool | None:
    """Return whether a version number is greater than another one; None if one is no number."""
    numbers, others = _parts(version), _parts(than)
    return numbers > others if numbers and others else None


def _parts(version: str) -> tuple[int, ...]:
    match = _NUMBERS.fullmatch(version)
    return tuple(int(part) for part in match.groups()[1:] if part) if match else ()
