"""Between a product's tree (Bitol ODPS) and its columns, both ways; pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jsonpointer import escape

from catalog.exceptions import ValidationFailed
from catalog.identifiers import character_issues, fit, slug_issues, slug_of
from catalog.issues import Issue
from catalog.products.tree_reader import TreeReader
from catalog.types import JSONObject, JSONValue

API_VERSION = "v1.0.0"
# The system of the ids that product documents have here, as aliases name it.
DOCUMENT_SYSTEM = "bitol-odps"
SENSITIVITIES = {"public": 1, "internal": 2, "confidential": 3, "restricted": 4}
VISIBILITIES = ("public", "members", "restricted")
DEFAULT_VISIBILITY = "members"
MAX_USAGES = 500
MAX_TAGS = 200
DESCRIPTION_KEYS = ("purpose", "limitations", "usage")
CUSTOM_PROPERTY_KEYS = {
    "slug": "assaySlug",
    "sensitivity": "assaySensitivity",
    "visibility": "assayVisibility",
}
ODPS_STATUS = {"published": "active"}
# What a document says of a published product that acts at once: it is no part of a version.
SETTINGS = ("assayVisibility", "assaySuccessor", "assayEndReason")


@dataclass(frozen=True, kw_only=True)
class ProductColumns:
    """What the catalog keeps of a product's tree in columns."""

    document_id: str
    slug: str
    name: str
    version: str
    purpose: str
    limitations: str
    usage: str
    tags: tuple[str, ...]
    sensitivity: int
    visibility: str


def parse_columns(tree: JSONObject) -> ProductColumns:
    """Return the columns of a product's tree. Raises ValidationFailed with every issue."""
    reader = TreeReader()
    description = reader.mapping(tree, "description")
    name, slug = reader.words(tree, "name", "", 200), slug_from(tree)
    if not slug and not name.strip():
        reader.add_issue("/name", "The product needs a name.")
    else:
        for issue in slug_issues(slug, name):
            location = custom_pointer(tree, "assaySlug") or "/name"
            hint = f"{issue.hint} In a document it is assaySlug."
            reader.add_issue(location, issue.message, hint)
    columns = ProductColumns(
        document_id=reader.key(tree, "id", "", 400),
        slug=slug,
        name=name or slug,
        version=reader.key(tree, "version", "", 60) or "0.1.0",
        purpose=reader.words(description, "purpose", "/description"),
        limitations=reader.words(description, "limitations", "/description"),
        usage=reader.words(description, "usage", "/description"),
        tags=_tags(reader, tree),
        sensitivity=SENSITIVITIES[
            _choice(reader, tree, "assaySensitivity", tuple(SENSITIVITIES), "internal")
        ],
        visibility=_choice(reader, tree, "assayVisibility", VISIBILITIES, DEFAULT_VISIBILITY),
    )
    reader.finish()
    return columns


@dataclass(frozen=True, kw_only=True)
class DeclaredUsage:
    """One entry of `assayUsedIn`: something that names the product."""

    title: str
    type: str = ""
    url: str = ""


def is_wider(visibility: str, *, than: str) -> bool:
    """Return True if more people see a product of one visibility than of the other."""
    return VISIBILITIES.index(visibility) < VISIBILITIES.index(than)


def parse_usages(tree: JSONObject) -> list[DeclaredUsage]:
    """Return where a tree says that the product is used. Raises ValidationFailed."""
    entries, at = custom(tree, "assayUsedIn"), custom_pointer(tree, "assayUsedIn")
    if entries is None:
        return []
    if not isinstance(entries, list) or len(entries) > MAX_USAGES:
        message = f"Must be a list of at most {MAX_USAGES} usages."
        raise ValidationFailed.of(at, message)
    reader = TreeReader()
    usages = []
    for index, entry in enumerate(entries):
        location = f"{at}/{index}"
        if not isinstance(entry, Mapping):
            reader.add_issue(location, "Must be an object with a title.")
            continue
        usage = DeclaredUsage(
            title=reader.text(entry, "title", location, 400),
            type=reader.text(entry, "kind", location, 60),
            url=reader.text(entry, "url", location, 1000),
        )
        if not usage.title:
            reader.add_issue(f"{location}/title", "A usage needs a title.")
        usages.append(usage)
    reader.finish()
    return usages


def slug_from(tree: JSONObject) -> str:
    """Return the slug of a tree: its own, or the one that its name suggests."""
    slug = custom(tree, "assaySlug")
    if slug is not None:
        return str(slug)
    name = tree.get("name")
    return slug_of(name) if isinstance(name, str) else ""


def custom(document: Mapping[str, JSONValue], key: str) -> JSONValue:
    properties = document.get("customProperties")
    for item in properties if isinstance(properties, list) else ():
        if isinstance(item, dict) and item.get("property") == key:
            return item.get("value")
    return None


def custom_pointer(document: Mapping[str, JSONValue], key: str) -> str:
    """Return the JSON Pointer of a custom property's value; empty if it is missing."""
    properties = document.get("customProperties")
    for index, item in enumerate(properties if isinstance(properties, list) else ()):
        if isinstance(item, dict) and item.get("property") == key:
            return f"/customProperties/{index}/value"
    return ""


def with_custom(document: JSONObject, key: str, value: JSONValue) -> JSONObject:
    """Return a copy of a document in which a custom property has a value; None removes it.

    A property that is there keeps its place and what else its entry says.
    """
    properties, is_set = [], value is None
    for item in document.get("customProperties") or []:
        if not (isinstance(item, dict) and item.get("property") == key):
            properties.append(item)
        elif not is_set:
            properties.append(item | {"value": value})
            is_set = True
    if not is_set:
        properties.append({"property": key, "value": value})
    changed = {name: member for name, member in document.items() if name != "customProperties"}
    return changed | {"customProperties": properties} if properties else changed


def with_changes(
    document: Mapping[str, JSONValue],
    before: Mapping[str, JSONValue],
    after: Mapping[str, JSONValue],
) -> JSONObject:
    """Return a document with what differs between two readings of it; all else is as it was."""
    changed = dict(document)
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            current = document.get(key)
            changed[key] = with_changes(current if isinstance(current, Mapping) else {}, old, new)
        elif old == new:
            continue
        elif new is None:
            changed.pop(key, None)
        else:
            changed[key] = new
    return changed


def with_columns(tree: JSONObject, columns: Mapping[str, JSONValue]) -> JSONObject:
    """Return a tree in which some columns have new values; the inverse of `parse_columns`.

    The keys are those of ProductColumns; `sensitivity` is given as its word.
    """
    changed = dict(tree)
    for name, value in columns.items():
        if name in DESCRIPTION_KEYS:
            current = changed.get("description")
            description = dict(current) if isinstance(current, Mapping) else {}
            changed["description"] = description | {name: value}
        elif name in CUSTOM_PROPERTY_KEYS:
            changed = with_custom(changed, CUSTOM_PROPERTY_KEYS[name], value)
        else:
            changed[name] = value
    return changed


def new_tree(*, identifier: str, name: str, domain: str, **fields: JSONValue) -> JSONObject:
    """Return the tree of a new product; `fields` are members of the document."""
    tree = {
        "apiVersion": API_VERSION,
        "kind": "DataProduct",
        "id": identifier,
        "name": name,
        "version": "0.1.0",
        "status": "draft",
        "domain": domain,
    }
    return tree | fields


def export_tree(tree: JSONObject, *, status: str, domain: str) -> JSONObject:
    return tree | {"status": ODPS_STATUS.get(status, status), "domain": domain}


def digest_of(tree: JSONValue) -> str:
    """Return the SHA-256 of a tree as hex; equal trees have equal digests."""
    text = json.dumps(tree, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def content_of(tree: JSONObject) -> JSONObject:
    """Return what a version publishes of a document: all but its status, domain and settings."""
    content = {key: value for key, value in tree.items() if key not in ("status", "domain")}
    for key in SETTINGS:
        content = with_custom(content, key, None)
    return content


def content_digest(tree: JSONObject) -> str:
    return digest_of(content_of(tree))


def check_storable(value: JSONValue, at: str = "") -> list[Issue]:
    """Return an issue for each text, keys included, that no database can store."""
    if isinstance(value, str):
        return character_issues({at or "/": value})
    issues = []
    if isinstance(value, Mapping):
        for key, member in value.items():
            issues += check_storable(str(key), at)
            issues += check_storable(member, f"{at}/{escape(str(key))}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            issues += check_storable(member, f"{at}/{index}")
    return issues


def _tags(reader: TreeReader, tree: JSONObject) -> tuple[str, ...]:
    """Return the tags that the catalog keeps; the document may have more and longer ones."""
    tags = tree.get("tags") or []
    if not isinstance(tags, list):
        reader.add_issue("/tags", "Must be a list of strings.")
        return ()
    for index, tag in enumerate(tags):
        if not isinstance(tag, str):
            reader.add_issue(f"/tags/{index}", "Must be a string.")
    texts = (fit(tag.strip(), 120) for tag in tags if isinstance(tag, str))
    return tuple(dict.fromkeys(filter(None, texts)))[:MAX_TAGS]


def _choice(
    reader: TreeReader, tree: JSONObject, key: str, choices: Sequence[str], default: str
) -> str:
    value = custom(tree, key)
    if value is None or (isinstance(value, str) and value in choices):
        return value or default
    reader.add_issue(
        custom_pointer(tree, key),
        f"{value!r} is not a value of {key}.",
        f"Use one of {', '.join(choices)}.",
    )
    return default
