"""What surrounds every tab of a product: its header, the trust summary, and the tabs."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.identifiers import product_iri
from catalog.people.models import Person
from catalog.permissions import Permission, Role
from catalog.products.following import is_following
from catalog.products.models import DataProduct, Status, Visibility
from catalog.products.reuse import Reuse, reuse_of, suggested_citation
from catalog.products.services import edited_version
from catalog.publication.releases import count_unpublished
from catalog.publication.services import owners_and_stewards
from catalog.web.components.roles import role_label
from catalog.web.products.links import Link, contact_of
from catalog.web.products.trust_summary import TrustMetric, trust_summary


@dataclass(frozen=True, kw_only=True)
class ProductFrame:
    """What catalog/products/page.html shows around a tab; the page of a tab has it as `frame`.

    `tab` is the URL name of the open tab, `canonical` the one address of the page, `api_url` the
    API resource with the same content; `is_followed` is None for who is not signed in;
    `unpublished` counts the changes of the working copy, for those who may edit it.
    """

    product: DataProduct
    tab: str
    iri: str
    canonical: str
    api_url: str
    owners: list[Person]
    stewards: list[Person]
    contact: Link | None
    access: "EntryAccess"
    metrics: list[TrustMetric]
    successor: DataProduct | None
    reuse: Reuse
    citation: str
    can_edit: bool
    is_followed: bool | None
    unpublished: int

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
    seen_by = entry_access(product, access)
    may_edit = access.can(Permission.EDIT_PRODUCTS, product.domain_id)
    return ProductFrame(
        product=product,
        tab=tab,
        iri=product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
        canonical=f"{settings.ASSAY_BASE_IRI.rstrip('/')}{escape_uri_path(request.path)}",
        api_url=api_url or reverse("api:product", args=[product.uuid]),
        owners=owners,
        stewards=stewards,
        contact=contact_of(product),
        access=seen_by,
        metrics=trust_summary(product, seen_by.readers, seen_by.reason),
        successor=successor if successor and access.can_read(successor) else None,
        reuse=reuse_of(product.tree),
        citation=citation_for(product),
        is_followed=is_following(request.user, product),
        can_edit=product.status != Status.RETIRED and may_edit,
        unpublished=count_unpublished(edited_version(product)) if may_edit else 0,
    )


def citation_for(product: DataProduct) -> str:
    """Return the citation that a product's document states, else one made from its entry."""
    published = product.published_at or product.updated_at
    return reuse_of(product.tree).citation or suggested_citation(
        publisher=product.domain.name,
        year=published.year,
        name=product.name,
        version=product.version,
        iri=product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
    )


@dataclass(frozen=True)
class EntryAccess:
    """Who may see a product's entry, and why this reader may; its data is another matter."""

    readers: str
    reason: str


def entry_access(product: DataProduct, access: AccessContext) -> EntryAccess:
    readers = {
        Visibility.PUBLIC: _("Everyone"),
        Visibility.MEMBERS: _("Signed-in people"),
        Visibility.RESTRICTED: _("Named readers"),
    }
    mesh_roles = access.roles.get(None, frozenset())
    own_roles = access.roles.get(product.domain_id, frozenset()) - mesh_roles
    is_draft = product.status == Status.DRAFT
    if product.visibility == Visibility.PUBLIC and not is_draft:
        reason = _("No account is needed.")
    elif product.visibility == Visibility.MEMBERS and not is_draft:
        reason = _("You see it because you are signed in.")
    elif own_roles or mesh_roles:
        text = (
            _("You see it by your role in its domain: {role}.")
            if own_roles
            else _("You see it by your role in the mesh: {role}.")
        )
        role = next(role for role in Role if role in (own_roles or mesh_roles))
        reason = text.format(role=role_label(role))
    else:
        reason = _("It is shared with you.")
    who = _("Its editors") if is_draft else readers[Visibility(product.visibility)]
    return EntryAccess(who, reason)
