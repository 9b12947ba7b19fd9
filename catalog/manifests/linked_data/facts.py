"""What the exports need to know of a product, as its reader may see it; pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from catalog.products.reuse import Contact, Reuse


class Described(Protocol):
    """What describes a product."""

    @property
    def name(self) -> str: ...
    @property
    def purpose(self) -> str: ...
    @property
    def limitations(self) -> str: ...
    @property
    def usage(self) -> str: ...


def description_of(product: Described) -> str:
    """Return purpose, limitations and usage as one text."""
    parts = [product.purpose.strip() or f"{product.name}: no purpose is stated."]
    parts += [f"Limitations: {product.limitations}"] if product.limitations.strip() else []
    parts += [f"Usage: {product.usage}"] if product.usage.strip() else []
    return "\n\n".join(parts)


@dataclass(frozen=True, kw_only=True)
class DomainFacts:
    """A domain; its page describes it, and it publishes its products."""

    name: str
    url: str
    mission: str = ""


@dataclass(frozen=True, kw_only=True)
class ContractFacts:
    """A contract version; `url` is that of its ODCS document."""

    name: str
    identifier: str
    version: str
    url: str


@dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """Where data is served; `location` is empty if it would show a secret."""

    name: str
    type: str
    location: str = ""
    format: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class PortFacts:
    """An output port; `data_url` is where Assay itself serves the data of an upload."""

    name: str
    version: str
    description: str = ""
    contract: ContractFacts | None = None
    servers: tuple[ServerFacts, ...] = ()
    data_url: str = ""
    data_format: str = ""
    is_deprecated: bool = False
    ends_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """An input port; the product is named only if the reader can see it."""

    port: str
    iri: str = ""
    name: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class AnswerFacts:
    """The answer to a provenance question; a text, or why there is none."""

    question: str
    title: str
    text: str = ""
    state: str = "answered"


@dataclass(frozen=True, kw_only=True)
class ImbalanceFacts:
    """A declared or measured group of an attribute; shares from 0 to 1.

    A measured one holds what every reader of the product may see: of few records only the interval.
    """

    attribute: str
    group: str
    share: float | None = None
    reference_share: float | None = None
    n: int | None = None
    reference_name: str = ""
    reference_date: date | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    measured_at: datetime | None = None
    port: str = ""


@dataclass(frozen=True, kw_only=True)
class MetricFacts:
    """What was measured of one indicator; `value` and `target` as the SLO page shows them."""

    indicator: str
    value: float
    verdict: str
    as_of: datetime
    target: float | None = None
    window: str = ""


@dataclass(frozen=True, kw_only=True)
class VersionFacts:
    """A published version."""

    version: str
    published_at: datetime
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ColumnFacts:
    """A column of a contract."""

    name: str
    type: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class ProductFacts:
    """A product, or one of its versions; then `version_of` is the IRI of the product.

    `verdict` is that of the measurements, empty without any. `sources` are its input ports.
    """

    base: str
    iri: str
    page_url: str
    name: str
    purpose: str
    version: str
    status: str
    sensitivity: str
    visibility: str
    domain: DomainFacts
    reuse: Reuse
    modified: datetime
    issued: datetime | None = None
    limitations: str = ""
    usage: str = ""
    identifier: str = ""
    tags: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    citation: str = ""
    ports: tuple[PortFacts, ...] = ()
    sources: tuple[SourceFacts, ...] = ()
    answers: tuple[AnswerFacts, ...] = ()
    imbalances: tuple[ImbalanceFacts, ...] = ()
    metrics: tuple[MetricFacts, ...] = ()
    measured: tuple[ImbalanceFacts, ...] = ()
    verdict: str = ""
    certification: str = ""
    certified_until: date | None = None
    successor: str = ""
    versions: tuple[VersionFacts, ...] = ()
    columns: tuple[ColumnFacts, ...] = ()
    version_of: str = ""

    def answer(self, question: str) -> str:
        """Return the text of an answer; empty if the question has none."""
        texts = (one.text for one in self.answers if one.question == question)
        return next(texts, "")

    @property
    def description(self) -> str:
        return description_of(self)


@dataclass(frozen=True, kw_only=True)
class CatalogFacts:
    """One page of the catalog; the URLs of pages are empty where there is none."""

    base: str
    total: int
    products: tuple[ProductFacts, ...]
    page_url: str
    first_url: str
    next_url: str = ""
