"""JSON Schemas applied to a document: every violation as a problem at its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NoReturn

import jsonschema_rs
from jsonpointer import JsonPointer
from jsonschema_rs import ValidationError, ValidationErrorKind

from catalog.issues import Severity, did_you_mean, shortened
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.schema_messages import words_of
from catalog.manifests.source_map import Document

MOST_PROBLEMS = 100
MOST_ERRORS = 10_000
_MOST_ROUNDS = 6
Path = tuple[str | int, ...]


def refuse_reference(uri: str) -> NoReturn:
    """Refuse what a schema points at outside itself: validating never reaches the network."""
    raise ValueError(f"{uri} is outside the schema")


class DocumentSchema:
    """One JSON Schema; `rule` is the first word of the rules that its problems name."""

    def __init__(self, schema: dict[str, Any], *, rule: str) -> None:
        self.schema, self.rule = schema, rule
        self.known = keys_known(schema)
        self._validator = jsonschema_rs.validator_for(schema, retriever=refuse_reference)

    def check(self, document: Document, at: Path = ()) -> list[DocumentIssue]:
        """Return what the schema has against the document, or against the value at a path.

        Unquoted scalars where the schema wants a text first get their own words back, so that
        `version: 1.0` is the text 1.0 and no number; that changes the document's tree. Of errors
        and of warnings 100 each are said, and no error is lost behind warnings.
        """
        errors = self._errors(document, at)
        for _ in range(_MOST_ROUNDS):  # a text taken may lead the schema to further places
            leaves = (leaf for error in errors for leaf in _all_leaves(error))
            if not sum(_take_text(document, at, leaf) for leaf in leaves):
                break
            errors = self._errors(document, at)
        return self._problems(document, at, errors)

    def _problems(
        self, document: Document, at: Path, errors: list[ValidationError]
    ) -> list[DocumentIssue]:
        found = _Found(self, document)
        if len(errors) >= MOST_ERRORS:
            found.add_flood(at)
        for error in sorted(errors, key=_unknown_last):
            for leaf in _nearest(error):
                found.add((*at, *leaf.instance_path), leaf)
                if found.is_full:
                    return found.problems
        return found.problems

    def _errors(self, document: Document, at: Path) -> list[ValidationError]:
        value = value_at(document.tree, at)
        return list(islice(self._validator.iter_errors(value), MOST_ERRORS))

    def example(self, error: ValidationError) -> str:
        """Return the example of a right value that the schema gives where it was broken."""
        node: Any = self.schema
        for step in error.schema_path[:-1]:
            node = node.get(step) if isinstance(node, dict) and "$ref" not in node else None
        examples = node.get("examples") if isinstance(node, dict) else None
        return str(examples[0]) if examples else ""


class _Found:
    """The problems found so far, one for each place and rule."""

    def __init__(self, schema: DocumentSchema, document: Document) -> None:
        self.schema, self.document = schema, document
        self.by_place: dict[tuple[str, str], DocumentIssue] = {}
        self.failed: set[Path] = set()
        self.errors = self.warnings = 0

    @property
    def problems(self) -> list[DocumentIssue]:
        return list(self.by_place.values())

    @property
    def is_full(self) -> bool:
        return self.errors >= MOST_PROBLEMS

    def add(self, path: Path, error: ValidationError) -> None:
        unexpected = _unexpected(error)
        if not unexpected:
            self._keep(self._violation(path, error))
            # Every value above the place has failed, as draft 2019-09 sees it.
            self.failed.update(path[:length] for length in range(len(path) + 1))
        for key in unexpected:
            if self.warnings < MOST_PROBLEMS and self._is_strange(path, key, error):
                self._keep(self._unknown(path, key))

    def add_flood(self, path: Path) -> None:
        message = f"{MOST_ERRORS:,} places or more are not as the standard has them"
        hint = "Put right the ones listed, then look again."
        rule = f"{self.schema.rule}.too-many"
        self._keep(self.document.issue(path, rule, message, hint))

    def _keep(self, problem: DocumentIssue) -> None:
        place = (problem.location, problem.code)
        if place in self.by_place or (self.warnings >= MOST_PROBLEMS and not problem.is_error):
            return
        self.by_place[place] = problem
        self.errors += problem.is_error
        self.warnings += not problem.is_error

    def _is_strange(self, path: Path, key: str, error: ValidationError) -> bool:
        """Say whether a key is really unknown.

        Where a part of a value fails, draft 2019-09 forgets which keys that part knows.
        """
        if isinstance(error.kind, ValidationErrorKind.AdditionalProperties):
            return True
        return key not in self.schema.known or path not in self.failed

    def _violation(self, path: Path, error: ValidationError) -> DocumentIssue:
        message, hint = words_of(error)
        if example := self.schema.example(error):
            hint = f"Write it like {example}."
        is_null = error.instance is None and isinstance(error.kind, ValidationErrorKind.Type)
        severity = Severity.WARNING if is_null else Severity.ERROR
        rule = f"{self.schema.rule}.{error.kind.name}"
        if isinstance(error.kind, ValidationErrorKind.Required):
            path = (*path, error.kind.property)
        return self.document.issue(path, rule, message, hint, severity)

    def _unknown(self, path: Path, key: str) -> DocumentIssue:
        message, meant = f"{shortened(key)} is not expected at this place", ""
        if key not in self.schema.known:
            message = f"{shortened(key)} is no field of the standard"
            meant = did_you_mean(key, sorted(self.schema.known))
        return self.document.issue(
            (*path, key),
            f"{self.schema.rule}.unknown-field",
            f"{message}; it is kept and not read",
            meant or "Move it into customProperties, or remove it.",
            Severity.WARNING,
        )


def _take_text(document: Document, at: Path, error: ValidationError) -> bool:
    if not isinstance(error.kind, ValidationErrorKind.Type) or error.kind.types != ["string"]:
        return False
    path = (*at, *error.instance_path)
    text = document.position_of(JsonPointer.from_parts(path).path).text
    if not path or text is None or not isinstance(error.instance, bool | int | float):
        return False
    value_at(document.tree, path[:-1])[path[-1]] = text
    return True


def value_at(tree: Any, path: Sequence[str | int]) -> Any:
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
