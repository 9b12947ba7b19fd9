"""What surrounds every tab of a product: its header, the trust summary, and the tabs."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.identifiers import product_iri
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.models import DataProduct, Status, Visibility
from catalog.publication.services import owners_and_stewards
from catalog.web.products.links import Link, contact_of
from catalog.web.products.trust_summary import TrustMetric, trust_summary


@dataclass(frozen=True, kw_only=True)
class ProductFrame:
    """What catalog/products/page.html shows around a tab; the page of a tab has it as `frame`.

    `tab` is the URL name of the open tab, `api_url` the API resource with the same content.
    """

    product: DataProduct
    tab: str
    iri: str
    api_url: str
    owners: list[Person]
    stewards: list[Person]
    contact: Link | None
    metrics: list[TrustMetric]
    successor: DataProduct | None
    can_edit: bool

    @property
    def is_draft(self) -> bool:
        return self.product.status == Status.DRAFT

    @property
    def is_retired(self) -> bool:
        return self.product.status == Status.RETIRED

    @property
    def is_external(self) -> bool:
        return self.product.status == Status.EXTERNAL


def product_frame(
    request: HttpRequest,
    product: DataProduct,
    access: AccessContext,
    *,
    tab: str,
    api_url: str = "",
) -> ProductFrame:
    owners, stewards = owners_and_stewards(product.domain)
    successor = product.successor
    return ProductFrame(
        product=product,
        tab=tab,
        iri=product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
        api_url=api_url or reverse("api:product", args=[product.uuid]),
        owners=owners,
        stewards=stewards,
        contact=contact_of(product),
        metrics=trust_summary(product, describe_access(product, access)),
        successor=successor if successor and access.can_read(successor) else None,
        can_edit=product.status != Status.RETIRED
        and access.can(Permission.EDIT_PRODUCTS, product.domain_id),
    )


def describe_access(product: DataProduct, access: AccessContext) -> str:
    """Return why this reader can read the product."""
    if product.status == Status.DRAFT:
        return _("a draft, for its domain only")
    if product.visibility == Visibility.PUBLIC:
        return _("everyone can read it")
    if f"domain:{product.domain_id}" in access.tokens:
        return _("you belong to its domain")
    if product.visibility == Visibility.MEMBERS:
        return _("you are signed in")
    return _("it is shared with you")
