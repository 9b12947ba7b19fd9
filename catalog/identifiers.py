"""Names that last: the IRI of a product, its readable name and its address; pure."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, urlencode
from uuid import UUID

from anyascii import anyascii

from catalog.issues import Issue

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
SLUG_LENGTH = 120
SURROGATE = re.compile("[\ud800-\udfff]")
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PRODUCT_IRI = re.compile(rf"\S*/id/product/({_UUID})/?", re.IGNORECASE)
_ADDRESS = re.compile(rf"[a-z][a-z0-9+.-]*://\S+|urn:\S+|{_UUID}", re.IGNORECASE)


def product_iri(uuid: UUID | str, *, base: str) -> str:
    """Return the one permanent identifier of a product, `<base>/id/product/<uuid>`."""
    return f"{base.rstrip('/')}/id/product/{uuid}"


def product_path(domain: str, slug: str) -> str:
    return f"/p/{domain}/{slug}"


def version_path(path: str, version: str) -> str:
    """Return the path of a version of the product at a path; one with a slash is in the query."""
    if "/" in version:
        return f"{path}?{urlencode({'version': version})}"
    return f"{path}@{quote(version, safe='')}"


def without_host(text: str) -> str:
    """Return the UUID of a product's IRI, whichever host it names; any other text as it is."""
    match = _PRODUCT_IRI.fullmatch(text)
    return match[1].lower() if match else text


def is_address(text: str) -> bool:
    """Return True for a URL, a URN or a UUID: it means one thing as a whole, its parts nothing."""
    return _ADDRESS.fullmatch(text) is not None


# Tags, columns and names of domains come again with nearly every search document.
@lru_cache(1 << 15)
def normalize(text: str) -> str:
    """Return the form in which two spellings are the same: case, width and spaces do not matter."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(plain.casefold().split())


def fit(text: str, max_length: int) -> str:
    """Return a text as a column of the database keeps it: a longer one by its beginning and digest.

    The standards have no such limits, so the document stays whole; equal texts stay equal, and
    others different.
    """
    if len(text) <= max_length:
        return text
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{text[: max_length - 13]}~{digest}"


def is_slug(text: str) -> bool:
    """Return True if a text is a well-formed slug: `[a-z0-9][a-z0-9._-]*`, at most 120 long."""
    return len(text) <= SLUG_LENGTH and SLUG.match(text) is not None


def slug_of(text: str, longest: int = SLUG_LENGTH) -> str:
    """Return the slug that a name of any script suggests; empty if it has no letter or digit."""
    plain = "".join(map(_in_ascii, unicodedata.normalize("NFC", normalize(text))))
    slug = re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")
    return slug[:longest].strip("-._")


# Chinese characters and Hangul syllables are transliterated as words of their own.
_SYLLABLES = ("CJK", "HANGUL")


@lru_cache(1 << 12)
def _in_ascii(sign: str) -> str:
    """Return a character without its marks, or transliterated; a symbol as a separator."""
    if sign.isascii():
        return sign
    base = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    if base:
        return base.lower()
    if unicodedata.category(sign)[0] not in "LMN":
        return "-"
    text = anyascii(sign).lower()
    return f"-{text}-" if unicodedata.name(sign, "").startswith(_SYLLABLES) else text


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


def slug_issues(slug: str, name: str = "", longest: int = SLUG_LENGTH) -> list[Issue]:
    """Return what is wrong with a slug, which is empty if none can be made from the name."""
    if not slug and name.strip():
        message = f"No URL name can be made from {name!r}."
        hint = "Give one: Latin letters, digits, dots, dashes and underscores."
    else:
        message = f"{slug!r} is not a valid URL name."
        hint = f"Use small letters, digits, dots, dashes and underscores, at most {longest}."
    is_valid = is_slug(slug) and len(slug) <= longest
    return [] if is_valid else [Issue(location="slug", message=message, hint=hint)]
