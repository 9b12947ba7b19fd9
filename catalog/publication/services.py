"""Publishes, deprecates, retires and adopts products, behind the gates."""

from collections.abc import Callable
from datetime import date

from django.db import transaction
from django.utils import timezone

from catalog.authorization.access import Writer, lock_for_edit
from catalog.authorization.models import Membership
from catalog.authorization.tree import ancestors_in
from catalog.contracts.models import contract_of, last_good_check
from catalog.contracts.projection import PROBED_TYPES, readable_types
from catalog.domains.models import Domain
from catalog.exceptions import ImmutableVersion, InvalidTransition, ValidationFailed
from catalog.issues import Issue
from catalog.people.models import Person
from catalog.permissions import Permission, Role
from catalog.products.models import DataProduct, Status
from catalog.products.projection import digest_of
from catalog.products.services import require_free_identity, set_status
from catalog.provenance.questions import CURRENT_SET
from catalog.publication.facts import PortFacts, ProductFacts
from catalog.publication.gates import EditRefused, PublicationRefused, regressions, run_gates
from catalog.publication.models import ProductVersion
from catalog.publication.releases import plan_release, version_columns


@transaction.atomic
def publish_product(
    *, product: DataProduct, edition: int, actor: Writer, reason: str = ""
) -> DataProduct:
    """Publish a product's current edition and freeze it under its version number.

    Publishing the published version again changes nothing. Raises PermissionDenied,
    EditConflict, InvalidTransition, PublicationRefused (all findings), ImmutableVersion (the
    version number has other content already).
    """
    product = lock_for_edit(product, edition, actor, Permission.PUBLISH_PRODUCTS)
    contracts = product.contracts.values_list("identifier", "version", "digest")
    digests = {f"{identifier}@{version}": digest for identifier, version, digest in contracts}
    content = (digest_of(product.tree), digests)
    frozen = product.versions.filter(version=product.version).first()
    is_same = frozen is not None and (frozen.tree_digest, frozen.contract_digests) == content
    if is_same and product.status == Status.PUBLISHED:
        return product
    _require_publishable(product, is_version_taken=frozen is not None and not is_same)
    columns = {"published_at": timezone.now(), "successor": None, "ends_on": None, "end_reason": ""}
    product = set_status(product, Status.PUBLISHED, "published", actor, reason, **columns)
    if not frozen:
        plan = plan_release(product)
        ProductVersion.objects.create(
            product=product,
            version=product.version,
            tree=product.tree,
            tree_digest=content[0],
            contract_digests=digests,
            edition=product.edition,
            published_by=actor.audit_name,
            note=reason,
            **version_columns(product, plan),
        )
    return product


@transaction.atomic
def deprecate_product(
    *,
    product: DataProduct,
    edition: int,
    actor: Writer,
    successor: DataProduct | None = None,
    ends_on: date | None = None,
    reason: str = "",
) -> DataProduct:
    """Announce that a published product will be retired, when, and what replaces it."""
    product = _lock_published(product, edition, actor, successor, verb="deprecated")
    columns = {"successor": successor, "ends_on": ends_on, "end_reason": reason}
    return set_status(product, Status.DEPRECATED, "deprecated", actor, reason, **columns)


@transaction.atomic
def retire_product(
    *,
    product: DataProduct,
    edition: int,
    actor: Writer,
    successor: DataProduct | None = None,
    reason: str = "",
) -> DataProduct:
    """Retire a product: its address answers 410 and names its successor."""
    hint = "Delete a draft instead."
    product = _lock_published(product, edition, actor, successor, verb="retired", hint=hint)
    columns = {
        "successor": successor or product.successor,
        "end_reason": reason or product.end_reason,
    }
    return set_status(product, Status.RETIRED, "retired", actor, reason, **columns)


@transaction.atomic
def adopt_product(
    *, product: DataProduct, edition: int, actor: Writer, reason: str = ""
) -> DataProduct:
    product = lock_for_edit(product, edition, actor, Permission.EDIT_PRODUCTS)
    if product.status != Status.EXTERNAL:
        raise InvalidTransition("Only an external entry can be adopted.", location="status")
    require_free_identity(product)
    return set_status(product, Status.DRAFT, "adopted", actor, reason)


def publication_findings(product: DataProduct) -> list[Issue]:
    """Return what the gates find in a product now; nothing is changed or fetched."""
    return run_gates(load_facts(product))


def check_edit(product: DataProduct) -> Callable[[DataProduct], None]:
    """Return the check that an edit leaves a published product publishable, a retired one alone.

    What kept it from being published before the edit (a port that is down) does not count. Raises
    EditRefused, InvalidTransition.
    """
    is_live = product.status in (Status.PUBLISHED, Status.DEPRECATED)
    before = publication_findings(product) if is_live else []

    def check(current: DataProduct) -> None:
        if current.edition == product.edition:
            return
        if current.status == Status.RETIRED:
            raise InvalidTransition("A retired product does not change.", location="status")
        if is_live and (added := regressions(before, publication_findings(current))):
            raise EditRefused(added)

    return check


def load_facts(product: DataProduct) -> ProductFacts:
    owners, stewards = owners_and_stewards(product.domain)
    record = getattr(product, "provenance", None)
    answered = set(record.answers.values_list("question", flat=True)) if record else set()
    return ProductFacts(
        product_id=product.pk,
        name=product.name,
        purpose=product.purpose,
        status=product.status,
        sensitivity=product.sensitivity,
        visibility=product.visibility,
        owners=tuple(person.username for person in owners),
        stewards=tuple(person.username for person in stewards),
        ports=tuple(_port_facts(product)),
        open_questions=tuple(code for code in CURRENT_SET.codes if code not in answered),
        now=timezone.now(),
    )


def owners_and_stewards(domain: Domain) -> tuple[list[Person], list[Person]]:
    """Return the active owners and stewards of a domain, inherited ones included."""
    parents = Domain.objects.parents() if domain.parent_id else {domain.pk: None}
    domain_ids = ancestors_in(parents, domain.pk)
    memberships = Membership.objects.active().filter(
        domain_id__in=domain_ids, role__in=[Role.OWNER.value, Role.STEWARD.value]
    )
    people: dict[str, dict[int, Person]] = {Role.OWNER.value: {}, Role.STEWARD.value: {}}
    for membership in memberships.select_related("person").order_by("id"):
        people[membership.role].setdefault(membership.person_id, membership.person)
    return list(people[Role.OWNER.value].values()), list(people[Role.STEWARD.value].values())


def _port_facts(product: DataProduct) -> list[PortFacts]:
    linked = product.output_ports.select_related("port_contract__contract")
    ports = linked.defer("port_contract__contract__tree").prefetch_related(
        "port_contract__contract__servers", "port_contract__contract__schema_objects"
    )
    facts = []
    for port in ports:
        contract = contract_of(port)
        servers = contract.servers.all() if contract else ()
        server_types = {server.type for server in servers}
        facts.append(
            PortFacts(
                name=port.name,
                version=port.version,
                is_deprecated=port.is_deprecated,
                server_types=tuple(sorted(server_types)),
                last_good_at=last_good_check(port, servers),
                is_probed=not server_types.isdisjoint(PROBED_TYPES),
                is_readable=not server_types.isdisjoint(readable_types()),
                has_schema=bool(contract and contract.schema_objects.all()),
            )
        )
    return facts


def _require_publishable(product: DataProduct, *, is_version_taken: bool) -> None:
    if product.status in (Status.RETIRED, Status.EXTERNAL):
        raise InvalidTransition(
            f"A product that is {product.status} cannot be published.",
            location="status",
            hint="Adopt an external entry first; register a retired product as a new one.",
        )
    if is_version_taken:
        raise ImmutableVersion(
            f"Version {product.version} is already published with different content.",
            location="version",
            hint="Increase the product's version, then publish.",
        )
    findings = publication_findings(product)
    if any(finding.is_error for finding in findings):
        raise PublicationRefused(findings)


def _lock_published(
    product: DataProduct,
    edition: int,
    actor: Writer,
    successor: DataProduct | None,
    *,
    verb: str,
    hint: str = "",
) -> DataProduct:
    """Return the locked product if it is published and the successor is another one."""
    product = lock_for_edit(product, edition, actor, Permission.PUBLISH_PRODUCTS)
    if product.status not in (Status.PUBLISHED, Status.DEPRECATED):
        message = f"A {product.status} product cannot be {verb}."
        raise InvalidTransition(message, location="status", hint=hint)
    if successor == product:
        message = "A product cannot be its own successor."
        raise ValidationFailed.of("successor", message)
    return product
