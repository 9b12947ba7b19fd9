"""The formats of linked data, and the choice of one of them for a request; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_RANGES = 60


@dataclass(frozen=True, kw_only=True)
class Syntax:
    """One format: its name in `?format=`, the suffix of its address, and its media type."""

    name: str
    title: str
    suffix: str
    media_type: str
    other_names: tuple[str, ...] = ()
    other_types: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, self.suffix, *self.other_names)

    @property
    def media_types(self) -> tuple[str, ...]:
        return (self.media_type, *self.other_types)

    @property
    def content_type(self) -> str:
        is_text = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if is_text else self.media_type


TURTLE = Syntax(
    name="turtle",
    title="Turtle",
    suffix="ttl",
    media_type="text/turtle",
    other_types=("application/x-turtle",),
)
JSON_LD = Syntax(
    name="json-ld",
    title="JSON-LD",
    suffix="jsonld",
    media_type="application/ld+json",
)
RDF_XML = Syntax(
    name="rdf-xml",
    title="RDF/XML",
    suffix="rdf",
    media_type="application/rdf+xml",
    other_names=("rdfxml", "xml"),
)
PROV_JSON = Syntax(
    name="prov-json",
    title="PROV-JSON",
    suffix="provjson",
    media_type="application/json",
)
RDF = (TURTLE, JSON_LD, RDF_XML)
HTML, JSON = "text/html", "application/json"


def syntax_named(name: str, syntaxes: Sequence[Syntax]) -> Syntax | None:
    """Return the format that a suffix or `?format=` names."""
    return next((one for one in syntaxes if name.lower() in one.names), None)


def preferred_type(accept: str, offered: Sequence[str]) -> str | None:
    """Return the media type to answer with, by RFC 9110; None if none of them is acceptable.

    The most specific range that fits a type says its quality, so `text/turtle;q=0, */*` excludes
    Turtle. Among equals the first one offered wins. What is no media range is ignored; a header
    with no range at all accepts everything.
    """
    ranges = [parsed for part in accept.split(",")[:MAX_RANGES] if (parsed := _range(part))]
    if not ranges:
        return offered[0]
    qualities = {kind: _quality(kind, ranges) for kind in offered}
    best = max(offered, key=lambda kind: qualities[kind])
    return best if qualities[best] > 0 else None


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    main = media_type.partition("/")[0]
    for media_range in (media_type, f"{main}/*", "*/*"):
        stated = [quality for accepted, quality in ranges if accepted == media_range]
        if stated:
            return max(stated)
    return 0.0


def _range(part: str) -> tuple[str, float] | None:
    """Return a media range and its quality; one whose quality is no number from 0 to 1 has 1."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    main, slash, sub = name.partition("/")
    if not (main and slash and sub) or (main == "*" and sub != "*"):
        return None
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return name, _quality_value(value.strip())
    return name, 1.0


def _quality_value(value: str) -> float:
    digits = value.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit() and len(value) <= 5):
        return 1.0
    return min(float(value), 1.0)
