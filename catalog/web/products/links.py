"""Addresses in a product's document: always shown, linked only if they are safe."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from catalog.products.models import DataProduct
from catalog.products.projection import custom
from catalog.types import JSONObject, JSONValue

MAX_CHANNELS = 10
MAX_USAGES = 50


@dataclass(frozen=True)
class Link:
    """A label with a note; `url` is empty unless it is an address of the web or of mail."""

    label: str
    note: str = ""
    url: str = ""


def contact_of(product: DataProduct) -> Link | None:
    """Return whom to ask first: a mail address of the document, its first channel, or the team."""
    channels = support_channels(product)
    mail = next((link for link in channels if link.url.startswith("mailto:")), None)
    team = product.domain.owner_team
    if mail or channels:
        return mail or channels[0]
    if not team:
        return None
    return Link(team.email or team.name, url=f"mailto:{team.email}" if team.email else "")


def support_channels(product: DataProduct) -> list[Link]:
    return [
        _link(item, ("channel", "tool", "url"), "description")
        for item in _objects(product.tree.get("support"))[:MAX_CHANNELS]
    ]


def declared_usages(product: DataProduct) -> list[Link]:
    """Return the reports, models and applications that use the product, by its document."""
    usages = _objects(custom(product.tree, "assayUsedIn"))
    return [_link(item, ("title", "url"), "kind") for item in usages[:MAX_USAGES]]


def safe_url(url: object) -> str:
    """Return a URL that a page may link to (http, https, mailto), else an empty text."""
    if not isinstance(url, str):
        return ""
    try:
        scheme = urlsplit(url.strip()).scheme.lower()
    except ValueError:
        return ""
    return url.strip() if scheme in ("http", "https", "mailto") else ""


def _link(item: Mapping[str, object], label_keys: tuple[str, ...], note_key: str) -> Link:
    label = next((item[key] for key in label_keys if item.get(key)), "")
    return Link(str(label), str(item.get(note_key) or ""), safe_url(item.get("url")))


def _objects(items: JSONValue) -> list[JSONObject]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
