"""The home page: a search box, tasks, recent activity and domains."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, UUIDField, Value
from django.db.models.functions import Cast, Replace
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext, access_for
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.domain_stats import DomainStats
from catalog.products.models import PRODUCT, ContractState, DataProduct, Status, Verdict
from catalog.web.domains.pages import DomainCard, domain_cards
from catalog.web.pages import render_page
from config.pages.setup_steps import SetupStep, setup_steps
from governance.inbox.items import InboxItem
from governance.inbox.reading import inbox_of

EXAMPLES = ("customer lifetime value", "slo:met has:bias-notes", "min_share(sex)>=0.4")
SHOWN_VERBS = ("published", "deprecated", "retired", "verdict turned", "contract state changed")
UNDECIDED = (Verdict.NO_DATA, Verdict.COLLECTING)
MAX_WAITING = 5
MAX_ACTIVITY = 7
MAX_EVENTS_READ = 150
# An event names its object in text, with dashes or without.
_OBJECT = Cast(Replace(OuterRef("object_id"), Value("-"), Value("")), UUIDField())


@dataclass(frozen=True)
class ActivityItem:
    """One change that readers of a product care about."""

    product: DataProduct
    event: AuditEvent

    @property
    def verdict(self) -> str:
        """Return the verdict that the product changed to, if that is what happened."""
        return str(self.event.after.get("slo_verdict") or "")

    @property
    def contract_state(self) -> str:
        """Return the state that the contract changed to, if that is what happened."""
        return str(self.event.after.get("contract_state") or "")


@dataclass(frozen=True)
class HomePage:
    """`totals` counts all that the reader can see; `domains` are those at the top of the tree."""

    examples: Sequence[str]
    totals: DomainStats
    domain_count: int
    external_count: int
    domains: Sequence[DomainCard]
    has_roles: bool
    can_publish: bool
    waiting: Sequence[InboxItem]
    waiting_count: int
    setup_steps: Sequence[SetupStep]
    activity: Sequence[ActivityItem]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the home page with what this reader can see."""
    access = access_for(request.user)
    cards = domain_cards(access)
    roots = [card for card in cards if card.depth == 0]
    totals = DomainStats()
    for card in roots:
        totals.add(card.stats)
    person = request.user
    waiting = inbox_of(person, access=access) if isinstance(person, Person) else []
    page = HomePage(
        examples=EXAMPLES,
        totals=totals,
        domain_count=sum(1 for card in cards if not card.is_external),
        external_count=sum(1 for card in cards if card.is_external),
        domains=[card for card in roots if not card.is_external],
        has_roles=any(access.roles.values()),
        can_publish=bool(access.domains_with(Permission.EDIT_PRODUCTS)),
        waiting=waiting[:MAX_WAITING],
        waiting_count=len(waiting),
        setup_steps=setup_steps(access) if not totals.in_use else [],
        activity=_activity(access),
    )
    return render_page(request, "pages/home.html", page)


def _activity(access: AccessContext) -> list[ActivityItem]:
    """Return the last changes, one for each product that the reader can see."""
    visible = DataProduct.objects.visible_to(access).exclude(status=Status.DRAFT)
    # Filtered before the newest are taken, so that hidden products do not displace visible ones.
    events = AuditEvent.objects.filter(Exists(visible.filter(uuid=_OBJECT)), object_kind=PRODUCT)
    # A query per verb uses the index; one query for all would sort the whole trail.
    candidates = [
        event
        for verb in SHOWN_VERBS
        for event in events.filter(verb=verb).order_by("-id")[:MAX_EVENTS_READ]
    ]
    latest: dict[str, AuditEvent] = {}
    for event in sorted(candidates, key=lambda event: event.pk, reverse=True)[:MAX_EVENTS_READ]:
        if _is_news(event):
            latest.setdefault(event.object_id, event)
    newest = dict(list(latest.items())[:MAX_ACTIVITY])
    rows = visible.select_related("domain").filter(uuid__in=list(newest))
    products = {row.uuid: row for row in rows}
    return [ActivityItem(products[UUID(key)], event) for key, event in newest.items()]


def _is_news(event: AuditEvent) -> bool:
    """Return False for a verdict without enough evidence, and for a first one that is good."""
    before, after = event.before, event.after
    if after.get("slo_verdict") in UNDECIDED:
        return False
    is_first = before.get("slo_verdict") in UNDECIDED
    is_first_reading = before.get("contract_state") == ContractState.UNKNOWN
    is_good = Verdict.MET in (after.get("slo_verdict"), after.get("contract_state"))
    return not (is_good and (is_first or is_first_reading))
