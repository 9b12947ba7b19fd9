"""How a product may be reused: licence, citation and contact, as its document has them; pure.

Bitol ODPS has no members for licence and citation, so both are custom properties; the names are
those of DCAT and schema.org. The contact is the first entry of `support`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from catalog.products.projection import custom, with_custom
from catalog.types import JSONObject, JSONValue

LICENSE, CITATION = "license", "citation"
MAX_LICENSE_LENGTH, MAX_CITATION_LENGTH = 200, 2000
MAILTO = "mailto:"
ADDRESSES = ("https://", "http://", MAILTO)
# Licences that are often given to data, by their identifiers in the SPDX list.
LICENSES = {
    "CC0-1.0": "Creative Commons Zero (public domain)",
    "CC-BY-4.0": "Creative Commons Attribution",
    "CC-BY-SA-4.0": "Creative Commons Attribution, share alike",
    "CC-BY-NC-4.0": "Creative Commons Attribution, non-commercial",
    "ODbL-1.0": "Open Database License",
    "ODC-By-1.0": "Open Data Commons Attribution",
    "PDDL-1.0": "Open Data Commons public domain",
    "OGL-UK-3.0": "Open Government Licence (UK)",
}
_SPDX = {name.casefold(): name for name in LICENSES}


class Contact(TypedDict):
    """Whom consumers ask; `url` is empty, or an address of the web or of mail."""

    channel: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Reuse:
    """What a product's document says; each part is empty if the document leaves it out."""

    license: str = ""
    citation: str = ""
    channel: str = ""
    contact_url: str = ""

    @property
    def license_name(self) -> str:
        """Return the name of a known licence; empty for any other text."""
        return LICENSES.get(_SPDX.get(self.license.casefold(), ""), "")

    @property
    def license_url(self) -> str:
        """Return where the licence can be read; empty if its text is no known name or address."""
        if name := _SPDX.get(self.license.casefold()):
            return f"https://spdx.org/licenses/{name}.html"
        return self.license if self.license.startswith(("https://", "http://")) else ""

    @property
    def contact(self) -> Contact | None:
        channel = self.channel or self.contact_url.removeprefix(MAILTO)
        url = self.contact_url if self.contact_url.startswith(ADDRESSES) else ""
        return Contact(channel=channel, url=url) if channel else None


def reuse_of(tree: JSONObject) -> Reuse:
    support = _first_support(tree)
    return Reuse(
        license=_text(custom(tree, LICENSE)),
        citation=_text(custom(tree, CITATION)),
        channel=_text(support.get("channel")),
        contact_url=_text(support.get("url")),
    )


def with_reuse(tree: JSONObject, changed: Mapping[str, str]) -> JSONObject:
    """Return a document with changed parts of its Reuse; empty parts are left out of it."""
    for key in (LICENSE, CITATION):
        if key in changed:
            tree = with_custom(tree, key, changed[key] or None)
    if not {"channel", "contact_url"} & changed.keys():
        return tree
    others = tree["support"][1:] if isinstance(tree.get("support"), list) else []
    current = reuse_of(tree)
    contact = Reuse(
        channel=changed.get("channel", current.channel),
        contact_url=changed.get("contact_url", current.contact_url),
    ).contact
    if contact:
        entry = {key: value for key, value in _first_support(tree).items() if key != "url"}
        entry["channel"] = contact["channel"]
        others = [entry | ({"url": contact["url"]} if contact["url"] else {}), *others]
    without = {key: value for key, value in tree.items() if key != "support"}
    return without | ({"support": others} if others else {})


def suggested_citation(*, publisher: str, year: int, name: str, version: str, iri: str) -> str:
    """Return a citation in the form that DataCite recommends."""
    return f"{publisher} ({year}): {name}. Version {version}. {iri}"


def _first_support(tree: JSONObject) -> JSONObject:
    support = tree.get("support")
    first = support[0] if isinstance(support, list) and support else None
    return first if isinstance(first, dict) else {}


def _text(value: JSONValue) -> str:
    return value if isinstance(value, str) else ""
