"""One page of the catalog as a DCAT-AP 3 catalog, with Hydra's links to the other pages; pure."""

from collections.abc import Iterator

from catalog.manifests.linked_data.dcat import product_triples
from catalog.manifests.linked_data.facts import CatalogFacts
from catalog.manifests.linked_data.graph import IRI, Triple, are, text, whole_number

TITLE = "Assay"
DESCRIPTION = (
    "The data products of this data mesh: what exists, who answers for it, where it is served, "
    "where it comes from, and what was measured of it. Each reader gets the products that they may "
    "see."
)
PROFILE = "http://data.europa.eu/r5r/"


def catalog_triples(facts: CatalogFacts) -> Iterator[Triple]:
    """Yield the catalog with the products of one page, and where the next page is."""
    catalog = IRI(f"{facts.base}/catalog")
    yield from _head(facts, catalog)
    yield from _paging(facts, catalog)
    themes = IRI(f"{facts.base}/domains")
    yield catalog, "dcat:themeTaxonomy", themes
    yield from are(themes, "skos:ConceptScheme")
    yield themes, "dct:title", text("Domains", "en")
    for product in facts.products:
        yield catalog, "dcat:dataset", IRI(product.iri)
        for triple in product_triples(product):
            yield triple
            subject, predicate, _ = triple
            if predicate == "dcat:servesDataset":
                yield catalog, "dcat:service", subject


def _head(facts: CatalogFacts, catalog: IRI) -> Iterator[Triple]:
    publisher, home, profile = catalog.part("publisher"), IRI(f"{facts.base}/"), IRI(PROFILE)
    yield from are(catalog, "dcat:Catalog")
    yield catalog, "dct:title", text(TITLE, "en")
    yield catalog, "dct:description", text(DESCRIPTION, "en")
    yield catalog, "dct:publisher", publisher
    yield from are(publisher, "foaf:Agent", "foaf:Organization")
    yield publisher, "foaf:name", text("The operators of this catalog", "en")
    yield catalog, "foaf:homepage", home
    yield from are(home, "foaf:Document")
    yield catalog, "dct:conformsTo", profile
    yield from are(profile, "dct:Standard")
    yield profile, "dct:title", text("DCAT-AP 3.0.1", "en")


def _paging(facts: CatalogFacts, catalog: IRI) -> Iterator[Triple]:
    page = IRI(facts.page_url)
    yield from are(catalog, "hydra:Collection")
    yield catalog, "hydra:totalItems", whole_number(facts.total)
    yield catalog, "hydra:view", page
    yield from are(page, "hydra:PartialCollectionView")
    yield page, "hydra:first", IRI(facts.first_url)
    if facts.next_url:
        yield page, "hydra:next", IRI(facts.next_url)
