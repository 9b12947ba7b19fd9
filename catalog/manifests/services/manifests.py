"""Bringing manifests in: each product with its contracts lands as one, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction

from catalog.contracts.services import save_contract
from catalog.exceptions import CatalogError, EditConflict, ValidationFailed
from catalog.issues import Issue
from catalog.manifests import bitol_odps, odcs
from catalog.manifests.bundles import BundleCollector, Source
from catalog.manifests.import_report import ImportResult
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.plan import Action, Decision, Step
from catalog.manifests.services.planning import (
    ProductPlan,
    contract_alias,
    invalid_plan,
    plan_manifests,
    refused,
)
from catalog.manifests.source_map import Document
from catalog.products.models import DataProduct
from catalog.products.projection import custom, digest_of
from catalog.products.services import (
    Writer,
    move_product,
    register_product,
    replace_document,
    set_alias,
)
from catalog.publication.gates import PublicationRefused
from catalog.publication.services import deprecate_product, publish_product, retire_product

_REASON = "manifest"
_OVERTAKEN = Decision(
    action=Action.CONFLICT, reason="it was changed by somebody else meanwhile: import it again"
)


def apply_plan(*, plan: ProductPlan, actor: Writer) -> ImportResult:
    """Do what a plan says, if the product still stands as the plan saw it.

    The documents land in one transaction or not at all; the step of the status comes after, and
    what the gate finds leaves them standing. Raises nothing that the documents can cause.
    """
    if plan.stops:
        return _landing(plan, plan.product)
    try:
        product = _write(plan=plan, actor=actor)
    except _Misfit as misfit:
        return _landing(invalid_plan(plan.bundle, misfit.invalid, misfit.document), None)
    except EditConflict:
        return _landing(replace(plan, decision=_OVERTAKEN), plan.product)
    except IntegrityError:
        return _landing(replace(plan, decision=_OVERTAKEN), None)
    except CatalogError as refusal:
        return _landing(replace(plan, decision=refused(refusal)), plan.product)
    product, findings = _take_step(plan, product, actor)
    return _landing(plan, product, findings)


def dry_run_plan(*, plan: ProductPlan, actor: Writer) -> ImportResult:
    """Return what `apply_plan` would return, and leave everything as it stands."""
    with transaction.atomic():
        landing = apply_plan(plan=plan, actor=actor)
        transaction.set_rollback(True)
    return replace(landing, uuid=str(plan.product.uuid) if plan.product else "")


def import_manifests(
    *,
    sources: Iterable[Source],
    actor: Writer,
    default_domain: str = "",
    overwrite: bool = False,
    is_dry_run: bool = False,
) -> Iterator[ImportResult | DocumentIssue]:
    """Yield what becomes of each product, then the problems of documents that belong to none."""
    gathering = BundleCollector(sources)
    for plan in plan_manifests(
        gathering=gathering, actor=actor, default_domain=default_domain, overwrite=overwrite
    ):
        act = dry_run_plan if is_dry_run else apply_plan
        yield act(plan=plan, actor=actor)
    yield from gathering.problems


class _Misfit(Exception):
    """A service found faults in what a document says, so nothing of its bundle lands."""

    def __init__(self, document: Document, invalid: ValidationFailed) -> None:
        super().__init__(str(invalid))
        self.document, self.invalid = document, invalid


@contextmanager
def _writing(document: Document) -> Iterator[None]:
    try:
        yield
    except ValidationFailed as invalid:
        raise _Misfit(document, invalid) from invalid


@transaction.atomic
def _write(*, plan: ProductPlan, actor: Writer) -> DataProduct:
    """Bring the product and its contracts to what the documents say; keep what was imported."""
    bundle = plan.bundle
    with _writing(bundle.first):
        product = _write_product(plan, actor)
    for contract in (bundle.contracts[number] for number in plan.decision.contracts):
        with _writing(contract):
            _, product = save_contract(
                product=product,
                tree=contract.tree,
                edition=product.edition,
                actor=actor,
                reason=_REASON,
            )
    if bundle.product:
        _name(product, bundle.identifier)
    for contract in bundle.contracts:
        set_alias(
            product=product,
            system=odcs.SYSTEM,
            identifier=contract_alias(contract.tree),
            digest=digest_of(contract.tree),
        )
    return product


def _write_product(plan: ProductPlan, actor: Writer) -> DataProduct:
    document, product, domain = plan.bundle.product, plan.product, plan.domain
    assert domain is not None
    if product is None:
        assert document is not None
        return register_product(domain=domain, tree=document.tree, actor=actor, reason=_REASON)
    if document is None or plan.decision.action is not Action.CHANGE:
        return product
    if product.domain_id != domain.pk:
        product = move_product(
            product=product, domain=domain, edition=product.edition, actor=actor, reason=_REASON
        )
    if not _differs(product, document.tree):
        return product
    return replace_document(
        product=product, tree=document.tree, edition=product.edition, actor=actor, reason=_REASON
    )


def _differs(product: DataProduct, tree: dict[str, Any]) -> bool:
    """Say whether a tree says more than the status that the product has already."""
    if bitol_odps.wanted_status(tree) != product.status:
        return digest_of(product.tree) != digest_of(tree)
    return digest_of(product.tree | {"status": ""}) != digest_of(tree | {"status": ""})


def _name(product: DataProduct, identifier: str) -> None:
    set_alias(
        product=product,
        system=bitol_odps.SYSTEM,
        identifier=identifier,
        digest=digest_of(product.tree),
    )


def _take_step(
    plan: ProductPlan, product: DataProduct, actor: Writer
) -> tuple[DataProduct, list[Issue]]:
    """Bring the product to the status that its document wants, if the gate lets it."""
    try:
        stepped = _step(plan.decision.step, product, actor)
    except PublicationRefused as refused:
        return product, list(refused.findings)
    except CatalogError as refusal:
        finding = Issue(
            code=refusal.code,
            location=refusal.location or "status",
            message=refusal.message,
            hint=refusal.hint,
        )
        return product, [finding]
    if stepped.edition != product.edition and plan.bundle.product:
        _name(stepped, plan.bundle.identifier)
    return stepped, []


def _step(step: Step, product: DataProduct, actor: Writer) -> DataProduct:
    if step is Step.NONE:
        return product
    if step is Step.PUBLISH:
        return publish_product(
            product=product, edition=product.edition, actor=actor, reason=_REASON
        )
    act = deprecate_product if step is Step.DEPRECATE else retire_product
    return act(
        product=product,
        edition=product.edition,
        actor=actor,
        successor=_successor(product, actor),
        reason=_REASON,
    )


def _successor(product: DataProduct, actor: Writer) -> DataProduct | None:
    """Return the product that the document names, if whoever imports it may know of that one."""
    named = str(custom(product.tree, "assaySuccessor") or "")
    domain, _, slug = named.partition("/")
    return DataProduct.objects.visible_to(actor).filter(domain__slug=domain, slug=slug).first()


def _landing(
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
        problems=(*plan.bundle.problems, *plan.problems),
        address=f"{product.domain.slug}/{product.slug}" if product else "",
        path=product.path if product else "",
        uuid=str(product.uuid) if product else "",
        status=product.status if product else "",
    )
