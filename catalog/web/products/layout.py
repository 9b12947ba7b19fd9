"""What stands above every tab of a product: who answers for it, what is known, what to do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext, access_for
from catalog.identifiers import product_iri
from catalog.permissions import Permission
from catalog.products.models import DataProduct, Status, Visibility
from catalog.publication.services import owners_and_stewards
from catalog.web.products.links import contact_of
from catalog.web.products.trust_summary import trust_summary


def product_frame(
    request: HttpRequest, product: DataProduct, reader: AccessContext | None = None, *, tab: str
) -> dict[str, Any]:
    """Return the context of `catalog/products/page.html`; `tab` is the URL name of the open tab."""
    reader = reader or access_for(request.user)
    owners, stewards = owners_and_stewards(product.domain)
    successor = product.successor
    return {
        "product": product,
        "tab": tab,
        "iri": product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
        "owners": owners,
        "stewards": stewards,
        "cells": trust_summary(product, access_of(product, reader)),
        "successor": successor if successor and reader.can_read(successor) else None,
        "may_edit": reader.can(Permission.EDIT_PRODUCTS, product.domain_id),
        "may_publish": reader.can(Permission.PUBLISH_PRODUCTS, product.domain_id),
        "is_draft": product.status == Status.DRAFT,
        "is_external": product.status == Status.EXTERNAL,
        "json_url": json_url(request),
        "contact": contact_of(product),
    }


def access_of(product: DataProduct, reader: AccessContext) -> str:
    """Return why this reader may read the product, in words."""
    if product.status == Status.DRAFT:
        return _("a draft, for its domain only")
    if product.visibility == Visibility.PUBLIC:
        return _("everybody may read it")
    if f"domain:{product.domain_id}" in reader.tokens:
        return _("you belong to its domain")
    if product.visibility == Visibility.MEMBERS:
        return _("you are signed in")
    return _("it is shared with you")


def json_url(request: HttpRequest) -> str:
    """Return the address of this page's JSON, with the same question."""
    query = request.META.get("QUERY_STRING", "")
    return f"{request.path.removesuffix('.json')}.json{'?' if query else ''}{query}"
