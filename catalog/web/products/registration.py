"""Where a product begins: the ways to publish one, one's own drafts, and the first form."""

from dataclasses import dataclass, field

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.authorization.models import Membership
from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.permissions import Permission, roles_with
from catalog.products.models import DataProduct, Status
from catalog.products.services import register_product
from catalog.publication.services import publication_findings
from catalog.web.pages import render_form, render_page, submitted
from catalog.web.products.forms import RegisterForm

MAX_DRAFTS = 20


@dataclass(frozen=True)
class DraftRow:
    """A draft, and how many issues block its publication."""

    product: DataProduct
    blocking: int


@dataclass(frozen=True)
class DomainContacts:
    """Who can give someone a role in a domain."""

    domain: Domain
    names: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class StartPage:
    """`contacts` is shown to a person who cannot edit any domain."""

    can_register: bool
    drafts: list[DraftRow]
    contacts: list[DomainContacts]


@dataclass(frozen=True)
class RegisterPage:
    form: RegisterForm


@login_required
@require_safe
def product_register(request: HttpRequest) -> HttpResponse:
    access = access_for(request.user)
    can_register = bool(_editable_domain_ids(access))
    products = DataProduct.objects.in_domains(access.domains_with(Permission.EDIT_PRODUCTS))
    drafts = products.filter(status=Status.DRAFT).select_related("domain").order_by("-updated_at")
    page = StartPage(
        can_register=can_register,
        drafts=[
            DraftRow(product, sum(issue.is_error for issue in publication_findings(product)))
            for product in drafts[:MAX_DRAFTS]
        ],
        contacts=[] if can_register else _contacts(),
    )
    return render_page(request, "catalog/editing/start.html", page)


@login_required
@require_http_methods(["GET", "POST"])
def product_new(request: HttpRequest) -> HttpResponse:
    """Register a product as a draft, in a domain that the person can edit."""
    assert isinstance(request.user, Person)
    domain_ids = _editable_domain_ids(access_for(request.user))
    if not domain_ids:
        return redirect("product_register")
    slug = request.GET.get("domain", "")
    domain = Domain.objects.filter(slug=slug, pk__in=domain_ids).first()
    form = RegisterForm(
        submitted(request),
        initial={"domain": domain} if domain else {},
        domain_ids=domain_ids,
    )
    if form.is_valid():
        with form.catch_issues():
            domain = form.cleaned_data["domain"]
            product = register_product(domain=domain, tree=form.tree(), actor=request.user)
            messages.success(request, _("Registered as a draft. Only its domain sees it so far."))
            return redirect("product_edit", product.domain.slug, product.slug)
    return render_form(request, "catalog/editing/register.html", RegisterPage(form))


def _editable_domain_ids(access: AccessContext) -> list[int]:
    domain_ids = access.domains_with(Permission.EDIT_PRODUCTS)
    domains = Domain.objects.filter(pk__in=domain_ids, is_external=False)
    return list(domains.values_list("pk", flat=True))


def _contacts() -> list[DomainContacts]:
    roles = [role.value for role in roles_with(Permission.MANAGE_MEMBERS)]
    active = Membership.objects.active().filter(domain__isnull=False, role__in=roles)
    contacts: dict[int, DomainContacts] = {}
    for membership in active.select_related("domain", "person").order_by("domain__name"):
        if membership.domain is not None:
            entry = contacts.setdefault(membership.domain.pk, DomainContacts(membership.domain))
            entry.names.append(membership.person.display_name)
    return list(contacts.values())
