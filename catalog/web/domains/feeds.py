"""The feed of a domain: its products and those of its parts, the last changed first."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.authorization.access import access_for
from catalog.domains.models import Domain
from catalog.web.domains.pages import find_domain, products_in, redirect_to_current
from catalog.web.feeds import MOST_ENTRIES, atom_answer, feed_iri, product_entry


@require_safe
def domain_feed(request: HttpRequest, domain: str) -> HttpResponseBase:
    """Tell of the products that are new or changed, among those that the reader may see."""
    row = find_domain(domain)
    if row is None:
        return redirect_to_current(domain, "domain_feed")
    products = products_in(access_for(request.user), row, Domain.objects.parents())
    newest = products.order_by("-updated_at", "id")[:MOST_ENTRIES]
    return atom_answer(
        request,
        title=_("Products of %(domain)s") % {"domain": row.name},
        page=reverse("domain_page", args=[row.slug]),
        identity=feed_iri(reverse("domain_feed", args=[row.slug])),
        entries=map(product_entry, newest),
    )
