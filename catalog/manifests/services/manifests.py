"""Imports manifests: each product is saved with its contracts, or not at all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction

from catalog.audit.services import record_if_denied
from catalog.authorization.access import access_for
from catalog.contracts.projection import ContractDocument, parse_contract
from catalog.contracts.services import save_contract
from catalog.exceptions import CatalogError, EditConflict, ValidationFailed
from catalog.identifiers import fit
from catalog.issues import Issue
from catalog.manifests.bundles import BundleCollector
from catalog.manifests.formats import odcs
from catalog.manifests.formats.types import Format
from catalog.manifests.import_report import ImportResult
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.manifest import Bundle, Manifest
from catalog.manifests.plan import Action, Decision, Transition, is_unchanged
from catalog.manifests.readers import Source
from catalog.manifests.services.originals import store_originals
from catalog.manifests.services.planning import (
    IMPORT,
    ProductPlan,
    contract_digests,
    invalid_plan,
    plan_manifests,
    refused,
)
from catalog.manifests.source_map import Document
from catalog.products.document import (
    DocumentChange,
    ProductDocument,
    parse_document,
    plan_change,
)
from catalog.products.models import DataProduct
from catalog.products.projection import custom, digest_of
from catalog.products.services import (
    Writer,
    edited_version,
    move_product,
    register_product,
    replace_document,
    set_alias,
    set_aliases,
)
from catalog.publication.gates import PublicationRefused
from catalog.publication.releases import describe_release
from catalog.publication.services import deprecate_product, publish_product, retire_product

_REASON = "manifest"
STALE_PLAN = Decision(
    action=Action.CONFLICT, reason="somebody else changed it meanwhile: import it again"
)


@dataclass(frozen=True)
class ReleaseTexts:
    """The note to consumers of what is published, and why a breaking change cannot wait."""

    note: str = ""
    break_reason: str = ""


NO_TEXTS = ReleaseTexts()


def apply_plan(*, plan: ProductPlan, actor: Writer, texts: ReleaseTexts = NO_TEXTS) -> ImportResult:
    """Apply a plan, unless the product has changed since it was planned.

    Documents and status change in one transaction. What a gate finds leaves the documents saved,
    those of a published product in its working copy. Raises nothing that the documents can cause.
    """
    if plan.is_blocked or plan.is_up_to_date:
        return _result(plan, plan.product)
    try:
        documents = _parse(plan)
        with transaction.atomic():
            product = _save(plan=plan, documents=documents, actor=actor)
            release = None
            if product.is_working_copy:
                release = describe_release(product, access_for(actor))
            product, findings = _change_status(plan, product, actor, texts)
            store_originals(bundle=plan.bundle, product=product.published_row)
    except _InvalidDocument as error:
        return _result(invalid_plan(plan.bundle, error.invalid, error.document), None)
    except EditConflict:
        return _result(replace(plan, decision=STALE_PLAN), plan.product)
    except IntegrityError:
        return _result(replace(plan, decision=STALE_PLAN), None)
    except CatalogError as error:
        record_if_denied(error, actor=actor, action=IMPORT)
        missing = error.findings if isinstance(error, PublicationRefused) else ()
        return _result(replace(plan, decision=refused(error)), plan.product, missing)
    return replace(_result(plan, product, findings), release=release)


def dry_run_plan(
    *, plan: ProductPlan, actor: Writer, texts: ReleaseTexts = NO_TEXTS
) -> ImportResult:
    """Return what `apply_plan` would return, and change nothing."""
    with transaction.atomic():
        result = apply_plan(plan=plan, actor=actor, texts=texts)
        transaction.set_rollback(True)
    return replace(result, uuid=str(plan.product.uuid) if plan.product else "")


def import_manifests(
    *,
    sources: Iterable[Source],
    actor: Writer,
    default_domain: str = "",
    overwrite: bool = False,
    is_dry_run: bool = False,
    texts: ReleaseTexts = NO_TEXTS,
    chosen: Format | None = None,
) -> Iterator[ImportResult | DocumentIssue]:
    """Yield the result of each product, then the issues of documents that belong to none.

    All sources are read as the chosen format, or each as the one that is detected.
    """
    collector = BundleCollector(sources, chosen)
    run_plan = dry_run_plan if is_dry_run else apply_plan
    for plan in plan_manifests(
        collector=collector, actor=actor, default_domain=default_domain, overwrite=overwrite
    ):
        yield run_plan(plan=plan, actor=actor, texts=texts)
    yield from collector.issues


class _InvalidDocument(Exception):
    """A service refused what a document says, so nothing of its bundle is saved."""

    def __init__(self, document: Document, invalid: ValidationFailed) -> None:
        super().__init__(str(invalid))
        self.document, self.invalid = document, invalid


@contextmanager
def _saving(document: Document) -> Iterator[None]:
    try:
        yield
    except ValidationFailed as invalid:
        raise _InvalidDocument(document, invalid) from invalid


@dataclass(frozen=True)
class _Documents:
    """The documents of a plan as they are saved, computed before the transaction."""

    product: ProductDocument | None
    change: DocumentChange | None
    contracts: Sequence[tuple[Document, ContractDocument]]
    digests: Mapping[str, str]


def _parse(plan: ProductPlan) -> _Documents:
    """Return the documents that a plan saves. Raises _InvalidDocument."""
    bundle, manifest = plan.bundle, plan.bundle.product
    document = change = None
    with _saving(bundle.first.document):
        if manifest and plan.product is None:
            document = parse_document(manifest.source)
        elif manifest and plan.decision.action is Action.CHANGE:
            change = _change_of(plan, manifest)
    contracts = []
    for contract in (bundle.contracts[index] for index in plan.decision.contracts):
        with _saving(contract.document):
            contracts.append((contract.document, parse_contract(contract.source)))
    return _Documents(document, change, contracts, contract_digests(bundle))


def _change_of(plan: ProductPlan, manifest: Manifest[ProductDocument]) -> DocumentChange | None:
    product, domain = plan.product, plan.domain
    assert product is not None
    assert domain is not None
    # A move writes the domain into the document before this change is applied.
    is_moved = product.domain_id != domain.pk
    before = product.tree | {"domain": domain.slug} if is_moved else product.tree
    is_same = digest_of(before) == digest_of(manifest.tree)
    if is_same or is_unchanged(manifest.tree, before, status=product.status):
        return None
    return plan_change(before, manifest.source)


def _save(*, plan: ProductPlan, documents: _Documents, actor: Writer) -> DataProduct:
    bundle = plan.bundle
    with _saving(bundle.first.document):
        product = _save_product(plan, documents, actor)
    for document, contract in documents.contracts:
        with _saving(document):
            _, product = save_contract(
                product=product,
                tree=contract,
                edition=product.edition,
                actor=actor,
                reason=_REASON,
            )
    if bundle.product:
        _set_product_alias(product, bundle)
    if documents.digests:
        set_aliases(product=product, system=odcs.SYSTEM, digests=documents.digests)
    return product


def _save_product(plan: ProductPlan, documents: _Documents, actor: Writer) -> DataProduct:
    product, domain = plan.product, plan.domain
    assert domain is not None
    if product is None:
        assert documents.product is not None
        return register_product(domain=domain, tree=documents.product, actor=actor, reason=_REASON)
    is_move = plan.bundle.product and plan.decision.action is Action.CHANGE
    if is_move and product.domain_id != domain.pk:
        product = edited_version(
            move_product(
                product=product, domain=domain, edition=product.edition, actor=actor, reason=_REASON
            )
        )
    if documents.change is None:
        return product
    return replace_document(
        product=product,
        tree=documents.change,
        edition=product.edition,
        actor=actor,
        reason=_REASON,
    )


def _set_product_alias(product: DataProduct, bundle: Bundle) -> None:
    set_alias(
        product=product,
        system=bundle.system,
        identifier=fit(bundle.identifier, 400),
        digest=digest_of(product.tree),
    )


def _change_status(
    plan: ProductPlan, product: DataProduct, actor: Writer, texts: ReleaseTexts
) -> tuple[DataProduct, list[Issue]]:
    """Bring the product to the status that its document asks for, if the gates allow it."""
    try:
        changed = _apply_transition(plan, product, actor, texts)
    except PublicationRefused as error:
        return product, list(error.findings)
    except CatalogError as error:
        record_if_denied(error, actor=actor, action=IMPORT)
        finding = Issue(
            code=error.code,
            location=error.location or "status",
            message=error.message,
            hint=error.hint,
        )
        return product, [finding]
    if changed.edition != product.edition and plan.bundle.product:
        _set_product_alias(changed, plan.bundle)
    return changed, []


def _apply_transition(
    plan: ProductPlan, product: DataProduct, actor: Writer, texts: ReleaseTexts
) -> DataProduct:
    transition = plan.decision.transition
    if transition is Transition.NONE:
        return product
    # What else changes about a product that is deprecated now is published with that.
    if transition is not Transition.RETIRE and (
        transition is Transition.PUBLISH or product.is_working_copy
    ):
        product = publish_product(
            product=product,
            edition=product.edition,
            actor=actor,
            reason=_REASON,
            note=texts.note,
            break_reason=texts.break_reason,
        )
    if transition is Transition.PUBLISH:
        return product
    # The product that the document names, if the actor can see it.
    domain, _, slug = str(custom(product.tree, "assaySuccessor") or "").partition("/")
    visible = DataProduct.objects.visible_to(actor)
    change = deprecate_product if transition is Transition.DEPRECATE else retire_product
    return change(
        product=product,
        edition=product.edition,
        actor=actor,
        successor=visible.filter(domain__slug=domain, slug=slug).first(),
        reason=str(custom(product.tree, "assayEndReason") or ""),
    )


def _result(
    plan: ProductPlan, product: DataProduct | None, findings: Iterable[Issue] = ()
) -> ImportResult:
    decision = plan.decision
    return ImportResult(
        name=plan.bundle.name,
        file=plan.bundle.file,
        identifier=plan.bundle.identifier,
        action=decision.action,
        reason=decision.reason,
        changes=decision.changes,
        notes=decision.notes,
        findings=tuple(findings),
        issues=(*plan.bundle.issues, *plan.issues),
        format=plan.bundle.system,
        losses=plan.bundle.losses,
        address=f"{product.domain.slug}/{product.slug}" if product else "",
        path=product.path if product else "",
        uuid=str(product.uuid) if product else "",
        status=product.status if product else "",
    )
