"""A product as a DCAT-AP 3 dataset with its distributions and services; pure.

Every node that DCAT-AP gives a class is declared as one, so that a page conforms by itself. No node
is blank: what has no IRI of its own is a part of its product's, in the fragment.
"""

from collections.abc import Iterator

from catalog.manifests.linked_data.facts import DomainFacts, PortFacts, ProductFacts, ServerFacts
from catalog.manifests.linked_data.graph import (
    IRI,
    Triple,
    address,
    are,
    day,
    moment,
    text,
    version_iri,
)
from catalog.manifests.linked_data.period import period_of
from catalog.manifests.linked_data.provenance import provenance_of
from catalog.manifests.linked_data.quality import quality_triples

AUTHORITY = "http://publications.europa.eu/resource/authority"
MEDIA_TYPES_REGISTRY = "https://www.iana.org/assignments/media-types"
RIGHTS = {
    "public": ("PUBLIC", "public"),
    "internal": ("NON_PUBLIC", "internal"),
    "confidential": ("RESTRICTED", "confidential"),
    "restricted": ("RESTRICTED", "restricted"),
}
STATUSES = {
    "draft": ("DEVELOP", "under development"),
    "deprecated": ("DEPRECATED", "deprecated"),
    "retired": ("WITHDRAWN", "withdrawn"),
}
COMPLETED = ("COMPLETED", "completed")
# How long a distribution is meant to be there.
AVAILABILITIES = {
    "draft": ("EXPERIMENTAL", "experimental"),
    "deprecated": ("TEMPORARY", "temporary"),
}
AVAILABLE = ("AVAILABLE", "available")
FILE_TYPES = {"csv": "CSV", "json": "JSON", "parquet": "PARQUET", "xml": "XML"}
MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
WEB = ("http://", "https://")


def product_triples(facts: ProductFacts) -> Iterator[Triple]:
    """Yield a product's graph: the dataset, its ports, its quality and its provenance."""
    yield from _dataset(facts)
    yield from _rights(facts)
    yield from _parties(facts)
    for port in facts.ports:
        yield from _distributions(facts, port)
    yield from _relations(facts)
    yield from quality_triples(facts)
    yield from provenance_of(facts).triples()


def agent_of(domain: DomainFacts) -> IRI:
    return IRI(domain.url).part("publisher")


def _dataset(facts: ProductFacts) -> Iterator[Triple]:
    product = IRI(facts.iri)
    yield from are(product, "dcat:Dataset")
    yield product, "dct:title", text(facts.name)
    yield product, "dct:description", text(facts.description)
    yield product, "dct:identifier", text(facts.iri)
    yield product, "dcat:version", text(facts.version)
    yield product, "dct:modified", moment(facts.modified)
    if facts.issued:
        yield product, "dct:issued", moment(facts.issued)
    for tag in facts.tags:
        yield product, "dcat:keyword", text(tag)
    if facts.identifier:
        other = product.part("identifier")
        yield product, "adms:identifier", other
        yield from are(other, "adms:Identifier")
        yield other, "skos:notation", text(facts.identifier)
    if facts.citation:
        yield product, "dct:bibliographicCitation", text(facts.citation)
    page = IRI(facts.page_url)
    yield product, "dcat:landingPage", page
    yield from are(page, "foaf:Document")
    yield from _theme(facts)
    yield from _status(product, facts.status)


def _theme(facts: ProductFacts) -> Iterator[Triple]:
    domain = IRI(facts.domain.url)
    yield IRI(facts.iri), "dcat:theme", domain
    yield from are(domain, "skos:Concept")
    yield domain, "skos:prefLabel", text(facts.domain.name)
    yield domain, "skos:inScheme", IRI(f"{facts.base}/domains")
    if facts.domain.mission:
        yield domain, "skos:definition", text(facts.domain.mission)


def _status(subject: IRI, status: str) -> Iterator[Triple]:
    code, label = STATUSES.get(status, COMPLETED)
    concept = IRI(f"{AUTHORITY}/distribution-status/{code}")
    yield subject, "adms:status", concept
    yield from are(concept, "skos:Concept")
    yield concept, "skos:prefLabel", text(label, "en")


def _rights(facts: ProductFacts) -> Iterator[Triple]:
    """Yield who may read the data, by its sensitivity, and under which licence."""
    code, label = RIGHTS[facts.sensitivity]
    rights = IRI(f"{AUTHORITY}/access-right/{code}")
    statement = IRI(facts.iri).part("rights")
    yield IRI(facts.iri), "dct:accessRights", rights
    yield from are(rights, "dct:RightsStatement")
    yield IRI(facts.iri), "dct:rights", statement
    yield from are(statement, "dct:RightsStatement")
    yield statement, "rdfs:label", text(f"Sensitivity: {label}", "en")
    if licence := _licence(facts):
        yield from are(licence, "dct:LicenseDocument")
        yield licence, "rdfs:label", text(facts.reuse.license)
        if facts.reuse.license_name:
            yield licence, "dct:title", text(facts.reuse.license_name, "en")


def _licence(facts: ProductFacts) -> IRI | None:
    """Return the licence: where it can be read, or a node for its text; None without one."""
    if not facts.reuse.license:
        return None
    return address(facts.reuse.license_url) or IRI(facts.iri).part("license")


def _parties(facts: ProductFacts) -> Iterator[Triple]:
    product, publisher = IRI(facts.iri), agent_of(facts.domain)
    yield product, "dct:publisher", publisher
    yield from publisher_triples(facts.domain)
    for index, contact in enumerate(facts.contacts, 1):
        node = product.part("contact", str(index))
        yield product, "dcat:contactPoint", node
        yield from are(node, "vcard:Kind", "vcard:Organization")
        yield node, "vcard:fn", text(contact["channel"] or contact["url"])
        if url := address(contact["url"]):
            is_mail = url.value.lower().startswith("mailto:")
            yield node, "vcard:hasEmail" if is_mail else "vcard:hasURL", url


def publisher_triples(domain: DomainFacts) -> Iterator[Triple]:
    publisher = agent_of(domain)
    yield from are(publisher, "foaf:Agent", "foaf:Organization")
    yield publisher, "foaf:name", text(domain.name)
    yield publisher, "foaf:page", IRI(domain.url)


def _distributions(facts: ProductFacts, port: PortFacts) -> Iterator[Triple]:
    """Yield a distribution for each server of a port; one that leads to the page without any."""
    servers = port.servers or (ServerFacts(name=port.name, type=""),)
    for index, server in enumerate(servers, 1):
        node = IRI(facts.iri).part("port", port.name, port.version, str(index))
        is_served = bool(port.data_url) and index == 1
        yield IRI(facts.iri), "dcat:distribution", node
        yield from are(node, "dcat:Distribution")
        yield node, "dct:title", text(f"{port.name} {port.version}")
        for words in dict.fromkeys(filter(None, (port.description, server.description))):
            yield node, "dct:description", text(words)
        location = address(server.location)
        place = IRI(port.data_url) if is_served else location or IRI(facts.page_url)
        yield node, "dcat:accessURL", place
        if is_served:
            yield node, "dcat:downloadURL", place
        yield from _format(node, server.format)
        yield from _port_terms(facts, port, node)
        if server.type == "api" and location and location.value.startswith(WEB):
            service = IRI(facts.iri).part("service", port.name, port.version, str(index))
            yield node, "dcat:accessService", service
            yield from _service(facts, port, service, location)


def _format(node: IRI, name: str) -> Iterator[Triple]:
    if not name:
        return
    known = FILE_TYPES.get(name.lower())
    place = IRI(f"{AUTHORITY}/file-type/{known}") if known else IRI(f"{node}-format")
    yield node, "dct:format", place
    yield from are(place, "dct:MediaTypeOrExtent")
    yield place, "rdfs:label", text(known or name)
    if media_type := MEDIA_TYPES.get(name.lower()):
        media = IRI(f"{MEDIA_TYPES_REGISTRY}/{media_type}")
        yield node, "dcat:mediaType", media
        yield from are(media, "dct:MediaType")
        yield media, "rdfs:label", text(media_type)


def _port_terms(facts: ProductFacts, port: PortFacts, node: IRI) -> Iterator[Triple]:
    """Yield licence, contract and status, which all servers of a port share."""
    if licence := _licence(facts):
        yield node, "dct:license", licence
    if port.contract:
        contract = IRI(port.contract.url)
        yield node, "dct:conformsTo", contract
        yield IRI(facts.iri), "dct:conformsTo", contract
        yield from are(contract, "dct:Standard", "foaf:Document")
        yield contract, "dct:title", text(port.contract.name)
        yield contract, "dct:identifier", text(port.contract.identifier)
        yield contract, "owl:versionInfo", text(port.contract.version)
    status = "deprecated" if port.is_deprecated or port.ends_on else facts.status
    yield from _status(node, status)
    code, label = AVAILABILITIES.get(status, AVAILABLE)
    availability = IRI(f"{AUTHORITY}/planned-availability/{code}")
    yield node, "dcatap:availability", availability
    yield from are(availability, "skos:Concept")
    yield availability, "skos:prefLabel", text(label, "en")
    if port.ends_on:
        yield node, "dct:valid", day(port.ends_on)


def _service(facts: ProductFacts, port: PortFacts, service: IRI, endpoint: IRI) -> Iterator[Triple]:
    yield from are(service, "dcat:DataService")
    yield service, "dct:title", text(f"{facts.name}: {port.name} {port.version}")
    yield service, "dct:description", text(port.description or facts.description)
    yield service, "dcat:endpointURL", endpoint
    yield service, "dcat:servesDataset", IRI(facts.iri)
    yield service, "dct:publisher", agent_of(facts.domain)
    yield service, "dcat:theme", IRI(facts.domain.url)
    if port.contract:
        yield service, "dct:conformsTo", IRI(port.contract.url)
    if licence := _licence(facts):
        yield service, "dct:license", licence


def _relations(facts: ProductFacts) -> Iterator[Triple]:
    """Yield sources, successor, versions and the period."""
    product = IRI(facts.iri)
    yield from _versions(facts)
    for source in facts.sources:
        if source.iri:
            yield product, "dct:source", IRI(source.iri)
            yield from are(IRI(source.iri), "dcat:Dataset")
            yield IRI(source.iri), "dct:title", text(source.name)
            yield IRI(source.iri), "dct:description", text(source.description or source.name)
    if facts.successor:
        yield product, "dct:isReplacedBy", IRI(facts.successor)
    if period := period_of(facts.answer("period")):
        node = product.part("period")
        yield product, "dct:temporal", node
        yield from are(node, "dct:PeriodOfTime")
        yield node, "dcat:startDate", day(period.first_day)
        if period.last_day:
            yield node, "dcat:endDate", day(period.last_day)


def _versions(facts: ProductFacts) -> Iterator[Triple]:
    product = IRI(facts.iri)
    if facts.version_of:
        yield product, "dcat:isVersionOf", IRI(facts.version_of)
    for version in facts.versions:
        node = version_iri(facts.iri, version.version)
        yield product, "dcat:hasVersion", node
        yield node, "dcat:version", text(version.version)
        yield node, "dct:issued", moment(version.published_at)
        if version.note:
            yield node, "adms:versionNotes", text(version.note)
