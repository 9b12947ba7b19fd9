"""Atom feeds of missed objectives, and of those that are met again."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.domains.models import Domain
from catalog.identifiers import product_iri
from catalog.products.models import DataProduct
from catalog.web.domains.pages import find_domain, products_in, redirect_to_current
from catalog.web.feeds import MOST_ENTRIES, FeedEntry, atom_answer, feed_iri
from catalog.web.products.lookup import on_product
from governance.slo.models import Breach
from governance.slo.wording import format_duration


@on_product
def product_slo_feed(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponseBase:
    """Return the SLO events of one product."""
    iri = product_iri(product.uuid, base=settings.ASSAY_BASE_IRI)
    return atom_answer(
        request,
        title=_("SLO of %(product)s") % {"product": product.name},
        page=reverse("product_slo", args=[product.domain.slug, product.slug]),
        identity=f"{iri}#slo",
        entries=newest_entries(Breach.objects.filter(product=product)),
    )


@require_safe
def domain_slo_feed(request: HttpRequest, domain: str) -> HttpResponseBase:
    """Return the SLO events of the products in a domain that the reader may see."""
    row = find_domain(domain)
    if row is None:
        return redirect_to_current(domain, "domain_slo_feed")
    products = products_in(access_for(request.user), row, Domain.objects.parents())
    return atom_answer(
        request,
        title=_("SLOs of %(domain)s") % {"domain": row.name},
        page=f"{reverse('slo_board')}?domain={row.slug}",
        identity=feed_iri(reverse("domain_slo_feed", args=[row.slug])),
        entries=newest_entries(Breach.objects.filter(product__in=products.order_by().values("pk"))),
    )


def newest_entries(breaches: QuerySet[Breach]) -> list[FeedEntry]:
    """Return the newest events; a breach that is over has two."""
    with_product = breaches.select_related("product__domain")
    new = with_product.order_by("-opened_at", "-pk")[:MOST_ENTRIES]
    over = with_product.filter(closed_at__isnull=False).order_by("-closed_at", "-pk")
    rows = {breach.pk: breach for breach in (*new, *over[:MOST_ENTRIES])}
    entries = sorted(entries_of(rows.values()), key=lambda entry: entry.updated, reverse=True)
    return entries[:MOST_ENTRIES]


def entries_of(breaches: Iterable[Breach]) -> Iterator[FeedEntry]:
    for breach in breaches:
        if (product := breach.product) is None:
            continue
        iri = product_iri(product.uuid, base=settings.ASSAY_BASE_IRI)
        texts = {"product": product.name, "objective": breach.description}
        path, author = f"{product.path}/slo", product.domain.name
        yield FeedEntry(
            identity=f"{iri}#breach-{breach.pk}-opened",
            title=_("%(product)s: objective missed") % texts,
            path=path,
            updated=breach.opened_at,
            author=author,
            summary=_("Missed: %(objective)s.") % texts,
            tags=("breached",),
        )
        if breach.closed_at is not None:
            texts["time"] = format_duration(breach.closed_at - breach.opened_at)
            yield FeedEntry(
                identity=f"{iri}#breach-{breach.pk}-closed",
                title=_("%(product)s: objective met again") % texts,
                path=path,
                updated=breach.closed_at,
                author=author,
                summary=_("Met again after %(time)s: %(objective)s.") % texts,
                tags=("met",),
            )
