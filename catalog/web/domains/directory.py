"""Everybody who can sign in, for those who manage the mesh: its roles, invitations, the door."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.authorization.access import require_permission
from catalog.authorization.models import Membership
from catalog.domains.services import cancel_invitation, deactivate_person, grant_role
from catalog.exceptions import InvalidTransition
from catalog.people.models import Invitation, Person
from catalog.permissions import MESH_ROLES, Permission, Role
from catalog.web.domains.forms import ReasonForm, RoleForm

PAGE_SIZE = 50


@login_required
@require_http_methods(["GET", "POST"])
def person_list(request: HttpRequest) -> HttpResponse:
    """List people with their roles of the mesh, and open invitations; give a role of the mesh."""
    require_permission(request.user, Permission.MANAGE_MEMBERS, None)
    sheet = RoleForm(request.POST if request.method == "POST" else None, of_mesh=True)
    if request.method == "POST" and sheet.is_valid():
        _give(request, sheet)
        return redirect("person_list")
    mesh = [role.value for role in MESH_ROLES]
    held = Membership.objects.active().filter(domain=None, role__in=mesh).select_related("person")
    open_ones = Invitation.objects.filter(accepted_at=None, expires_at__gt=timezone.now())
    context = {
        "page": _page(request),
        "filter": _typed(request),
        "roles": held.order_by("role", "person__username"),
        "invitations": open_ones.select_related("invited_by", "team").order_by("-created_at"),
        "form": sheet,
        "people": Person.objects.filter(is_active=True).order_by("username"),
    }
    status = 422 if sheet.errors else 200
    return render(request, "catalog/domains/persons.html", context, status=status)


@login_required
@require_safe
def person_list_json(request: HttpRequest) -> JsonResponse:
    """Give a program the same page of people."""
    require_permission(request.user, Permission.MANAGE_MEMBERS, None)
    page = _page(request)
    rows = [
        {
            "id": str(person.uuid),
            "username": person.username,
            "name": person.display_name,
            "email": person.email,
            "is_active": person.is_active,
            "last_sign_in": person.last_login,
        }
        for person in page.object_list
    ]
    pages = {"page": page.number, "pages": page.paginator.num_pages}
    return JsonResponse({"count": page.paginator.count, **pages, "results": rows})


@login_required
@require_http_methods(["GET", "POST"])
def person_shut_out(request: HttpRequest, uuid: str) -> HttpResponse:
    """Ask before somebody is shut out, then do it."""
    require_permission(request.user, Permission.MANAGE_MEMBERS, None)
    person = get_object_or_404(Person, uuid=uuid, is_active=True)
    sheet = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and sheet.is_valid():
        actor: Any = request.user
        try:
            deactivate_person(person=person, actor=actor, reason=sheet.cleaned_data["reason"])
        except InvalidTransition as refusal:
            sheet.add_issues(refusal)
        else:
            text = _("{name} can no longer sign in.").format(name=person.display_name)
            messages.success(request, text)
            return redirect("person_list")
    held = Membership.objects.active().filter(person=person).select_related("domain")
    context = {"person": person, "form": sheet, "roles": held}
    status = 422 if sheet.errors else 200
    return render(request, "catalog/domains/shut_out.html", context, status=status)


@login_required
@require_POST
def invitation_cancel(request: HttpRequest, uuid: str) -> HttpResponse:
    """Let an open invitation lapse."""
    invitation = get_object_or_404(Invitation, uuid=uuid, accepted_at=None)
    actor: Any = request.user
    cancel_invitation(invitation=invitation, actor=actor)
    messages.success(request, _("The link no longer works."))
    return redirect("person_list")


def _give(request: HttpRequest, sheet: RoleForm) -> None:
    actor: Any = request.user
    person, role = sheet.cleaned_data["person"], Role(sheet.cleaned_data["role"])
    grant_role(person=person, role=role, actor=actor, ends_at=sheet.cleaned_data["ends_at"])
    words = {"name": person.display_name, "role": role.value.replace("_", " ")}
    messages.success(request, _("{name} is {role} of the mesh.").format(**words))


def _typed(request: HttpRequest) -> str:
    return request.GET.get("filter", "")[:100].replace("\x00", "").strip()


def _page(request: HttpRequest) -> Page[Person]:
    people = Person.objects.order_by("-is_active", "first_name", "username")
    if word := _typed(request):
        named = Q(username__icontains=word) | Q(email__icontains=word)
        people = people.filter(named | Q(first_name__icontains=word) | Q(last_name__icontains=word))
    return Paginator(people, PAGE_SIZE).get_page(request.GET.get("page"))
