"""An entry of an external catalog as a product document and a contract; pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from catalog.exceptions import ValidationFailed
from catalog.identifiers import is_slug, normalize
from catalog.issues import Issue
from catalog.products.projection import API_VERSION
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
        value = self.fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.issues.append(Issue(location=f"/{name}", message="Must be a string."))
            return ""
        return "" if PLACEHOLDERS.fullmatch(value.strip()) else value.strip()

    def texts(self, name: str) -> list[str]:
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.issues.append(Issue(location=f"/{name}", message="Must be a list of strings."))
            return []
        return [item.strip() for item in value if item.strip()]

    def objects(self, name: str) -> list[Mapping[str, JSONValue]]:
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            self.issues.append(Issue(location=f"/{name}", message="Must be a list of objects."))
            return []
        return value

    def slug(self) -> str:
        """Return the identifier as a slug, casefolded."""
        identifier = self.text("slug")
        if not is_slug(normalize(identifier)):
            self.issues.append(
                Issue(
                    location="/slug",
                    message=f"{identifier[:80]!r} is not a valid URL name.",
                    hint="Use letters, digits, dots, dashes and underscores.",
                )
            )
        return normalize(identifier)

    def finish(self) -> None:
        """Raise ValidationFailed if anything is wrong."""
        if self.issues:
            raise ValidationFailed(self.issues)


def to_plain_text(text: str) -> str:
    """Return a text with its Markdown links reduced to their texts."""
    return LINK.sub(r"\1", text)


def unique(texts: Iterable[str], *, max_length: int, max_items: int) -> list[str]:
    """Return texts without duplicates, each cut to `max_length`, at most `max_items`."""
    return list(dict.fromkeys(text[:max_length].strip() for text in texts if text.strip()))[
        :max_items
    ]


def build_answers(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return provenance answers by question; a question without a text is left out."""
    return {
        question: {"state": "answered", "text": text} for question, text in texts.items() if text
    }


def build_external_document(
    *,
    identifier: str,
    name: str,
    slug: str,
    domain: str,
    answers: Mapping[str, dict[str, str]],
    custom: Mapping[str, JSONValue],
    **fields: JSONValue,
) -> JSONObject:
    """Return the product document of an entry; empty members are left out."""
    properties = {
        "assaySlug": slug,
        "assayVisibility": "public",
        "assaySensitivity": "public",
        "assayProvenance": {"answers": dict(answers)} if answers else None,
        **custom,
    }
    tree = {
        "apiVersion": API_VERSION,
        "kind": "DataProduct",
        "id": identifier,
        "name": name[:200],
        "version": "1.0.0",
        "status": "active",
        "domain": domain,
        **fields,
        "customProperties": [
            {"property": key, "value": value} for key, value in properties.items() if value
        ],
    }
    return {key: value for key, value in tree.items() if value not in ("", [], {}, None)}
