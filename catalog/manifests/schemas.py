"""JSON Schemas applied to a document: every violation as an issue at its line."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NoReturn

import jsonschema_rs
from jsonpointer import JsonPointer
from jsonschema_rs import ValidationError, ValidationErrorKind

from catalog.issues import Severity, did_you_mean, shortened
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.schema_messages import message_for
from catalog.manifests.source_map import Document
from catalog.types import JSONObject, JSONValue

MAX_ISSUES = 100
MAX_ERRORS = 10_000
_MAX_ROUNDS = 6
Path = tuple[str | int, ...]


def refuse_reference(uri: str) -> NoReturn:
    """Refuse references outside the schema: validating never uses the network."""
    raise ValueError(f"{uri} is outside the schema")


class DocumentSchema:
    """One JSON Schema; `rule` is the first word of the codes of its issues."""

    def __init__(self, schema: JSONObject, *, rule: str) -> None:
        self.schema, self.rule = schema, rule
        self.known_keys = known_keys(schema)
        self._validator = jsonschema_rs.validator_for(schema, retriever=refuse_reference)

    def check(self, document: Document, at: Path = ()) -> list[DocumentIssue]:
        """Return the issues of the document, or of the value at a path.

        Unquoted scalars where the schema wants a string first get their text back, so that
        `version: 1.0` is the text 1.0 and not a number; that changes the document's tree. At most
        100 errors and 100 warnings are returned, and no error is lost behind warnings.
        """
        errors = self._errors(document, at)
        for _ in range(_MAX_ROUNDS):  # A restored text may lead the schema to further values.
            leaves = (leaf for error in errors for leaf in _all_leaves(error))
            if not sum(_restore_text(document, at, leaf) for leaf in leaves):
                break
            errors = self._errors(document, at)
        issues = _IssueCollector(self, document)
        if len(errors) >= MAX_ERRORS:
            issues.add_overflow(at)
        # Whether a field is unknown depends on the other errors at its place, so it comes last.
        for error in sorted(
            errors, key=lambda error: (bool(unexpected_keys(error)), -_depth(error))
        ):
            for leaf in closest_branch(error):
                issues.add((*at, *leaf.instance_path), leaf)
                if issues.errors >= MAX_ISSUES:
                    return issues.collected
        return issues.collected

    def _errors(self, document: Document, at: Path) -> list[ValidationError]:
        return list(islice(self._validator.iter_errors(value_at(document.tree, at)), MAX_ERRORS))

    def example(self, error: ValidationError) -> str:
        """Return the example of a valid value that the schema gives where it is violated."""
        node: JSONValue = self.schema
        for step in error.schema_path[:-1]:
            node = node.get(step) if isinstance(node, dict) and "$ref" not in node else None
        examples = node.get("examples") if isinstance(node, dict) else None
        return str(examples[0]) if examples else ""


class _IssueCollector:
    """The issues so far, one for each location and code."""

    def __init__(self, schema: DocumentSchema, document: Document) -> None:
        self.schema, self.document = schema, document
        self.failed: set[Path] = set()
        self.errors = self.warnings = 0
        self._by_key: dict[tuple[str, str], DocumentIssue] = {}

    @property
    def collected(self) -> list[DocumentIssue]:
        return list(self._by_key.values())

    def add(self, path: Path, error: ValidationError) -> None:
        unexpected = unexpected_keys(error)
        if not unexpected:
            self._keep(self._violation(path, error))
            # Every value above it has failed, as draft 2019-09 sees it.
            self.failed.update(path[:length] for length in range(len(path) + 1))
        # If a part of a value fails, draft 2019-09 forgets which keys that part knows.
        is_certain = isinstance(error.kind, ValidationErrorKind.AdditionalProperties)
        for key in unexpected:
            is_unknown = is_certain or key not in self.schema.known_keys or path not in self.failed
            if is_unknown and self.warnings < MAX_ISSUES:
                self._keep(self._unknown(path, key))

    def add_overflow(self, path: Path) -> None:
        message = f"{MAX_ERRORS:,} violations or more; only the first are listed"
        code = f"{self.schema.rule}.too-many"
        self._keep(self.document.issue(path, code, message, "Fix these and retry."))

    def _keep(self, issue: DocumentIssue) -> None:
        key = (issue.location, issue.code)
        if key in self._by_key or (self.warnings >= MAX_ISSUES and not issue.is_error):
            return
        self._by_key[key] = issue
        self.errors += issue.is_error
        self.warnings += not issue.is_error

    def _violation(self, path: Path, error: ValidationError) -> DocumentIssue:
        message, hint = message_for(error)
        if example := self.schema.example(error):
            hint = f"Write it like {example}."
        is_null = error.instance is None and isinstance(error.kind, ValidationErrorKind.Type)
        severity = Severity.WARNING if is_null else Severity.ERROR
        code = f"{self.schema.rule}.{error.kind.name}"
        if isinstance(error.kind, ValidationErrorKind.Required):
            path = (*path, error.kind.property)
        return self.document.issue(path, code, message, hint, severity)

    def _unknown(self, path: Path, key: str) -> DocumentIssue:
        message = f"Unexpected field {shortened(key)}; it is stored but ignored"
        hint = ""
        if key not in self.schema.known_keys:
            hint = did_you_mean(key, sorted(self.schema.known_keys))
        hint = hint or "Move it into customProperties, or remove it."
        code = f"{self.schema.rule}.unknown-field"
        return self.document.issue((*path, key), code, message, hint, Severity.WARNING)


def _restore_text(document: Document, at: Path, error: ValidationError) -> bool:
    if not isinstance(error.kind, ValidationErrorKind.Type) or error.kind.types != ["string"]:
        return False
    path = (*at, *error.instance_path)
    text = document.position_of(JsonPointer.from_parts(path).path).text
    if not path or text is None or not isinstance(error.instance, bool | int | float):
        return False
    value_at(document.tree, path[:-1])[path[-1]] = text
    return True


def value_at(tree: JSONValue, path: Sequence[str | int]) -> JSONValue:
    for token in path:
        tree = tree[token]
    return tree


def known_keys(schema: JSONValue) -> set[str]:
    """Return every name of a field in a schema, at any depth."""
    if isinstance(schema, list):
        return {name for item in schema for name in known_keys(item)}
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties")
    own = set(properties) if isinstance(properties, dict) else set()
    return own.union(*(known_keys(value) for value in schema.values()))


def _depth(error: ValidationError) -> int:
    return len(error.instance_path)


def unexpected_keys(error: ValidationError) -> list[str]:
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


def closest_branch(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the errors of the alternative that the value is closest to.

    That none of the alternatives fits would tell nobody what to fix.
    """
    branches = [
        branch
        for branch in _branches(error)
        if any(_depth(inner) > _depth(error) for inner in branch)
    ]
    if not branches:
        yield error
        return
    for inner in min(branches, key=len):
        yield from closest_branch(inner)
