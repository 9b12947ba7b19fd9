"""Planned maintenance of a product or domain: the list, the form, and an iCalendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for, require_permission, require_user
from catalog.domains.models import Domain
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.web.domains.pages import find_domain
from catalog.web.forms.fields import SingleLineField
from catalog.web.forms.versioned import CatalogForm
from catalog.web.pages import render_form, submitted
from catalog.web.products.lookup import ProductMoved, find_product
from governance.slo.icalendar import CONTENT_TYPE, CalendarEvent, calendar_text
from governance.slo.models import MaintenanceWindow
from governance.slo.services import cancel_maintenance, plan_maintenance
from governance.slo.services.planned_maintenance import MAX_SUMMARY

MAX_SHOWN = 100
Subject = DataProduct | Domain


class MaintenanceForm(CatalogForm):
    """Maintenance to announce; times are of the installation's time zone."""

    summary = SingleLineField(
        label=gettext_lazy("What is done"),
        max_length=MAX_SUMMARY,
        help_text=gettext_lazy("Consumers read it: “The database is moved; queries may fail.”"),
    )
    starts_at = forms.DateTimeField(label=gettext_lazy("From"))
    ends_at = forms.DateTimeField(label=gettext_lazy("To"))

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        zone = timezone.get_current_timezone_name()
        for name in ("starts_at", "ends_at"):
            field = self.fields[name]
            field.widget = forms.DateTimeInput(
                attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
            )
            field.help_text = _("Time zone: %(zone)s.") % {"zone": zone}


@dataclass(frozen=True, kw_only=True)
class MaintenanceRow:
    """A window as the page shows it; `cancel_id` is empty if the reader may not cancel it.

    `subject` is the product or domain that it is of, if that is another one than the page's.
    """

    window: MaintenanceWindow
    subject: str
    state: str
    cancel_id: str


@dataclass(frozen=True, kw_only=True)
class MaintenancePage:
    """The maintenance of a product or domain, and the form for people who may announce it."""

    name: str
    url: str
    rows: Sequence[MaintenanceRow]
    form: MaintenanceForm
    can_edit: bool
    calendar_url: str
    api_url: str


def product_maintenance(request: HttpRequest, domain: str, product: str) -> HttpResponse:
    """List the maintenance of a product and its domains; announce and cancel its own."""
    access = access_for(request.user)
    row = _product(access, domain, product)
    if request.method != "POST" and (row.domain.slug, row.slug) != (domain, product):
        return redirect("product_maintenance", row.domain.slug, row.slug)
    url = reverse("product_maintenance", args=[row.domain.slug, row.slug])
    api_url = reverse("api:product_maintenance_windows", args=[row.uuid])
    return _answer(request, row, access, url, f"{row.path}/slo", api_url)


def domain_maintenance(request: HttpRequest, domain: str) -> HttpResponse:
    """List the maintenance of all products of a domain; announce and cancel it."""
    row = _domain(domain)
    url = reverse("domain_maintenance", args=[row.slug])
    api_url = reverse("api:domain_maintenance_windows", args=[row.slug])
    page = reverse("domain_page", args=[row.slug])
    return _answer(request, row, access_for(request.user), url, page, api_url)


@require_safe
def product_calendar(request: HttpRequest, domain: str, product: str) -> HttpResponse:
    return _calendar(request, _product(access_for(request.user), domain, product))


@require_safe
def domain_calendar(request: HttpRequest, domain: str) -> HttpResponse:
    return _calendar(request, _domain(domain))


def _product(access: AccessContext, domain: str, slug: str) -> DataProduct:
    """Return the product that has an address, or had it. Raises Http404."""
    try:
        return find_product(access, domain, slug)
    except ProductMoved as moved:
        return moved.product


def _domain(slug: str) -> Domain:
    row = find_domain(slug)
    if row is None:
        raise Http404
    return row


def _windows(subject: Subject) -> list[MaintenanceWindow]:
    windows = MaintenanceWindow.objects
    rows = (
        windows.affecting(subject)
        if isinstance(subject, DataProduct)
        else windows.of_subject(subject)
    )
    return list(rows.select_related("product__domain", "domain")[:MAX_SHOWN])


def _answer(
    request: HttpRequest,
    subject: Subject,
    access: AccessContext,
    url: str,
    page_url: str,
    api_url: str,
) -> HttpResponse:
    can_edit = access.can(Permission.EDIT_PRODUCTS, subject.domain.pk)
    if request.method == "POST":
        require_permission(request.user, Permission.EDIT_PRODUCTS, subject.domain)
        if uuid := request.POST.get("cancel"):
            return _cancel(request, subject, uuid, url)
    form = MaintenanceForm(submitted(request))
    if form.is_valid():
        with form.catch_issues():
            plan_maintenance(
                subject=subject,
                **form.cleaned_data,
                actor=require_user(request.user),
                now=timezone.now(),
            )
            messages.success(request, _("Announced. Checks in this time will not count."))
            return redirect(url)
    now = timezone.now()
    page = MaintenancePage(
        name=subject.name,
        url=page_url,
        rows=[_row(window, subject, now, can_edit=can_edit) for window in _windows(subject)],
        form=form,
        can_edit=can_edit,
        calendar_url=f"{url}.ics",
        api_url=api_url,
    )
    return render_form(request, "governance/slo/maintenance.html", page)


def _cancel(request: HttpRequest, subject: Subject, uuid: str, url: str) -> HttpResponse:
    windows = MaintenanceWindow.objects.of_subject(subject)
    try:
        window = get_object_or_404(windows, uuid=uuid)
    except (ValueError, forms.ValidationError) as error:
        raise Http404 from error
    cancel_maintenance(window=window, actor=require_user(request.user), now=timezone.now())
    messages.success(request, _("Cancelled. Checks count again."))
    return redirect(url)


def _row(
    window: MaintenanceWindow, subject: Subject, now: datetime, *, can_edit: bool
) -> MaintenanceRow:
    is_open = window.cancelled_at is None and window.ends_at > now
    if window.cancelled_at:
        state = _("cancelled")
    elif window.ends_at <= now:
        state = _("over")
    else:
        state = _("in progress") if window.starts_at <= now else _("planned")
    is_own = (window.product or window.domain) == subject
    return MaintenanceRow(
        window=window,
        subject="" if is_own else str(window.product or window.domain),
        state=state,
        cancel_id=str(window.uuid) if can_edit and is_own and is_open else "",
    )


def _calendar(request: HttpRequest, subject: Subject) -> HttpResponse:
    """Return the maintenance as iCalendar; those cancelled are in it, so that programs notice."""
    name = _("Maintenance of %(name)s") % {"name": subject.name}
    url = request.build_absolute_uri(request.path.removesuffix(".ics"))
    host = settings.ASSAY_BASE_IRI.split("//")[-1].split("/")[0]
    events = [
        CalendarEvent(
            uid=f"{window.uuid}@{host}",
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            summary=f"{window.product or window.domain}: {window.summary}",
            description=_("Checks in this time do not count for its objectives."),
            url=url,
            changed_at=window.changed_at,
            created_at=window.created_at,
            sequence=window.sequence,
            is_cancelled=window.cancelled_at is not None,
        )
        for window in _windows(subject)
    ]
    return HttpResponse(calendar_text(name, events), content_type=CONTENT_TYPE)
