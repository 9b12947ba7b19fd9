"""Publishes, deprecates, retires and adopts products, behind the gates."""

from collections.abc import Callable
from datetime import date

from django.db import transaction
from django.utils import timezone

from catalog.authorization.access import Writer, lock_for_edit
from catalog.authorization.models import Membership
from catalog.authorization.tree import ancestors_in
from catalog.contracts.models import contract_of, contracts_of, last_good_check, ports_of
from catalog.contracts.projection import readable_types
from catalog.domains.models import Domain
from catalog.exceptions import (
    ImmutableVersion,
    InvalidTransition,
    ValidationFailed,
    require_edition,
)
from catalog.issues import Issue
from catalog.people.models import Person
from catalog.permissions import Permission, Role
from catalog.products.models import DataProduct, Status
from catalog.products.projection import content_digest
from catalog.products.services import (
    drop_working_copy,
    lock_product,
    lock_settings,
    publish_working_copy,
    replace_document,
    require_free_identity,
    set_status,
)
from catalog.provenance.models import contradictions_of
from catalog.provenance.questions import CURRENT_SET
from catalog.publication.contents import notice_until
from catalog.publication.facts import PortFacts, ProductFacts
from catalog.publication.gates import PublicationRefused, SettingRefused, regressions, run_gates
from catalog.publication.models import ProductVersion
from catalog.publication.releases import plan_release, version_columns
from catalog.publication.rules import BREAKING_CHANGE


@transaction.atomic
def publish_product(
    *,
    product: DataProduct,
    edition: int,
    actor: Writer,
    reason: str = "",
    note: str = "",
    break_reason: str = "",
    version: str = "",
) -> DataProduct:
    """Publish what people edit of a product, of this edition, and freeze it under its version.

    Another `version` is written into the document first.

    A working copy is written over its product in this transaction; of a deprecated product, the
    product stays deprecated. Publishing the published version again changes nothing. `note` tells
    consumers what is new, `break_reason` why a breaking change has no notice period.

    Raises PermissionDenied, EditConflict, InvalidTransition, PublicationRefused (all findings),
    ImmutableVersion (the version number has other content already), NameConflict.
    """
    row, copy = lock_product(product, actor, Permission.PUBLISH_PRODUCTS)
    current = copy or row
    require_edition(sent=edition, read=product.edition, current=current.edition)
    if version not in ("", current.version):
        tree = current.tree | {"version": version}
        current = replace_document(
            product=current, tree=tree, edition=current.edition, actor=actor, reason=reason
        )
        row, copy = (row, current) if current.is_working_copy else (current, None)
    digests = contract_digests_of(current)
    content = (content_digest(current.tree), digests)
    frozen = row.versions.filter(version=current.version).first()
    is_same = frozen is not None and (frozen.tree_digest, frozen.contract_digests) == content
    if is_same and row.status == Status.PUBLISHED:
        return drop_working_copy(row, copy, actor) if copy else row
    _require_publishable(
        current,
        is_version_taken=frozen is not None and not is_same,
        may_break=bool(break_reason.strip()),
    )
    changes = publish_working_copy(row, copy) if copy else {}
    columns: dict[str, object] = {"published_at": timezone.now()}
    status = Status.DEPRECATED if copy and row.status == Status.DEPRECATED else Status.PUBLISHED
    if status == Status.PUBLISHED:
        columns |= {"successor": None, "ends_on": None, "end_reason": ""}
    row = set_status(
        row, status, "published", actor, note or reason, columns=columns, changes=changes
    )
    if not frozen:
        _freeze_version(row, content, actor, note, break_reason)
    return row


def _freeze_version(
    product: DataProduct,
    content: tuple[str, dict[str, str]],
    actor: Writer,
    note: str,
    break_reason: str,
) -> None:
    """Keep what was published; `content` is the digest of the document and those of contracts."""
    plan = plan_release(product)
    ProductVersion.objects.create(
        product=product,
        version=product.version,
        tree=product.tree,
        tree_digest=content[0],
        contract_digests=content[1],
        edition=product.edition,
        published_by=actor.audit_name,
        note=note,
        break_reason=break_reason if plan.release.breaks else "",
        **version_columns(product, plan),
    )


def contract_digests_of(product: DataProduct) -> dict[str, str]:
    """Return the digests of a product's contract versions by `identifier@version`."""
    contracts = contracts_of(product).values_list("identifier", "version", "digest")
    return {f"{identifier}@{version}": digest for identifier, version, digest in contracts}


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
    """Announce that a published product will be retired, when, and what replaces it.

    Its working copy stays.
    """
    row, copy = _lock_released(product, edition, actor, successor, verb="deprecated")
    columns = {"successor": successor, "ends_on": ends_on, "end_reason": reason}
    return set_status(
        row, Status.DEPRECATED, "deprecated", actor, reason, columns=columns, working_copy=copy
    )


@transaction.atomic
def retire_product(
    *,
    product: DataProduct,
    edition: int,
    actor: Writer,
    successor: DataProduct | None = None,
    reason: str = "",
) -> DataProduct:
    """Retire a product: its address answers 410 and names its successor.

    Its working copy is discarded; the audit trail keeps what was in it.
    """
    hint = "Delete a draft instead."
    row, copy = _lock_released(product, edition, actor, successor, verb="retired", hint=hint)
    if copy is not None:
        row = drop_working_copy(row, copy, actor, reason)
    columns = {
        "successor": successor or row.successor,
        "end_reason": reason or row.end_reason,
    }
    return set_status(row, Status.RETIRED, "retired", actor, reason, columns=columns)


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


def check_settings(product: DataProduct) -> Callable[[DataProduct], None]:
    """Return the check that a published product stays publishable with other settings.

    What keeps it from being published before (a port that is down) does not count. The check raises
    SettingRefused.
    """
    before = publication_findings(product)

    def check(current: DataProduct) -> None:
        if added := regressions(before, publication_findings(current)):
            raise SettingRefused(added)

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
        open_questions=tuple(code for code in CURRENT_SET.required_codes if code not in answered),
        now=timezone.now(),
        breaks=plan_release(product).release.breaks if product.is_working_copy else (),
        notice_until=notice_until(),
        contradictions=tuple(contradictions_of(product)),
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
    with_schema = set(
        contracts_of(product).filter(schema_objects__isnull=False).values_list("pk", flat=True)
    )
    facts = []
    for port in ports_of(product):
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
                is_probed=any(server.is_probed for server in servers),
                is_readable=not server_types.isdisjoint(readable_types()),
                has_schema=bool(contract and contract.pk in with_schema),
            )
        )
    return facts


def _require_publishable(product: DataProduct, *, is_version_taken: bool, may_break: bool) -> None:
    if product.status in (Status.RETIRED, Status.EXTERNAL):
        raise InvalidTransition(
            f"A product that is {product.status} cannot be published.",
            location="status",
            hint="Adopt an external entry first; register a retired product as a new one.",
        )
    findings = publication_findings(product)
    if may_break:
        findings = [finding for finding in findings if finding.code != BREAKING_CHANGE]
    if any(finding.is_error for finding in findings):
        raise PublicationRefused(findings)
    if is_version_taken:
        raise ImmutableVersion(
            f"Version {product.version} is already published with different content.",
            location="version",
            hint="Increase the product's version, then publish.",
        )


def _lock_released(
    product: DataProduct,
    edition: int,
    actor: Writer,
    successor: DataProduct | None,
    *,
    verb: str,
    hint: str = "",
) -> tuple[DataProduct, DataProduct | None]:
    """Return the locked rows of a product if it is published and the successor is another one."""
    row, copy = lock_settings(product, edition, actor, Permission.PUBLISH_PRODUCTS)
    if not row.is_released:
        message = f"A {row.status} product cannot be {verb}."
        raise InvalidTransition(message, location="status", hint=hint)
    if successor == row:
        message = "A product cannot be its own successor."
        raise ValidationFailed.of("successor", message)
    return row, copy
