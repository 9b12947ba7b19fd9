"""Publishes the objectives that a domain sets as a standard, and applies them to its products."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from catalog.authorization.access import Writer, lock_for_edit
from catalog.authorization.tree import domains_within
from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.revisions.services import record_change
from catalog.types import JSONObject, JSONValue
from governance.slo.inherited import LIVE_STATUSES, StandardsReader
from governance.slo.models import Objective, ObjectiveStandard
from governance.slo.projection import declared_objectives, parse_standards
from governance.slo.services.evaluation import evaluate
from governance.slo.services.objectives import save_objectives, schedule_ports
from governance.slo.services.product_status import publish_status

BATCH = 200


@transaction.atomic
def set_standards(
    *, domain: Domain, declared: JSONValue, edition: int, actor: Writer, reason: str = ""
) -> Domain:
    """Replace the objectives that a domain sets for its products, and publish them.

    `declared` is a list in the notation of `assayObjectives`. Raises PermissionDenied,
    EditConflict, ValidationFailed with a JSON Pointer into the list for each issue.
    """
    domain = lock_for_edit(domain, edition, actor, Permission.MANAGE_DOMAIN, related=())
    parse_standards(declared)
    current = list(ObjectiveStandard.objects.filter(domain=domain))
    before: list[JSONObject] = [row.declared for row in current]
    if before == declared:
        return domain
    now, unchanged = timezone.now(), list(current)
    for position, item in enumerate(declared):
        row = next((row for row in unchanged if row.declared == item), None)
        if row is None:
            row = ObjectiveStandard(domain=domain, declared=item, published_at=now)
            row.published_by = actor if isinstance(actor, Person) else None
        else:
            unchanged.remove(row)
        row.position = position
        row.save()
    Domain.objects.filter(pk=domain.pk).update(edition=F("edition") + 1)
    domain.edition += 1
    after = {"objectives": declared}
    verb = "published objective standards"
    record_change(domain, actor, verb, before={"objectives": before}, after=after, reason=reason)
    inside = domains_within(Domain.objects.parents(), domain.pk)
    affected = DataProduct.objects.live().filter(domain_id__in=inside)
    # Rows of a standard that was replaced become rows of the new one, and keep their breaches.
    replaced = ObjectiveStandard.objects.filter(pk__in=[row.pk for row in unchanged])
    reader = StandardsReader.load(ObjectiveStandard.objects.exclude(pk__in=replaced.values("pk")))
    _apply(list(affected.values_list("pk", flat=True)), reader, now=now)
    replaced.delete()
    return domain


def apply_standards(ids: Sequence[UUID]) -> None:
    """Apply the standards to products that changed: published, retired or moved."""
    products = DataProduct.objects.filter(uuid__in=ids)
    _apply(list(products.values_list("pk", flat=True)), now=timezone.now())


def apply_standards_in_domains(ids: Sequence[UUID]) -> None:
    """Apply the standards to the products of domains that changed: they may have a new parent."""
    parents = Domain.objects.parents()
    changed = Domain.objects.filter(uuid__in=ids).values_list("pk", flat=True)
    inside = {pk for domain_id in changed for pk in domains_within(parents, domain_id)}
    products = DataProduct.objects.live().filter(domain_id__in=inside)
    _apply(list(products.values_list("pk", flat=True)), now=timezone.now())


def apply_all_standards() -> int:
    """Apply the standards wherever the hint of a commit was lost; return how many products."""
    rows = DataProduct.objects.values_list("pk", flat=True)
    return _apply(list(rows), now=timezone.now())


def _apply(
    product_ids: Sequence[int], reader: StandardsReader | None = None, *, now: datetime
) -> int:
    """Save the objectives of products again where a standard changes them; return how many."""
    reader = reader or StandardsReader.load()
    pks = sorted(_concerned(product_ids, reader))
    count = 0
    for start in range(0, len(pks), BATCH):
        batch = pks[start : start + BATCH]
        changed = [
            product.pk
            for product in DataProduct.objects.filter(pk__in=batch).select_related("domain")
            if save_objectives(product, declared_objectives(product.tree), reader)
        ]
        if changed:
            schedule_ports(list(OutputPort.objects.filter(product_id__in=changed)))
            evaluate(objectives=list(Objective.objects.of_products(changed)), now=now)
            publish_status(product_ids=changed)
        count += len(changed)
    return count


def _concerned(product_ids: Collection[int], reader: StandardsReader) -> set[int]:
    """Return the products that have a standard or an objective of one, and those with objectives
    that do not count yet although the product is published."""
    products = DataProduct.objects.filter(pk__in=product_ids)
    live = products.filter(status__in=LIVE_STATUSES)
    covered = live.filter(domain_id__in=reader.covered_domains)
    inherited = Objective.objects.filter(product_id__in=product_ids, origin__isnull=False)
    dormant = Objective.objects.filter(effective_since__isnull=True)
    is_dormant = Exists(dormant.filter(product=OuterRef("pk"))) | Exists(
        dormant.filter(port__product=OuterRef("pk"))
    )
    return {
        *covered.values_list("pk", flat=True),
        *inherited.values_list("product_id", flat=True),
        *live.filter(is_dormant).values_list("pk", flat=True),
    }
