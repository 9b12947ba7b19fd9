"""An entry of an external catalog as a product document and a contract; pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from catalog.exceptions import require_valid
from catalog.identifiers import is_slug, normalize
from catalog.issues import Issue
from catalog.products.projection import new_tree
from catalog.types import JSONObject, JSONValue

PLACEHOLDERS = re.compile(
    r"\[?(more information needed|needs more information|n/?a|none)\]?\.?", re.IGNORECASE
)
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


@dataclass(frozen=True, kw_only=True)
class ExternalEntry:
    """One entry: the product's tree, and the contract's if it has ports."""

    identifier: str
    tree: JSONObject
    contract: JSONObject | None = None


@dataclass(frozen=True, kw_only=True)
class ExternalCatalog:
    """A catalog whose entries are shown but not governed here."""

    system: str
    slug: str
    name: str
    mission: str


@dataclass
class FieldReader:
    """Reads the fields of one entry, and collects what is wrong with them."""

    fields: Mapping[str, JSONValue]
    issues: list[Issue] = field(default_factory=list)

    def text(self, name: str) -> str:
        """Return a text, empty if it is missing or a placeholder."""
        value = self._value(name, lambda value: isinstance(value, str), "a string")
        return "" if value is None or PLACEHOLDERS.fullmatch(value.strip()) else value.strip()

    def texts(self, name: str) -> list[str]:
        texts = self._value(name, lambda value: _is_list_of(value, str), "a list of strings")
        return [text.strip() for text in texts or () if text.strip()]

    def objects(self, name: str) -> list[Mapping[str, JSONValue]]:
        objects = self._value(name, lambda value: _is_list_of(value, Mapping), "a list of objects")
        return objects or []

    def slug(self) -> str:
        """Return the identifier as a slug, casefolded."""
        identifier = self.text("slug")
        if not is_slug(normalize(identifier)):
            message = f"{identifier[:80]!r} is not a valid URL name."
            hint = "Use letters, digits, dots, dashes and underscores."
            self.issues.append(Issue(location="/slug", message=message, hint=hint))
        return normalize(identifier)

    def _value(self, name: str, is_valid: Callable[[JSONValue], bool], noun: str) -> JSONValue:
        value = self.fields.get(name)
        if value is None or is_valid(value):
            return value
        self.issues.append(Issue(location=f"/{name}", message=f"Must be {noun}."))
        return None


def _is_list_of(value: JSONValue, member_type: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, member_type) for item in value)


def to_plain_text(text: str) -> str:
    return LINK.sub(r"\1", text)


def build_tags(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text[:120].strip() for text in texts if text.strip()))[:200]


def build_external_document(
    record: FieldReader,
    catalog: ExternalCatalog,
    *,
    name: str,
    answers: Mapping[str, str],
    custom: Mapping[str, JSONValue],
    **fields: JSONValue,
) -> JSONObject:
    """Return the product document of an entry; empty members, answers too, are left out.

    Raises ValidationFailed with everything that is wrong with the entry.
    """
    provenance = {
        question: {"state": "answered", "text": text} for question, text in answers.items() if text
    }
    properties = {
        "assaySlug": record.slug(),
        "assayVisibility": "public",
        "assaySensitivity": "public",
        "assayProvenance": {"answers": provenance} if provenance else None,
        **custom,
    }
    require_valid(record.issues)
    fields |= {"version": "1.0.0", "status": "active"}
    fields["customProperties"] = [
        {"property": key, "value": value} for key, value in properties.items() if value
    ]
    identifier = record.text("slug")
    tree = new_tree(identifier=identifier, name=name[:200], domain=catalog.slug, **fields)
    return {key: value for key, value in tree.items() if value not in ("", [], {}, None)}
