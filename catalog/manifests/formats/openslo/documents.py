"""Documents of OpenSLO: what they are, and the rules that each of them must meet; pure."""

import json
import pathlib
from collections.abc import Iterator, Sequence
from functools import cache

from jsonpointer import escape

from catalog.issues import Issue
from catalog.manifests.formats.types import SourceFile
from catalog.manifests.schemas import DocumentSchema
from catalog.manifests.source_map import Document, SourcePosition
from catalog.types import JSONObject, JSONValue

STANDARD = "openslo"
VERSION = "openslo/v1"
# Where our own documents keep what they were made from, so that it returns unchanged.
ANNOTATIONS = "assay/"


@cache
def document_schema() -> DocumentSchema:
    text = (pathlib.Path(__file__).parent / "openslo.schema.json").read_text()
    return DocumentSchema(json.loads(text), rule=STANDARD)


def is_openslo(value: JSONValue) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    version = first.get("apiVersion") if isinstance(first, dict) else None
    return isinstance(version, str) and version.startswith("openslo")


def documents_of(file: SourceFile, prefix: str = "") -> Iterator[tuple[str, JSONValue]]:
    """Yield the documents of a file with their pointers: of a stream, or of a list in it."""
    for number, value in enumerate(file.values):
        at = f"{prefix}/{number}" if len(file.values) > 1 else prefix
        if isinstance(value, list):
            yield from ((f"{at}/{index}", item) for index, item in enumerate(value))
        else:
            yield at, value


def document_issues(value: JSONValue, pointer: str = "") -> list[Issue]:
    """Return each rule that a document breaks, at its place."""
    if not isinstance(value, dict):
        return [Issue(location=pointer, message="A document must be an object.")]
    version = value.get("apiVersion")
    if version != VERSION:
        hint = f"Convert it to {VERSION}: earlier and later drafts have other members."
        place = f"{pointer}/{escape('apiVersion')}"
        return [Issue(location=place, message=f"{version} is not read.", hint=hint)]
    broken = document_schema().check(Document(STANDARD, value, SourcePosition(1, 1)))
    return [
        Issue(
            location=f"{pointer}{issue.location}",
            message=issue.message,
            hint=issue.hint,
            code=issue.code.removeprefix(f"{STANDARD}."),
            severity=issue.severity,
        )
        for issue in broken
    ]


def name_of(document: JSONObject) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""


def display_name_of(document: JSONObject) -> str:
    metadata = document.get("metadata")
    text = metadata.get("displayName") if isinstance(metadata, dict) else None
    return text if isinstance(text, str) and text else name_of(document)


def spec_of(document: JSONObject) -> JSONObject:
    spec = document.get("spec")
    return spec if isinstance(spec, dict) else {}


def service_of(document: JSONObject) -> str:
    """Return the service that a document is about; empty for what services share."""
    if document.get("kind") == "Service":
        return name_of(document)
    return str(spec_of(document).get("service") or "") if document.get("kind") == "SLO" else ""


def annotation_of(document: JSONObject, key: str) -> JSONValue:
    """Return the value of an annotation of ours, which is JSON; None if it is missing or broken."""
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    text = annotations.get(f"{ANNOTATIONS}{key}") if isinstance(annotations, dict) else None
    try:
        return json.loads(text) if isinstance(text, str) and len(text) < 100_000 else None
    except (ValueError, RecursionError):
        return None


def annotations(**values: JSONValue) -> dict[str, str]:
    """Return annotations of ours; their values are JSON, for OpenSLO allows texts alone."""
    return {
        f"{ANNOTATIONS}{key}": json.dumps(value, ensure_ascii=False, sort_keys=True)
        for key, value in values.items()
        if value not in (None, [], {})
    }


def labelled(names: Sequence[str]) -> str:
    """Return a name that OpenSLO allows: small letters, digits and dashes, at most 63."""
    text = "-".join(filter(None, names)).casefold()
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in text)
    short = "-".join(filter(None, plain.split("-")))[:63].strip("-")
    return short or "service"
