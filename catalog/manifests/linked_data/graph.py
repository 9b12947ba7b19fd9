"""RDF as plain values, with texts and IRIs that every syntax can carry; pure.

A predicate is a compact name such as `dct:title`; its prefix is one of PREFIXES.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import quote, urlsplit

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "oa": "http://www.w3.org/ns/oa#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
# None of them is a prefix above, so no address reads as a compact name in JSON-LD.
SCHEMES = frozenset("http https ftp ftps sftp s3 s3a gs abfs abfss wasb wasbs hdfs mailto".split())
MAX_IRI_LENGTH = 2000
# What XML 1.0 cannot carry; and what no IRI has (RFC 3987), as far as it is printable.
_NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|\\^`\x7f-\xa0]|%(?![0-9A-Fa-f]{2})')


class Literal(NamedTuple):
    """A value; `datatype` is a compact name, empty for a text."""

    value: str
    datatype: str = ""
    language: str = ""


@dataclass(frozen=True, order=True)
class IRI:
    """The name of a thing."""

    value: str

    def __str__(self) -> str:
        return self.value

    def part(self, *names: str) -> "IRI":
        """Return the IRI of a part, named after it in the fragment."""
        return IRI(f"{self.value}#{'-'.join(quote(clean(name), safe='') for name in names)}")


Object = IRI | Literal
Triple = tuple[IRI, str, Object]


def version_iri(product: str, version: str) -> IRI:
    """Return the IRI of a published version of a product."""
    return IRI(f"{product}@{quote(clean(version), safe='')}")


def name_of(compact: str) -> IRI:
    """Return the IRI of a compact name, such as `dcat:Dataset`."""
    prefix, _, local = compact.partition(":")
    return IRI(PREFIXES[prefix] + local)


def clean(value: str) -> str:
    """Return a text without what XML cannot carry; a line ends with a line feed."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", lines)


def text(value: str, language: str = "") -> Literal:
    return Literal(clean(value), language=language)


def moment(value: datetime) -> Literal:
    return Literal(value.astimezone(UTC).isoformat(timespec="seconds"), "xsd:dateTime")


def day(value: date) -> Literal:
    return Literal(value.isoformat(), "xsd:date")


def number(value: float) -> Literal:
    """Return a finite number as a decimal, which all syntaxes write alike."""
    digits = format(Decimal(repr(float(value))).normalize(), "f")
    return Literal(digits if "." in digits else f"{digits}.0", "xsd:decimal")


def whole_number(value: int) -> Literal:
    return Literal(str(value), "xsd:integer")


def address(url: str) -> IRI | None:
    """Return an address that people wrote, escaped; None if it is no absolute one that is known."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        is_known = parts.scheme.lower() in SCHEMES and bool(parts.netloc or parts.path)
    except ValueError:
        return None
    if not is_known or len(url) > MAX_IRI_LENGTH:
        return None
    if parts.scheme.lower() != "mailto" and not parts.netloc:
        return None
    return IRI(escape_iri(url))


def escape_iri(url: str) -> str:
    """Return an address with all that an IRI may not have percent-encoded."""
    escaped = _NOT_IN_IRI.sub(lambda match: quote(match[0], safe=""), url)
    return "".join(char if char.isprintable() else quote(char) for char in escaped)


def are(subject: IRI, *types: str) -> Iterable[Triple]:
    """Yield of which types a thing is, by their compact names."""
    return [(subject, "rdf:type", name_of(kind)) for kind in types]
