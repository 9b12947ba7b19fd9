"""Between a product's tree (Bitol ODPS) and the columns beside it, both ways; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.exceptions import ValidationFailed
from catalog.identifiers import is_slug, slug_of, unstorable
from catalog.issues import Issue

API_VERSION = "v1.0.0"
SENSITIVITIES = {"public": 1, "internal": 2, "confidential": 3, "restricted": 4}
VISIBILITIES = ("public", "members", "restricted")
MOST_USES = 500
DESCRIPTION_KEYS = ("purpose", "limitations", "usage")
CUSTOM_PROPERTY_KEYS = {
    "slug": "assaySlug",
    "sensitivity": "assaySensitivity",
    "visibility": "assayVisibility",
}
ODPS_STATUS = {"published": "active"}
Tree = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ProductColumns:
    """What the catalog keeps of a product's tree in columns."""

    slug: str
    name: str
    version: str
    purpose: str
    limitations: str
    usage: str
    tags: tuple[str, ...]
    sensitivity: int
    visibility: str


def parse_columns(tree: Tree) -> ProductColumns:
    """Return the columns of a product's tree. Raises Invalid with every fault's pointer."""
    issues: list[Issue] = []
    description = _mapping(tree, "description", issues)
    name = _text(tree, "name", issues, longest=200)
    slug = slug_in(tree)
    if not is_slug(slug):
        issues.append(
            Issue(
                location=custom_pointer(tree, "assaySlug") or "/name",
                message=f"{slug!r} is not a slug." if slug else "The product needs a name.",
                hint="Use small letters, digits, dots, dashes and underscores.",
            )
        )
    columns = ProductColumns(
        slug=slug,
        name=name or slug,
        version=_text(tree, "version", issues, longest=60) or "0.1.0",
        purpose=_text(description, "purpose", issues, at="/description"),
        limitations=_text(description, "limitations", issues, at="/description"),
        usage=_text(description, "usage", issues, at="/description"),
        tags=_tags(tree, issues),
        sensitivity=SENSITIVITIES[
            _choice(tree, "assaySensitivity", tuple(SENSITIVITIES), "internal", issues)
        ],
        visibility=_choice(tree, "assayVisibility", VISIBILITIES, "public", issues),
    )
    if issues:
        raise ValidationFailed(issues)
    return columns


@dataclass(frozen=True, kw_only=True)
class DeclaredUse:
    """One entry of `assayUsedIn`: something that names the product."""

    title: str
    kind: str = ""
    url: str = ""


def uses_of(tree: Tree) -> list[DeclaredUse]:
    """Return where a tree says that the product is used. Raises Invalid."""
    entries = custom(tree, "assayUsedIn")
    at = custom_pointer(tree, "assayUsedIn")
    if entries is None:
        return []
    if not isinstance(entries, list) or len(entries) > MOST_USES:
        raise ValidationFailed(
            [Issue(location=at, message=f"This is a list of at most {MOST_USES} uses.")]
        )
    issues: list[Issue] = []
    uses = []
    for index, entry in enumerate(entries):
        location = f"{at}/{index}"
        if not isinstance(entry, Mapping):
            issues.append(Issue(location=location, message="A use is an object with a title."))
            continue
        title = _text(entry, "title", issues, at=location, longest=400)
        if not title:
            issues.append(Issue(location=f"{location}/title", message="A use needs a title."))
        uses.append(
            DeclaredUse(
                title=title,
                kind=_text(entry, "kind", issues, at=location, longest=60),
                url=_text(entry, "url", issues, at=location, longest=1000),
            )
        )
    if issues:
        raise ValidationFailed(issues)
    return uses


def slug_in(tree: Tree) -> str:
    """Return the slug that a tree asks for: its own, or the one its name suggests."""
    asked = custom(tree, "assaySlug")
    if asked is not None:
        return str(asked)
    name = tree.get("name")
    return slug_of(name) if isinstance(name, str) else ""


def custom(document: Mapping[str, Any], key: str) -> Any:
    """Return the value of a custom property; None where there is none."""
    properties = document.get("customProperties")
    for item in properties if isinstance(properties, list) else ():
        if isinstance(item, dict) and item.get("property") == key:
            return item.get("value")
    return None


def custom_pointer(document: Mapping[str, Any], key: str) -> str:
    """Return the JSON Pointer of a custom property's value; empty where there is none."""
    properties = document.get("customProperties")
    for index, item in enumerate(properties if isinstance(properties, list) else ()):
        if isinstance(item, dict) and item.get("property") == key:
            return f"/customProperties/{index}/value"
    return ""


def with_custom(document: Tree, key: str, value: Any) -> Tree:
    """Return a copy of a document in which a custom property has a value; None takes it out."""
    properties = [
        item
        for item in document.get("customProperties") or []
        if not (isinstance(item, dict) and item.get("property") == key)
    ]
    if value is not None:
        properties.append({"property": key, "value": value})
    changed = {name: held for name, held in document.items() if name != "customProperties"}
    return changed | {"customProperties": properties} if properties else changed


def with_columns(tree: Tree, columns: Mapping[str, Any]) -> Tree:
    """Return a tree in which some columns have new values; the inverse of `column_names`.

    The keys are those of ProductColumns; `sensitivity` is given as its word.
    """
    changed = dict(tree)
    for name, value in columns.items():
        if name in DESCRIPTION_KEYS:
            held = changed.get("description")
            description = dict(held) if isinstance(held, Mapping) else {}
            changed["description"] = description | {name: value}
        elif name in CUSTOM_PROPERTY_KEYS:
            changed = with_custom(changed, CUSTOM_PROPERTY_KEYS[name], value)
        else:
            changed[name] = value
    return changed


def new_tree(*, identifier: str, name: str, domain: str, **fields: Any) -> Tree:
    """Return the tree of a product that starts here; `fields` are members of the document."""
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


def export_tree(tree: Tree, *, status: str, domain: str) -> Tree:
    """Return the tree as a document to hand out: status and domain as they stand now."""
    return tree | {"status": ODPS_STATUS.get(status, status), "domain": domain}


def digest_of(tree: Any) -> str:
    """Return the SHA-256 of a tree, as hex; equal trees have equal digests."""
    text = json.dumps(tree, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_storable(tree: Any, at: str = "") -> list[Issue]:
    """Return a fault for each text in a tree that no database can keep."""
    if isinstance(tree, str):
        bad = unstorable(tree)
        return [Issue(location=at or "/", message=f"It holds {bad}.", hint="Remove it.")] * bool(
            bad
        )
    if isinstance(tree, Mapping):
        inner = [(str(key), value) for key, value in tree.items()]
    elif isinstance(tree, list):
        inner = [(str(index), value) for index, value in enumerate(tree)]
    else:
        return []
    issues = (
        [issue for key, _ in inner for issue in check_storable(key, at)]
        if isinstance(tree, Mapping)
        else []
    )
    return issues + [
        issue for key, value in inner for issue in check_storable(value, f"{at}/{_escaped(key)}")
    ]


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _mapping(tree: Tree, key: str, issues: list[Issue]) -> Mapping[str, Any]:
    value = tree.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        issues.append(Issue(location=f"/{key}", message="This is an object, not a single value."))
        return {}
    return value


def _text(
    tree: Mapping[str, Any], key: str, issues: list[Issue], *, at: str = "", longest: int = 20_000
) -> str:
    value = tree.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        issues.append(
            Issue(location=f"{at}/{key}", message="This is a text.", hint="Put it in quotes.")
        )
        return ""
    if len(value) > longest:
        issues.append(
            Issue(location=f"{at}/{key}", message=f"This has at most {longest} characters.")
        )
    return value.strip()


def _tags(tree: Tree, issues: list[Issue]) -> tuple[str, ...]:
    tags = tree.get("tags") or []
    if not isinstance(tags, Sequence) or isinstance(tags, str) or len(tags) > 200:
        issues.append(Issue(location="/tags", message="Tags are a list of at most 200 texts."))
        return ()
    for index, tag in enumerate(tags):
        if not isinstance(tag, str) or not tag.strip() or len(tag) > 120:
            issues.append(
                Issue(location=f"/tags/{index}", message="A tag is a text of 1 to 120 characters.")
            )
    return tuple(tag for tag in tags if isinstance(tag, str))


def _choice(tree: Tree, key: str, choices: Sequence[str], default: str, issues: list[Issue]) -> str:
    value = custom(tree, key)
    if value is None:
        return default
    if not isinstance(value, str) or value not in choices:
        issues.append(
            Issue(
                location=custom_pointer(tree, key),
                message=f"{value!r} is not one of the values of {key}.",
                hint=f"Use one of {', '.join(choices)}.",
            )
        )
        return default
    return value
