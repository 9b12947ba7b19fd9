"""Names that last: the IRI of a product, its readable name and its address; pure."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from catalog.issues import Issue

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
SLUG_LENGTH = 120
SURROGATE = re.compile("[\ud800-\udfff]")


def product_iri(uuid: UUID | str, *, base: str) -> str:
    """Return the one permanent identifier of a product, `<base>/id/product/<uuid>`."""
    return f"{base.rstrip('/')}/id/product/{uuid}"


def product_path(domain: str, slug: str) -> str:
    return f"/p/{domain}/{slug}"


# Tags, columns and names of domains come again with nearly every search document.
@lru_cache(1 << 15)
def normalize(text: str) -> str:
    """Return the form in which two spellings are the same: case, width and spaces do not matter."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(plain.casefold().split())


def is_slug(text: str) -> bool:
    """Return True if a text is a well-formed slug: `[a-z0-9][a-z0-9._-]*`, at most 120 long."""
    return len(text) <= SLUG_LENGTH and SLUG.match(text) is not None


def slug_of(text: str) -> str:
    """Return the slug that a name suggests; empty if none of its characters can be in one."""
    plain = unicodedata.normalize("NFKD", normalize(text)).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")
    return slug[:SLUG_LENGTH].strip("-._")


def unstorable(text: str) -> str:
    """Return the name of a character that no database stores, or an empty text."""
    if "\x00" in text:
        return "a NUL character"
    return "an invalid character" if SURROGATE.search(text) else ""


def character_issues(texts: Mapping[str, str]) -> list[Issue]:
    """Return an issue for each text that no database stores; the keys are locations."""
    return [
        Issue(location=location, message=f"Contains {character}.", hint="Remove it.")
        for location, text in texts.items()
        if (character := unstorable(text))
    ]


def slug_issues(slug: str) -> list[Issue]:
    hint = "Use small letters, digits, dots, dashes and underscores."
    message = f"{slug!r} is not a valid URL name."
    return [] if is_slug(slug) else [Issue(location="slug", message=message, hint=hint)]
