"""What lists, searches and exports show of a product."""

from datetime import date, datetime
from typing import NamedTuple, TypedDict
from uuid import UUID

from django.conf import settings

from catalog.identifiers import product_iri, product_path
from catalog.products.models import DataProduct, Sensitivity

_SENSITIVITIES = {choice.value: str(choice.label) for choice in Sensitivity}


class ProductRow(NamedTuple):
    """What a list shows of a product; the owner is its domain's team, if it has one."""

    pk: int
    uuid: UUID
    slug: str
    name: str
    purpose: str
    version: str
    status: str
    visibility: str
    sensitivity: int
    slo_verdict: str
    contract_state: str
    certification: str
    certified_until: date | None
    tags: list[str]
    updated_at: datetime
    domain_id: int
    domain_slug: str
    domain_name: str
    owner_slug: str | None
    owner_name: str | None

    @property
    def path(self) -> str:
        return product_path(self.domain_slug, self.slug)


class SummaryJSON(TypedDict):
    """`iri` never changes; `domain` is a slug; `slo` is the verdict of the measurements.

    `contract` says whether what the sources serve is as the contracts say: broken, met, unknown.
    """

    id: UUID
    iri: str
    domain: str
    slug: str
    name: str
    version: str
    status: str
    sensitivity: str
    tags: list[str]
    purpose: str
    slo: str
    contract: str
    certification: str | None
    updated_at: datetime


def product_summary(product: DataProduct | ProductRow, *, domain: str) -> SummaryJSON:
    """Return the summary of a product in the domain with this slug; times stay times."""
    return SummaryJSON(
        id=product.uuid,
        iri=product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
        domain=domain,
        slug=product.slug,
        name=product.name,
        version=product.version,
        status=product.status,
        sensitivity=_SENSITIVITIES[product.sensitivity],
        tags=product.tags,
        purpose=product.purpose,
        slo=product.slo_verdict,
        contract=product.contract_state,
        certification=product.certification or None,
        updated_at=product.updated_at,
    )
