"""Reads a hierarchy of codes from CSV: from each value to its group at a level; pure."""

import csv
from io import StringIO

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue

MAX_VALUES = 20_000
MAX_LENGTH = 200
SEPARATORS = ";,\t"


def read_hierarchy(text: str, level: int, *, at: str) -> dict[str, str]:
    """Return the group of each value at a level, from 1; level 0 would be the value itself.

    A line has a value, then its groups, from fine to coarse, separated by semicolons, commas or
    tabs. `at` is the location of the text. Raises ValidationFailed with every bad line.
    """
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if not lines:
        raise ValidationFailed.of(f"{at}/csv", "The hierarchy is empty.", "One line per value.")
    if len(lines) > MAX_VALUES:
        raise ValidationFailed.of(f"{at}/csv", f"At most {MAX_VALUES:,} values.")
    separator = max(SEPARATORS, key=lines[0].count)
    groups: dict[str, str] = {}
    issues = []
    try:
        rows = list(csv.reader(StringIO("\n".join(lines)), delimiter=separator, strict=True))
    except csv.Error as error:
        raise ValidationFailed.of(f"{at}/csv", f"Not CSV: {error}.") from error
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        message = _problem(cells, level, groups)
        if message:
            issues.append(Issue(location=f"{at}/csv", message=f"Line {number}: {message}"))
        else:
            groups[cells[0]] = cells[level]
    if issues:
        raise ValidationFailed(issues[:20])
    return groups


def _problem(cells: list[str], level: int, groups: dict[str, str]) -> str:
    if len(cells) <= level:
        return f"it has no level {level}."
    if not cells[level]:
        return f"level {level} is empty."
    if max(len(cells[0]), len(cells[level])) > MAX_LENGTH:
        return f"at most {MAX_LENGTH} characters."
    if groups.get(cells[0], cells[level]) != cells[level]:
        return f"“{cells[0]}” is in another group already."
    return ""
