"""Where a product begins: the way to start, the first form, and one's own drafts."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.authorization.models import Membership
from catalog.domains.models import Domain
from catalog.exceptions import NameConflict, ValidationFailed
from catalog.permissions import Permission, roles_with
from catalog.products.models import DataProduct, Status
from catalog.products.projection import new_tree
from catalog.products.services import register_product
from catalog.publication.services import publication_findings
from catalog.web.products.forms import RegisterForm

MOST_DRAFTS = 20


@login_required
@require_safe
def product_register(request: HttpRequest) -> HttpResponse:
    """Offer the ways to start, and one's own drafts to go on with."""
    reader = access_for(request.user)
    context: dict[str, Any] = {"drafts": _drafts(reader), "askable": None}
    if not _domain_ids(reader):
        context["askable"] = _who_may()
    return render(request, "catalog/editing/start.html", context)


@login_required
@require_safe
def draft_list_json(request: HttpRequest) -> JsonResponse:
    """List one's own drafts for a program."""
    rows = [
        {
            "id": str(row["product"].uuid),
            "name": row["product"].name,
            "domain": row["product"].domain.slug,
            "path": row["product"].path,
            "blocking": row["blocking"],
        }
        for row in _drafts(access_for(request.user))
    ]
    return JsonResponse({"count": len(rows), "results": rows})


@login_required
@require_http_methods(["GET", "POST"])
def product_new(request: HttpRequest) -> HttpResponse:
    """Register a product as a draft, in a domain where one may."""
    domain_ids = _domain_ids(access_for(request.user))
    if not domain_ids:
        return redirect("product_register")
    asked = Domain.objects.filter(slug=request.GET.get("domain", ""), pk__in=domain_ids).first()
    initial = {"domain": asked} if asked else {}
    form = RegisterForm(
        request.POST if request.method == "POST" else None, initial=initial, domain_ids=domain_ids
    )
    if request.method == "POST" and form.is_valid():
        try:
            product = _register(request, form)
        except (ValidationFailed, NameConflict) as refusal:
            form.add_issues(refusal)
        else:
            messages.success(request, _("Registered as a draft. Only its domain sees it so far."))
            return redirect("product_edit", product.domain.slug, product.slug)
    status = 422 if form.errors else 200
    return render(request, "catalog/editing/register.html", {"form": form}, status=status)


def _register(request: HttpRequest, form: RegisterForm) -> DataProduct:
    domain: Any = form.cleaned_data["domain"]
    start = new_tree(identifier=str(uuid4()), name=form.cleaned_data["name"], domain=domain.slug)
    actor: Any = request.user
    return register_product(domain=domain, tree=form.described(start), actor=actor)


def _domain_ids(reader: AccessContext) -> list[int]:
    held = reader.domains_with(Permission.EDIT_PRODUCTS)
    own = Domain.objects.filter(pk__in=held, is_external=False)
    return list(own.values_list("pk", flat=True))


def _drafts(reader: AccessContext) -> list[dict[str, Any]]:
    own = DataProduct.objects.in_domains(reader.domains_with(Permission.EDIT_PRODUCTS))
    drafts = own.filter(status=Status.DRAFT).select_related("domain").order_by("-updated_at")
    return [
        {
            "product": product,
            "blocking": sum(item.is_error for item in publication_findings(product)),
        }
        for product in drafts[:MOST_DRAFTS]
    ]


def _who_may() -> list[tuple[Domain, list[str]]]:
    """Return each domain with the people who could give somebody a role in it."""
    roles = [role.value for role in roles_with(Permission.MANAGE_MEMBERS)]
    held = Membership.objects.active().filter(domain__isnull=False, role__in=roles)
    people: dict[int, tuple[Domain, list[str]]] = {}
    for membership in held.select_related("domain", "person").order_by("domain__name"):
        if membership.domain is None:
            continue
        entry = people.setdefault(membership.domain.pk, (membership.domain, []))
        entry[1].append(membership.person.display_name)
    return list(people.values())
