"""What others ask of a person: new terms, and the work of a team for a domain."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.domains.models import TeamRequest
from catalog.glossary.models import TermProposal, proposals_to_answer
from catalog.permissions import Permission
from governance.alerts.kinds import Severity
from governance.inbox.items import MAX_OF_A_KIND, InboxItem, ItemKind


def request_items(access: AccessContext) -> Iterator[InboxItem]:
    """Yield the proposals and requests that a reader can answer."""
    if access.can(Permission.STEWARD_PRODUCTS, None) or access.domains_with(
        Permission.STEWARD_PRODUCTS
    ):
        yield from _term_proposals(access)
    # The governance lead may answer for every team and is not asked for all of them.
    if access.managed_team_ids:
        yield from _team_requests(access)


def _term_proposals(access: AccessContext) -> Iterator[InboxItem]:
    rows = TermProposal.objects.select_related("domain", "proposed_by")
    for proposal in proposals_to_answer(access, rows)[:MAX_OF_A_KIND]:
        where = proposal.domain.name if proposal.domain else _("the whole mesh")
        text = _("{person} proposes this term for {where}.")
        yield InboxItem(
            kind=ItemKind.TERM,
            key=f"term:{proposal.uuid}",
            title=proposal.name,
            text=text.format(person=proposal.proposed_by.display_name, where=where),
            path=reverse("term_proposals"),
            severity=Severity.INFO,
            since=proposal.created_at,
        )


def _team_requests(access: AccessContext) -> Iterator[InboxItem]:
    rows = TeamRequest.objects.filter(team__in=access.managed_team_ids)
    rows = rows.select_related("team", "domain", "requested_by").order_by("pk")
    for request in rows[:MAX_OF_A_KIND]:
        text = _("{person} asks that the team work for {domain}.")
        yield InboxItem(
            kind=ItemKind.TEAM,
            key=f"team:{request.pk}",
            title=request.team.name,
            text=text.format(person=request.requested_by.display_name, domain=request.domain.name),
            path=reverse("team_page", args=[request.team.slug]),
            severity=Severity.INFO,
            since=request.created_at,
        )
