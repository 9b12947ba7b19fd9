"""Addresses that documents bring along: shown always, followed only where they are safe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from catalog.products.models import DataProduct
from catalog.products.projection import custom

MOST_CHANNELS = 10
MOST_USES = 50


@dataclass(frozen=True)
class Link:
    """A name with a remark; `href` is empty where the address is none of the web."""

    name: str
    remark: str
    href: str


def contact_of(product: DataProduct) -> Link | None:
    """Return whom to ask first: a mail address of the document, its first channel, or the team."""
    channels = support_of(product)
    mail = next((link for link in channels if link.href.startswith("mailto:")), None)
    team = product.domain.owner_team
    if mail or channels:
        return mail or channels[0]
    return (
        Link(team.email or team.name, "", f"mailto:{team.email}" if team.email else "")
        if team
        else None
    )


def support_of(product: DataProduct) -> list[Link]:
    """Return the channels that the document names."""
    return [
        Link(
            str(item.get("channel") or item.get("tool") or item.get("url") or ""),
            str(item.get("description") or ""),
            safe_url(item.get("url")),
        )
        for item in _objects(product.tree.get("support"))[:MOST_CHANNELS]
    ]


def uses_of(product: DataProduct) -> list[Link]:
    """Return the reports, models and programs that the document says use the product."""
    return [
        Link(
            str(item.get("title") or item.get("url") or ""),
            str(item.get("kind") or ""),
            safe_url(item.get("url")),
        )
        for item in _objects(custom(product.tree, "assayUsedIn"))[:MOST_USES]
    ]


def safe_url(address: object) -> str:
    """Return an address that a page may link to (http, https, mailto), else nothing."""
    if not isinstance(address, str):
        return ""
    try:
        scheme = urlsplit(address.strip()).scheme.lower()
    except ValueError:
        return ""
    return address.strip() if scheme in ("http", "https", "mailto") else ""


def _objects(listed: Any) -> list[dict[str, Any]]:
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
