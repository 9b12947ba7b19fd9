"""JSON Schemas applied to a document: every violation as a problem at its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import jsonschema_rs
from jsonschema_rs import ValidationError, ValidationErrorKind

from catalog.interchange.marks import Document
from catalog.interchange.problems import Problem, Severity, Token, did_you_mean, pointer, shortened

MOST_PROBLEMS = 100
Path = tuple[Token, ...]

_NAMES = {
    "string": "a text",
    "object": "a mapping of names to values",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_EXAMPLES = {
    "string": 'Put it in quotes: "…".',
    "object": "Write one `name: value` on each line below it, indented.",
    "array": "Start each item with a dash below it.",
    "integer": "Write digits only, without quotes.",
    "number": "Write digits, without quotes: 0.4 for 40 %.",
    "boolean": "Write true or false, without quotes.",
}


def refuse_reference(uri: str) -> NoReturn:
    """Refuse what a schema points at outside itself: validating never reaches the network."""
    raise ValueError(f"{uri} is outside the schema")


class DocumentSchema:
    """One JSON Schema; `rule` is the first word of the rules that its problems name."""

    def __init__(self, schema: dict[str, Any], *, rule: str) -> None:
        self.schema, self.rule = schema, rule
        self.known = keys_known(schema)
        self._validator = jsonschema_rs.validator_for(schema, retriever=refuse_reference)

    def take_texts(self, document: Document, at: Path = ()) -> None:
        """Give each unquoted scalar where the schema wants a text back its own words.

        So `version: 1.0` is the text 1.0 and no number. Changes the document's tree.
        """
        for _ in range(3):  # a text taken may lead the schema to further places
            if not any(
                [self._take_text(document, at, error) for error in self._leaves(document, at)]
            ):
                return

    def problems(self, document: Document, at: Path = ()) -> list[Problem]:
        """Return what the schema has against the document, or against the value at a path."""
        errors = list(self._validator.iter_errors(value_at(document.tree, at)))
        found: dict[tuple[str, str], Problem] = {}
        for error in sorted(errors, key=_unknown_last):
            self._add(found, document, at, error)
            if len(found) >= MOST_PROBLEMS:
                break
        return sorted(found.values(), key=lambda problem: (problem.line, problem.column))

    def _add(
        self,
        found: dict[tuple[str, str], Problem],
        document: Document,
        at: Path,
        error: ValidationError,
    ) -> None:
        for leaf in _nearest(error):
            path = (*at, *leaf.instance_path)
            problems = [
                self._unknown(document, path, key) for key in self._strange(leaf, path, found)
            ]
            if not _unexpected(leaf):
                problems.append(self._problem(document, path, leaf))
            for problem in problems:
                found.setdefault((problem.path, problem.rule), problem)

    def _strange(
        self, error: ValidationError, path: Path, found: dict[tuple[str, str], Problem]
    ) -> list[str]:
        """Return the keys that the schema does not know.

        Where a part of a value fails, draft 2019-09 forgets which keys that part knows.
        """
        keys, place = _unexpected(error), pointer(path)
        is_sure = isinstance(error.kind, ValidationErrorKind.AdditionalProperties)
        if is_sure or not any(said == place or said.startswith(place + "/") for said, _ in found):
            return keys
        return [key for key in keys if key not in self.known]

    def _unknown(self, document: Document, path: Path, key: str) -> Problem:
        meant = did_you_mean(key, sorted(self.known - {key}))
        return document.problem(
            (*path, key),
            f"{self.rule}.unknown-field",
            f"{shortened(key)} is no field of the standard here; it is kept and not read",
            meant or "Move it into customProperties, or remove it.",
            Severity.WARNING,
        )

    def _problem(self, document: Document, path: Path, error: ValidationError) -> Problem:
        message, way_out = _words(error)
        is_null = error.instance is None and isinstance(error.kind, ValidationErrorKind.Type)
        return document.problem(
            path,
            f"{self.rule}.{error.kind.name}",
            message,
            way_out,
            Severity.WARNING if is_null else Severity.ERROR,
        )

    def _leaves(self, document: Document, at: Path) -> Iterator[ValidationError]:
        for error in self._validator.iter_errors(value_at(document.tree, at)):
            yield from _all_leaves(error)

    def _take_text(self, document: Document, at: Path, error: ValidationError) -> bool:
        if not isinstance(error.kind, ValidationErrorKind.Type) or error.kind.types != ["string"]:
            return False
        path = (*at, *error.instance_path)
        text = document.mark_at(pointer(path)).text
        if not path or text is None or not isinstance(error.instance, bool | int | float):
            return False
        value_at(document.tree, path[:-1])[path[-1]] = text
        return True


def value_at(tree: Any, path: Sequence[Token]) -> Any:
    """Return the value at a path that exists."""
    for token in path:
        tree = tree[token]
    return tree


def keys_known(schema: Any) -> set[str]:
    """Return every name of a field that a schema knows, wherever it stands."""
    if isinstance(schema, list):
        return {name for item in schema for name in keys_known(item)}
    if not isinstance(schema, dict):
        return set()
    held = schema.get("properties")
    own = set(held) if isinstance(held, dict) else set()
    return own.union(*(keys_known(value) for value in schema.values()))


def _unknown_last(error: ValidationError) -> tuple[bool, int]:
    return bool(_unexpected(error)), -len(error.instance_path)


def _unexpected(error: ValidationError) -> list[str]:
    match error.kind:
        case ValidationErrorKind.AdditionalProperties(unexpected):
            return unexpected
        case ValidationErrorKind.UnevaluatedProperties(unexpected):
            return unexpected
    return []


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    match error.kind:
        case ValidationErrorKind.AnyOf(context) | ValidationErrorKind.OneOfNotValid(context):
            return context
    return []


def _all_leaves(error: ValidationError) -> Iterator[ValidationError]:
    branches = _branches(error)
    if not branches:
        yield error
    for branch in branches:
        for inner in branch:
            yield from _all_leaves(inner)


def _nearest(error: ValidationError) -> Iterator[ValidationError]:
    """Say what is wrong with the branch that the value comes nearest to, not that none fits."""
    branches = [branch for branch in _branches(error) if branch]
    deeper = [
        b for b in branches if any(len(e.instance_path) > len(error.instance_path) for e in b)
    ]
    if not deeper:
        yield error
        return
    for inner in min(deeper, key=len):
        yield from _nearest(inner)


def _words(error: ValidationError) -> tuple[str, str]:
    match error.kind:
        case ValidationErrorKind.Required(name):
            return f"{name} is missing", f"Add a line `{name}: …` here."
        case ValidationErrorKind.Type(types):
            wanted = " or ".join(_NAMES.get(name, name) for name in types)
            return f"this must be {wanted}, not {_said(error)}", _EXAMPLES.get(types[0], "")
        case ValidationErrorKind.Enum(options):
            words = [str(option) for option in options]
            meant = did_you_mean(str(error.instance), words)
            return f"{_said(error)} is not one of its values", meant or f"Use {_listed(words)}."
        case ValidationErrorKind.Constant(expected):
            return f"{_said(error)} is not its value", f"Write {expected}."
        case ValidationErrorKind.Minimum(limit) | ValidationErrorKind.ExclusiveMinimum(limit):
            return f"{_said(error)} is too small", f"Write a number from {limit} up."
        case ValidationErrorKind.Maximum(limit) | ValidationErrorKind.ExclusiveMaximum(limit):
            return f"{_said(error)} is too large", f"Write a number up to {limit}."
        case ValidationErrorKind.Pattern(pattern):
            return f"{_said(error)} has another form", f"Write it so that it matches {pattern}."
        case ValidationErrorKind.MinLength() | ValidationErrorKind.MinItems():
            return "this is empty", "Give it at least one, or remove the line."
        case ValidationErrorKind.MaxLength(limit) | ValidationErrorKind.MaxItems(limit):
            return "this is too long", f"At most {limit} are read."
    return shortened(error.message, 160), "Compare it with the standard's own examples."


def _said(error: ValidationError) -> str:
    value = error.instance
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    return shortened(repr(value), 60)


def _listed(words: list[str]) -> str:
    return ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
