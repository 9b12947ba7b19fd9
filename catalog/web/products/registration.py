"""Where a product begins: the ways to publish one, one's own drafts, and the first form."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.authorization.models import Membership
from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.permissions import Permission, roles_with
from catalog.products.models import DataProduct, Status
from catalog.products.services import register_product
from catalog.publication.services import publication_findings
from catalog.web.components.layout import url
from catalog.web.pages import render_form, render_page, submitted
from catalog.web.products.forms import RegisterForm

MAX_DRAFTS = 20


@dataclass(frozen=True)
class SourceType:
    """One kind of source that a product can begin with, and the page on which it is given."""

    url_name: str
    icon: str
    label: str | Promise
    description: str | Promise


SOURCE_TYPES = (
    SourceType(
        "publish_upload",
        "upload",
        gettext_lazy("Upload a file"),
        gettext_lazy("CSV, Parquet or JSON from your computer. Assay keeps and serves it."),
    ),
    SourceType(
        "publish_file",
        "folder-open",
        gettext_lazy("A file in your domain's folder"),
        gettext_lazy("A file that lies on the server already."),
    ),
    SourceType(
        "publish_database",
        "database",
        gettext_lazy("A database"),
        gettext_lazy("Tables or views. Assay reads their columns for you."),
    ),
    SourceType(
        "publish_s3",
        "cloud",
        gettext_lazy("Object storage (S3)"),
        gettext_lazy("Files in a bucket, on AWS or a compatible server."),
    ),
    SourceType(
        "publish_endpoint",
        "globe",
        gettext_lazy("An HTTP endpoint"),
        gettext_lazy("An address that answers with the data."),
    ),
)


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
    sources: list[tuple[SourceType, str]]
    query: str
    drafts: list[DraftRow]
    contacts: list[DomainContacts]


@dataclass(frozen=True)
class RegisterPage:
    form: RegisterForm


@login_required
@require_safe
def product_register(request: HttpRequest) -> HttpResponse:
    access = access_for(request.user)
    domain = request.GET.get("domain", "")
    can_register = bool(editable_domain_ids(access))
    products = DataProduct.objects.in_domains(access.domains_with(Permission.EDIT_PRODUCTS))
    drafts = products.filter(status=Status.DRAFT).select_related("domain").order_by("-updated_at")
    page = StartPage(
        can_register=can_register,
        sources=[(source, address) for source in SOURCE_TYPES if (address := url(source.url_name))],
        query=f"?{urlencode({'domain': domain})}" if domain else "",
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
    domain_ids = editable_domain_ids(access_for(request.user))
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


def editable_domain_ids(access: AccessContext) -> list[int]:
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
