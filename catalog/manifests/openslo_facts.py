"""What OpenSLO says of a product, as it is now."""

from django.conf import settings

from catalog.contracts.models import contracts_of
from catalog.identifiers import product_iri
from catalog.manifests.formats.openslo.exporting import ServiceFacts
from catalog.products.models import DataProduct


def service_facts(product: DataProduct) -> ServiceFacts:
    """Return a product with the newest version of each of its contracts."""
    newest = {row.identifier: row.tree for row in contracts_of(product).order_by("id")}
    return ServiceFacts(
        tree=product.tree,
        domain=product.domain.slug,
        slug=product.slug,
        iri=product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
        contracts=tuple(newest.values()),
    )
