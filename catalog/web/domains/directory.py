"""The list of people; for those who manage the mesh its roles, invitations, deactivation."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.authorization.access import (
    AccessContext,
    access_for,
    require_permission,
    require_user,
)
from catalog.authorization.models import Membership
from catalog.authorization.people import visible_email, visible_people
from catalog.domains.services import cancel_invitation, deactivate_person
from catalog.people.models import Invitation, Person
from catalog.permissions import MESH_ROLES, Permission
from catalog.web.domains.forms import ReasonForm, RoleForm
from catalog.web.domains.people import active_people, give_role
from catalog.web.pages import render_form, submitted

PAGE_SIZE = 50


@dataclass(frozen=True, kw_only=True)
class PersonListPage:
    """`people_page` has those whom the reader may look up, each with the email shown of them.

    The rest is for who manages the mesh; `people` can be given one of its roles.
    """

    people_page: Page[Person]
    emails: dict[int, str | None]
    can_manage: bool
    filter: str
    roles: list[Membership]
    invitations: list[Invitation]
    form: RoleForm
    people: list[Person]
    api_url: str


@dataclass(frozen=True, kw_only=True)
class DeactivatePage:
    person: Person
    form: ReasonForm
    roles: list[Membership]


@login_required
@require_http_methods(["GET", "POST"])
def person_list(request: HttpRequest) -> HttpResponse:
    """List people; for those who manage the mesh also invitations and roles, and give a role."""
    access = access_for(request.user)
    if request.method == "POST":
        require_permission(request.user, Permission.MANAGE_MEMBERS, None)
    form = RoleForm(submitted(request), of_mesh=True)
    if form.is_valid() and give_role(request, form, None):
        return redirect("person_list")
    mesh_roles = [role.value for role in MESH_ROLES]
    roles = Membership.objects.active().filter(domain=None, role__in=mesh_roles)
    invitations = Invitation.objects.filter(accepted_at=None, expires_at__gt=timezone.now())
    people_page = _page(request, access)
    can_manage = access.manages_people
    page = PersonListPage(
        people_page=people_page,
        emails={person.pk: visible_email(person, access) for person in people_page.object_list},
        can_manage=can_manage,
        filter=_filter_text(request),
        roles=list(roles.select_related("person").order_by("role", "person__username"))
        if can_manage
        else [],
        invitations=list(
            invitations.select_related("invited_by", "team", "domain").order_by("-created_at")
        )
        if can_manage
        else [],
        form=form,
        people=active_people() if can_manage else [],
        api_url=reverse("api:people"),
    )
    return render_form(request, "catalog/domains/directory.html", page)


@login_required
@require_http_methods(["GET", "POST"])
def person_deactivate(request: HttpRequest, uuid: str) -> HttpResponse:
    """Ask for confirmation, then deactivate an account."""
    require_permission(request.user, Permission.MANAGE_MEMBERS, None)
    person = get_object_or_404(Person, uuid=uuid, is_active=True)
    form = ReasonForm(submitted(request))
    if form.is_valid():
        with form.catch_issues():
            deactivate_person(
                person=person, actor=require_user(request.user), reason=form.cleaned_data["reason"]
            )
            text = _("{name} can no longer sign in.").format(name=person.display_name)
            messages.success(request, text)
            return redirect("person_list")
    roles = Membership.objects.active().filter(person=person).select_related("domain")
    page = DeactivatePage(person=person, form=form, roles=list(roles))
    return render_form(request, "catalog/domains/deactivate.html", page)


@login_required
@require_POST
def invitation_cancel(request: HttpRequest, uuid: str) -> HttpResponse:
    """Revoke an open invitation."""
    invitation = get_object_or_404(Invitation, uuid=uuid, accepted_at=None)
    cancel_invitation(invitation=invitation, actor=require_user(request.user))
    messages.success(request, _("The link no longer works."))
    return redirect("person_list")


def _filter_text(request: HttpRequest) -> str:
    return request.GET.get("filter", "")[:100].replace("\x00", "").strip()


def _page(request: HttpRequest, access: AccessContext) -> Page[Person]:
    people = visible_people(access).order_by("-is_active", "first_name", "username")
    if word := _filter_text(request):
        matching = (
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
        )
        if access.manages_people:
            matching |= Q(email__icontains=word)
        people = people.filter(matching)
    return Paginator(people, PAGE_SIZE).get_page(request.GET.get("page"))
