"""The objectives that a domain sets for its products: who misses them, and the form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.audit.models import AuditEvent
from catalog.authorization.access import (
    AccessContext,
    access_for,
    require_permission,
    require_user,
)
from catalog.authorization.tree import domains_within
from catalog.domains.models import Domain
from catalog.exceptions import EditConflict
from catalog.permissions import Permission
from catalog.products.models import DataProduct, Status
from catalog.web.domains.pages import find_domain
from catalog.web.domains.panels import DomainPanel
from catalog.web.forms.formsets import MORE_ROWS
from catalog.web.pages import render_form, submitted
from governance.slo.models import MaintenanceWindow, ObjectiveStandard
from governance.slo.preview import preview_objectives
from governance.slo.projection import parse_standards
from governance.slo.services import set_standards
from governance.slo.standard_results import StandardResult, standard_results
from governance.slo.wording import format_objective
from governance.web.slo.forms import ObjectiveTable, rows_from
from governance.web.slo.previews import PreviewRow, standard_preview_rows

MAX_SHOWN = 10
MAX_PREVIEWED = 200


@dataclass(frozen=True, kw_only=True)
class StandardRow:
    """A standard as the domain's page shows it; `origin` is another domain's name, or empty."""

    description: str
    origin: str
    origin_url: str
    published_at: datetime
    result: StandardResult

    @property
    def total(self) -> int:
        return len(self.result.products)

    @property
    def missing(self) -> Sequence[tuple[str, str]]:
        """Return the first products that miss it: name and URL."""
        rows = self.result.missing[:MAX_SHOWN]
        return [(row.product.name, f"{row.product.path}/slo") for row in rows]

    @property
    def more(self) -> int:
        return max(0, len(self.result.missing) - MAX_SHOWN)


@dataclass(frozen=True, kw_only=True)
class StandardsPanel:
    """The standards of a domain and its next maintenance; links may be empty."""

    standards: Sequence[StandardRow]
    next_maintenance: MaintenanceWindow | None
    edit_url: str
    maintenance_url: str
    api_url: str


@dataclass(frozen=True, kw_only=True)
class StandardsPage:
    """`last_edit` is the change that an edit conflict is with; `preview` comes on request."""

    domain: Domain
    form: "StandardsForm"
    preview: Sequence[PreviewRow] | None
    last_edit: AuditEvent | None


class StandardsForm(ObjectiveTable):
    """The objectives that a domain sets; they cover all ports of a product."""

    def field_for(self, location: str) -> tuple[forms.Form, str | None]:
        """Return the field of the row that a location is in: /0/target."""
        index, _slash, name = location.removeprefix("/").partition("/")
        field = self.row_at(int(index), name) if index.isdecimal() else None
        return field or super().field_for(location)


def standards_panel(domain: Domain, reader: AccessContext) -> DomainPanel:
    """Return the section of a domain's page about its standards."""
    now = timezone.now()
    coming = MaintenanceWindow.objects.of_subject(domain).planned().filter(ends_at__gt=now)
    can_manage = reader.can(Permission.MANAGE_DOMAIN, domain.pk) and not domain.is_external
    content = StandardsPanel(
        standards=[_row(result, domain) for result in standard_results(domain, reader)],
        next_maintenance=coming.first(),
        edit_url=reverse("domain_standards", args=[domain.slug]) if can_manage else "",
        maintenance_url=reverse("domain_maintenance", args=[domain.slug]),
        api_url=reverse("api:domain_standards", args=[domain.slug]),
    )
    return DomainPanel("governance/slo/standards_panel.html", content)


@login_required
@require_http_methods(["GET", "POST"])
def domain_standards(request: HttpRequest, domain: str) -> HttpResponse:
    """Edit the standards of a domain; saving publishes them."""
    row = find_domain(domain)
    if row is None:
        raise Http404
    require_permission(request.user, Permission.MANAGE_DOMAIN, row)
    form = StandardsForm(submitted(request), initial=_initial(row))
    preview: Sequence[PreviewRow] | None = None
    if "more" in request.POST:
        form = StandardsForm(initial=form.submitted(), extra=MORE_ROWS)
    elif "preview" in request.POST:
        preview = _preview(form, row, access_for(request.user)) if form.is_valid() else None
    elif form.is_valid():
        try:
            with form.catch_issues():
                set_standards(
                    domain=row,
                    declared=form.objectives(),
                    edition=form.cleaned_data["edition"],
                    actor=require_user(request.user),
                )
                messages.success(request, _("Published. The standards apply to all products now."))
                return redirect("domain_page", row.slug)
        except EditConflict as conflict:
            row.refresh_from_db()
            form.show_conflict(conflict, _initial(row))
    last = AuditEvent.objects.about("domain", str(row.uuid)).first() if form.conflict else None
    page = StandardsPage(domain=row, form=form, last_edit=last, preview=preview)
    return render_form(request, "governance/slo/standards.html", page)


def _preview(
    form: StandardsForm, domain: Domain, reader: AccessContext
) -> Sequence[PreviewRow] | None:
    """Return how many of the products that the reader may see would miss each standard."""
    inside = domains_within(Domain.objects.parents(), domain.pk)
    products = DataProduct.objects.visible_to(reader).live().in_domains(inside)
    rows: list[PreviewRow] = []
    with form.catch_issues():
        declared = parse_standards(form.objectives())
        chosen = products.exclude(status=Status.EXTERNAL).order_by("name", "pk")[:MAX_PREVIEWED]
        rows += standard_preview_rows(preview_objectives(chosen, declared, timezone.now()))
    return None if form.errors else rows


def _initial(domain: Domain) -> dict[str, Any]:
    rows = ObjectiveStandard.objects.filter(domain=domain)
    declared = list(rows.values_list("declared", flat=True))
    return {"rows": rows_from(declared), "edition": domain.edition}


def _row(result: StandardResult, domain: Domain) -> StandardRow:
    origin = result.standard.domain
    is_own = origin.pk == domain.pk
    return StandardRow(
        description=format_objective(result.declared.spec),
        origin="" if is_own else origin.name,
        origin_url="" if is_own else reverse("domain_page", args=[origin.slug]),
        published_at=result.standard.published_at,
        result=result,
    )
