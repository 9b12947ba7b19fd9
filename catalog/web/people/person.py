"""The page of a person: how to reach them, what they answer for, and their teams."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from catalog.authorization.access import access_for
from catalog.authorization.models import Membership
from catalog.authorization.people import ACCOUNTABLE, visible_email, visible_people
from catalog.authorization.tree import domains_within
from catalog.domains.models import Domain
from catalog.people.models import Person, Team, TeamMember, current
from catalog.products.models import DataProduct, Status
from catalog.web.pages import render_page

PAGE_SIZE = 60


@dataclass(frozen=True, kw_only=True)
class PersonPage:
    """`products` are those that the person owns or stewards; `email` is empty if it is hidden.

    `contact_teams` have an email: the person's own teams, and those of the domains in `roles`.
    """

    person: Person
    email: str
    contact_teams: list[Team]
    roles: list[Membership]
    teams: list[Team]
    products: Page[DataProduct]
    can_manage: bool
    api_url: str


@require_safe
def person_page(request: HttpRequest, uuid: str) -> HttpResponse:
    """Show a person to those who may look them up; signed out, only owners and stewards."""
    access = access_for(request.user)
    person = get_object_or_404(visible_people(access), uuid=uuid)
    memberships = Membership.objects.active().filter(person=person)
    if not access.is_signed_in:
        memberships = memberships.filter(role__in=ACCOUNTABLE, domain__isnull=False)
    roles = list(memberships.select_related("domain__owner_team").order_by("domain__name", "role"))
    answers_for = [row.domain for row in roles if row.domain and row.role in ACCOUNTABLE]
    parents = Domain.objects.parents()
    inside = {pk for domain in answers_for for pk in domains_within(parents, domain.pk)}
    products = (
        DataProduct.objects.visible_to(access)
        .in_domains(inside)
        .exclude(status=Status.RETIRED)
        .select_related("domain")
        .order_by("name", "id")
    )
    memberships_of_teams = TeamMember.objects.filter(current(), person=person)
    teams = [
        member.team for member in memberships_of_teams.select_related("team").order_by("team__name")
    ]
    public_teams = [domain.owner_team for domain in answers_for if domain.owner_team]
    contact_teams = [*(teams if access.is_signed_in else []), *public_teams]
    page = PersonPage(
        person=person,
        email=visible_email(person, access) or "",
        contact_teams=list({team.pk: team for team in contact_teams if team.email}.values()),
        roles=roles,
        teams=teams if access.is_signed_in else [],
        products=Paginator(products, PAGE_SIZE).get_page(request.GET.get("page")),
        can_manage=access.manages_people,
        api_url=f"{reverse('api:people')}?{urlencode({'q': person.username})}",
    )
    return render_page(request, "catalog/people/person.html", page)
