"""The Open Data Contract Standard: what is wrong with a document that is a contract."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from jsonpointer import JsonPointer

from catalog.contracts.projection import parse_columns
from catalog.issues import Severity
from catalog.manifests.issues import DocumentIssue, by_position
from catalog.manifests.projection_checks import problems_of
from catalog.manifests.schemas import DocumentSchema
from catalog.manifests.source_map import Document

SYSTEM = "odcs"
KIND = "DataContract"
CURRENT = "v3.2.0"
VERSIONS = ("v3.2.0", "v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0")
# What 3.0 and 3.1 ruled otherwise: only the schema of 3.2 is at hand, so there it warns.
_CHANGED = {"quality", "team", "relationships", "slaProperties", "logicalTypeOptions", "price"}
_ALWAYS = {"odcs.type", "odcs.required", "odcs.const"}
_MAP = ("$defs", "SchemaBaseProperty", "allOf", 8, "if")


def published_schema() -> dict[str, Any]:
    """Return the standard's schema as its package carries it."""
    text = files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def corrected_schema() -> dict[str, Any]:
    """Return the standard's schema with its one wrong node put right.

    As published, every property without a logicalType is asked for a `map`.
    """
    schema = published_schema()
    node: Any = schema
    for step in _MAP:
        node = node[step]
    node["required"] = ["logicalType"]
    return schema


@cache
def contract_schema() -> DocumentSchema:
    """Return the schema, compiled once in a process."""
    return DocumentSchema(corrected_schema(), rule=SYSTEM)


def check(document: Document) -> list[DocumentIssue]:
    """Return what is wrong with a contract; unquoted versions and ids become texts on the way."""
    if refused := _refused_version(document):
        return [refused]
    declared = document.tree.get("apiVersion")
    problems = [_as_declared(problem, declared) for problem in contract_schema().check(document)]
    problems += problems_of(parse_columns, document, rule=SYSTEM, beside=problems)
    return by_position(problems)


def _refused_version(document: Document) -> DocumentIssue | None:
    declared = document.tree.get("apiVersion")
    if declared in VERSIONS:
        return None
    if declared is None:
        message, hint = "apiVersion is missing", f"Add a line `apiVersion: {CURRENT}`."
    elif str(declared).lstrip("v").startswith("2."):
        message = f"this is a contract of ODCS {str(declared)[:20]}; versions 3.0 to 3.2 are read"
        hint = f"Bring it to {CURRENT} first: 3.0 renamed dataset to schema and much below it."
    else:
        message = f"{str(declared)[:40]} is no version of ODCS that is read"
        hint = f"Use one of {', '.join(VERSIONS)}."
    path = ("apiVersion",) if declared is not None else ()
    return document.issue(path, f"{SYSTEM}.version", message, hint)


def _as_declared(problem: DocumentIssue, declared: Any) -> DocumentIssue:
    """Turn an error into a warning where the version that the contract declares may allow it."""
    steps = set(JsonPointer(problem.location).parts)
    is_strict = problem.code in _ALWAYS and not steps & _CHANGED
    if problem.code == "odcs.required" and "servers" in steps:
        is_strict = False
    if declared == CURRENT or is_strict or not problem.is_error:
        return problem
    message = f"{problem.message} (by {CURRENT}; this contract declares {declared})"
    return replace(problem, severity=Severity.WARNING, message=message)
