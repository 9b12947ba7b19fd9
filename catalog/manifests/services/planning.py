"""Reading what the catalog holds, to say what a manifest's documents would change in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from catalog.authorization.access import access_for, require_permission
from catalog.contracts.models import DataContract
from catalog.contracts.services import is_frozen
from catalog.domains.models import Domain, FormerDomainSlug
from catalog.exceptions import CatalogError, PermissionDenied, ValidationFailed
from catalog.identifiers import slug_of
from catalog.issues import Issue, did_you_mean, shortened
from catalog.manifests import bitol_odps, odcs
from catalog.manifests.bundles import Bundle, BundleCollector
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.plan import (
    Action,
    CurrentContract,
    CurrentProduct,
    Decision,
    decide,
    key_of,
)
from catalog.manifests.projection_checks import problem_of
from catalog.manifests.source_map import Document
from catalog.permissions import Permission
from catalog.products.models import DataProduct, FormerAddress, ProductAlias
from catalog.products.projection import digest_of, slug_in
from catalog.products.services import Writer


@dataclass(frozen=True, kw_only=True)
class ProductPlan:
    """What would become of one bundle, as the catalog stood when it was asked."""

    bundle: Bundle
    decision: Decision
    product: DataProduct | None = None
    domain: Domain | None = None
    problems: tuple[DocumentIssue, ...] = ()

    @property
    def edition(self) -> int:
        """Return the edition that was seen; 0 where there is no product yet."""
        return self.product.edition if self.product else 0

    @property
    def stops(self) -> bool:
        """Say whether nothing will be written."""
        return self.decision.action in (Action.CONFLICT, Action.REFUSED, Action.INVALID)


def plan_manifests(
    *,
    gathering: BundleCollector,
    actor: Writer,
    default_domain: str = "",
    overwrite: bool = False,
) -> Iterator[ProductPlan]:
    """Yield the plan of each product, in the order of the files; nothing is written."""
    for bundle in gathering.bundles():
        yield plan_bundle(
            bundle=bundle, actor=actor, default_domain=default_domain, overwrite=overwrite
        )


def plan_bundle(
    *, bundle: Bundle, actor: Writer, default_domain: str = "", overwrite: bool = False
) -> ProductPlan:
    """Return what to do with one product's documents, and why."""
    if bundle.has_errors:
        return invalid_plan(bundle)
    try:
        alias, product = _identify(bundle)
        domain = _domain_of(bundle, product, default_domain)
        _demand(actor, product, domain)
    except ValidationFailed as invalid:
        return invalid_plan(bundle, invalid)
    except CatalogError as refusal:
        return ProductPlan(bundle=bundle, decision=refused(refusal))
    decision = decide(
        bundle.product.tree if bundle.product else None,
        [contract.tree for contract in bundle.contracts],
        _held(product, alias) if product else None,
        domain=domain.slug,
        overwrite=overwrite,
    )
    return ProductPlan(bundle=bundle, decision=decision, product=product, domain=domain)


def plan_digest(*, plans: Iterable[ProductPlan], content: bytes) -> str:
    """Return a digest of what was read and of the editions that the plans saw.

    Equal seals mean that what somebody looked at is what would be done now.
    """
    seen = [(p.bundle.identifier, p.edition, p.decision.action.value) for p in plans]
    return digest_of([sha256(content).hexdigest(), seen])


def refused(refusal: CatalogError) -> Decision:
    """Return the decision not to do what a service refuses."""
    reason = " ".join(part for part in (refusal.message, refusal.hint) if part)
    return Decision(action=Action.REFUSED, reason=reason)


def invalid_plan(
    bundle: Bundle, invalid: ValidationFailed | None = None, document: Document | None = None
) -> ProductPlan:
    """Return the plan to do nothing with documents that do not hold together."""
    document = document or bundle.first
    issues = invalid.issues if invalid else ()
    return ProductPlan(
        bundle=bundle,
        decision=Decision(action=Action.INVALID, reason="its documents have errors"),
        problems=tuple(problem_of(issue, document, rule="manifest") for issue in issues),
    )


def _identify(bundle: Bundle) -> tuple[ProductAlias | None, DataProduct | None]:
    """Return the product that the documents mean: by its alias, else by its own id."""
    if bundle.product is None:
        return _of_contract(bundle)
    identifier = bundle.identifier
    aliases = ProductAlias.objects.select_related("product__domain")
    alias = aliases.filter(system=bitol_odps.SYSTEM, identifier=identifier).first()
    if alias:
        return alias, alias.product
    return None, _made_here(identifier, bundle)


def _of_contract(bundle: Bundle) -> tuple[ProductAlias | None, DataProduct | None]:
    held = DataContract.objects.filter(identifier=bundle.identifier).order_by("id")
    contract = held.select_related("product__domain").first()
    if contract is None:
        hint = "Import the product too: its output port names the contract's id as contractId."
        message = f"no product names the contract {shortened(bundle.identifier)}"
        raise ValidationFailed([Issue(location="/id", message=message, hint=hint)])
    alias = contract.product.aliases.filter(system=bitol_odps.SYSTEM).first()
    return alias, contract.product


def _made_here(identifier: str, bundle: Bundle) -> DataProduct | None:
    """Return the product with this document id that no import has named yet."""
    products = DataProduct.objects.select_related("domain")
    try:
        found = products.filter(uuid=UUID(identifier)).first()
    except ValueError:
        found = None
    if found is None and bundle.product:
        tree = bundle.product.tree
        place = {"domain__slug": str(tree.get("domain")), "slug": slug_in(tree)}
        former = FormerAddress.objects.filter(**place).values("product_id")
        found = products.filter(**place).first() or products.filter(pk__in=former).first()
    return found if found and found.tree.get("id") == identifier else None


def _domain_of(bundle: Bundle, product: DataProduct | None, default_domain: str) -> Domain:
    document = bundle.product
    named = str(document.tree.get("domain") or "") if document else ""
    if not named and product:
        return product.domain
    named = named or default_domain
    domains = Domain.objects.filter(slug__in=[named, slug_of(named)])
    former = FormerDomainSlug.objects.filter(slug=named).values("domain_id")
    domain = domains.first() or Domain.objects.filter(pk__in=former).first()
    if domain is None:
        raise ValidationFailed([_no_domain(named)])
    return domain


def _no_domain(named: str) -> Issue:
    if not named:
        hint = "Add a line `domain: …` with a domain's slug, or say the domain for all."
        return Issue(location="/domain", message="the product names no domain", hint=hint)
    slugs = list(Domain.objects.values_list("slug", flat=True)[:2_000])
    hint = did_you_mean(named, slugs) or "Have the domain created first."
    return Issue(location="/domain", message=f"there is no domain {shortened(named)}", hint=hint)


def _demand(actor: Writer, product: DataProduct | None, domain: Domain) -> None:
    if product and not access_for(actor).can_read(product):
        raise PermissionDenied(
            "The id is in use by something that you may not edit.", location="/id"
        )
    for owner in {domain, product.domain if product else domain}:
        require_permission(actor, Permission.EDIT_PRODUCTS, owner)


def _held(product: DataProduct, alias: ProductAlias | None) -> CurrentProduct:
    digest = alias.imported_digest if alias else ""
    return CurrentProduct(
        tree=product.tree,
        status=product.status,
        domain=product.domain.slug,
        is_imported=bool(digest),
        is_edited=digest_of(product.tree) != digest,
        contracts=dict(_held_contracts(product, alias)),
        frozen_versions=frozenset(product.versions.values_list("version", flat=True)),
    )


def _held_contracts(
    product: DataProduct, alias: ProductAlias | None
) -> Iterator[tuple[tuple[str, str], CurrentContract]]:
    digests = dict(
        product.aliases.filter(system=odcs.SYSTEM).values_list("identifier", "imported_digest")
    )
    # A contract that two products share has one alias; the other product's edition then decides.
    is_moved = alias is None or product.edition != alias.imported_edition
    for contract in product.contracts.all():
        imported = digests.get(contract_alias(contract.tree))
        yield (
            (contract.identifier, contract.version),
            CurrentContract(
                tree=contract.tree,
                is_frozen=is_frozen(contract),
                is_edited=contract.digest != imported if imported else is_moved,
            ),
        )


def contract_alias(tree: dict[str, Any]) -> str:
    """Return the name under which a contract version's import is remembered."""
    return "@".join(key_of(tree))[-400:]
