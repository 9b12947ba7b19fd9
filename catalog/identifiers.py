"""Names that last: the IRI of a product, its readable name and its address; pure."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
SLUG_LENGTH = 120
SURROGATE = re.compile("[\ud800-\udfff]")


def product_iri(uuid: UUID | str, *, base: str) -> str:
    """Return the one permanent identifier of a product, `<base>/id/product/<uuid>`."""
    return f"{base.rstrip('/')}/id/product/{uuid}"


def product_path(domain: str, slug: str) -> str:
    """Return the path of a product's page."""
    return f"/p/{domain}/{slug}"


def readable_name(domain: str, slug: str, *, port: str = "", version: str = "") -> str:
    """Return `<domain>.<product>[:<port>][@<version>]`, the name people say."""
    name = f"{domain}.{slug}"
    if port:
        name += f":{port}"
    return f"{name}@{version}" if version else name


def folded(text: str) -> str:
    """Return the NFKC-casefolded form under which two spellings are the same name."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def is_slug(text: str) -> bool:
    """Say whether a text is a well-formed slug: `[a-z0-9][a-z0-9._-]*`, at most 120 long."""
    return len(text) <= SLUG_LENGTH and SLUG.match(text) is not None


def slug_of(text: str) -> str:
    """Return the slug that a name suggests; empty where nothing of it can stand in one."""
    plain = unicodedata.normalize("NFKD", folded(text)).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")
    return slug[:SLUG_LENGTH].strip("-._")


def unstorable(text: str) -> str:
    """Say which character no database keeps (NUL, a lone surrogate); empty where all are good."""
    if "\x00" in text:
        return "a NUL character"
    if SURROGATE.search(text):
        return "half of a surrogate pair"
    return ""
