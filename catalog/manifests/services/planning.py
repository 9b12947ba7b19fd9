"""Reads what the catalog has, to plan what a manifest's documents would change in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from catalog.audit.actors import SystemActor
from catalog.audit.services import record_if_denied
from catalog.authorization.access import access_for, require_permission
from catalog.contracts.models import DataContract, contracts_of
from catalog.contracts.services import frozen_digests
from catalog.domains.models import Domain, FormerDomainSlug
from catalog.exceptions import CatalogError, PermissionDenied, ValidationFailed
from catalog.identifiers import fit, slug_of
from catalog.issues import did_you_mean, shortened
from catalog.manifests.bundles import BundleCollector
from catalog.manifests.formats import bitol_odps, odcs
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.manifest import Bundle, issue_in
from catalog.manifests.merge import complete_contract, complete_product
from catalog.manifests.plan import (
    UNCHANGED,
    Action,
    ContractKey,
    CurrentContract,
    CurrentProduct,
    Decision,
    decide,
    is_unchanged,
    key_of,
)
from catalog.manifests.source_map import Document
from catalog.permissions import Permission
from catalog.products.models import DataProduct, FormerAddress, ProductAlias, Status
from catalog.products.projection import digest_of, slug_from
from catalog.products.services import Writer, edited_version


@dataclass(frozen=True, kw_only=True)
class ProductPlan:
    """What would happen to one bundle, as the catalog was when it was planned.

    `product` is the edited version: of a published product its working copy, if it has one.
    """

    bundle: Bundle
    decision: Decision
    product: DataProduct | None = None
    domain: Domain | None = None
    issues: tuple[DocumentIssue, ...] = ()
    is_up_to_date: bool = False

    @property
    def edition(self) -> int:
        """Return the edition that was planned for; 0 if there is no product yet."""
        return self.product.edition if self.product else 0

    @property
    def is_blocked(self) -> bool:
        return self.decision.action in (Action.CONFLICT, Action.REFUSED, Action.INVALID)


IMPORT = "import a manifest"


def plan_manifests(
    *,
    collector: BundleCollector,
    actor: Writer,
    default_domain: str = "",
    overwrite: bool = False,
) -> Iterator[ProductPlan]:
    """Yield the plan of each product, in the order of the files; nothing is written."""
    for bundle in collector.bundles():
        yield plan_bundle(
            bundle=bundle, actor=actor, default_domain=default_domain, overwrite=overwrite
        )


def plan_bundle(
    *, bundle: Bundle, actor: Writer, default_domain: str = "", overwrite: bool = False
) -> ProductPlan:
    if bundle.has_errors:
        return invalid_plan(bundle)
    try:
        alias, product = _identify(bundle)
        domain = _find_domain(bundle, product, default_domain)
        _require_access(actor, product, domain)
        product = edited_version(product) if product else None
    except ValidationFailed as invalid:
        return invalid_plan(bundle, invalid)
    except CatalogError as error:
        record_if_denied(error, actor=actor, action=IMPORT)
        return ProductPlan(bundle=bundle, decision=refused(error))
    if bundle.is_converted:
        bundle = _completed(bundle, product, domain)
        if bundle.has_errors:
            return invalid_plan(bundle)
    if product and alias and _is_up_to_date(bundle, product, alias, domain):
        return ProductPlan(
            bundle=bundle, decision=UNCHANGED, product=product, domain=domain, is_up_to_date=True
        )
    decision = decide(
        bundle.product.tree if bundle.product else None,
        [contract.tree for contract in bundle.contracts],
        _current(product, alias) if product else None,
        domain=domain.slug,
        overwrite=overwrite,
        asks_status=not bundle.is_converted,
    )
    return ProductPlan(bundle=bundle, decision=decision, product=product, domain=domain)


def plan_digest(*, plans: Iterable[ProductPlan], contents: Iterable[bytes]) -> str:
    """Return a digest of what was read and of the editions that the plans are for.

    Equal digests mean that a plan that was reviewed is still what would be done.
    """
    editions = [(p.bundle.identifier, p.edition, p.decision.action.value) for p in plans]
    return digest_of([[sha256(content).hexdigest() for content in contents], editions])


def refused(error: CatalogError) -> Decision:
    reason = " ".join(part for part in (error.message, error.hint) if part)
    return Decision(action=Action.REFUSED, reason=reason)


def invalid_plan(
    bundle: Bundle, invalid: ValidationFailed | None = None, document: Document | None = None
) -> ProductPlan:
    issues = invalid.issues if invalid else ()
    document = document or bundle.first.document
    return ProductPlan(
        bundle=bundle,
        decision=Decision(action=Action.INVALID, reason="its documents have errors"),
        issues=tuple(issue_in(document, issue, code="manifest") for issue in issues),
    )


def contract_digests(bundle: Bundle) -> dict[str, str]:
    """Return the digest of each contract by the alias under which its import is stored."""
    return {
        contract_alias(key_of(contract.tree)): digest_of(contract.tree)
        for contract in bundle.contracts
    }


def contract_alias(key: ContractKey) -> str:
    return fit("@".join(key), 400)


def _completed(bundle: Bundle, product: DataProduct | None, domain: Domain) -> Bundle:
    """Return a bundle made from another format, completed by what the catalog has of it."""
    assert bundle.product is not None
    current = product.tree if product else None
    tree = complete_product(bundle.product.tree, current, domain=domain.slug)
    contracts = list(contracts_of(product).order_by("id")) if product else []
    frozen = frozen_digests(product) if product else frozenset()
    trees = [
        complete_contract(
            contract.tree,
            [known.tree for known in contracts if known.identifier == contract.identifier],
            [known.tree for known in contracts if known.digest in frozen],
        )
        for contract in bundle.contracts
    ]
    return bundle.with_documents(
        bitol_odps.parse(replace(bundle.product.document, tree=tree)),
        tuple(
            odcs.parse(replace(contract.document, tree=contract_tree))
            for contract, contract_tree in zip(bundle.contracts, trees, strict=True)
        ),
    )


def _identify(bundle: Bundle) -> tuple[ProductAlias | None, DataProduct | None]:
    """Return the product that the documents mean: by its alias, else by its own id."""
    if bundle.product is None:
        return _identify_by_contract(bundle)
    tree = bundle.product.tree
    aliases = ProductAlias.objects.select_related("product__domain")
    alias = aliases.filter(system=bundle.system, identifier=fit(bundle.identifier, 400)).first()
    if alias:
        return alias, alias.product
    identifier = str(tree.get("id"))
    # A product that was created here and never imported has this document id.
    products = DataProduct.objects.select_related("domain")
    product = (
        products.filter(document_id=fit(identifier, 400)).exclude(status=Status.EXTERNAL).first()
    )
    if product is None:
        # Ids of external entries are unique in their catalog only.
        address = {"domain__slug": str(tree.get("domain")), "slug": slug_from(tree)}
        former = FormerAddress.objects.filter(**address).values("product_id")
        product = products.filter(**address).first() or products.filter(pk__in=former).first()
    return None, product if product and product.tree.get("id") == identifier else None


def _identify_by_contract(bundle: Bundle) -> tuple[ProductAlias | None, DataProduct]:
    contracts = DataContract.objects.filter(identifier=fit(bundle.identifier, 400)).order_by("id")
    contract = contracts.select_related(
        "product__domain", "product__working_copy_of__domain"
    ).first()
    if contract is None:
        hint = "Import the product too: its output port names the contract's id as contractId."
        message = f"No product names the contract {shortened(bundle.identifier)}"
        raise ValidationFailed.of("/id", message, hint)
    product = contract.product.published_row
    return product.aliases.filter(system=bitol_odps.SYSTEM).first(), product


def _find_domain(bundle: Bundle, product: DataProduct | None, default_domain: str) -> Domain:
    name = str(bundle.product.tree.get("domain") or "") if bundle.product else ""
    if product and (not name or name == product.domain.slug):
        return product.domain
    name = name or default_domain
    domain = _domain_of(name)
    if domain is None and bundle.is_converted:
        # Another catalog's domain is a wish: where it is unknown, the importer's choice holds.
        name = default_domain or name
        domain = _domain_of(name)
    if domain is None:
        message, hint = (
            "The product names no domain",
            "Add a line `domain: …` with a domain's slug.",
        )
        if name:
            slugs = list(Domain.objects.values_list("slug", flat=True)[:2_000])
            message = f"Unknown domain {shortened(name)}"
            hint = did_you_mean(name, slugs) or "Create the domain first."
        raise ValidationFailed.of("/domain", message, hint)
    return domain


def _domain_of(name: str) -> Domain | None:
    former = FormerDomainSlug.objects.filter(slug=name).values("domain_id")
    domain = Domain.objects.filter(slug__in=[name, slug_of(name)]).first()
    return domain or Domain.objects.filter(pk__in=former).first()


def _require_access(actor: Writer, product: DataProduct | None, domain: Domain) -> None:
    # The roles of a person are loaded once for both questions.
    access = access_for(actor)
    principal = actor if isinstance(actor, SystemActor) else access
    if product and not access.can_read(product):
        raise PermissionDenied(
            "The id is in use by a product that you cannot edit.", location="/id"
        )
    for owner in {domain, product.domain if product else domain}:
        require_permission(principal, Permission.EDIT_PRODUCTS, owner)


def _is_up_to_date(
    bundle: Bundle, product: DataProduct, alias: ProductAlias, domain: Domain
) -> bool:
    """Return True if the documents and what is stored of their import are as they would be."""
    if bundle.product and not (
        not product.is_working_copy
        and domain.pk == product.domain_id
        and is_unchanged(bundle.product.tree, product.tree, status=product.status)
        and alias.imported_edition == product.edition
        and alias.imported_digest == digest_of(product.tree)
    ):
        return False
    expected = {key_of(contract.tree): digest_of(contract.tree) for contract in bundle.contracts}
    contracts = contracts_of(product).values_list("identifier", "version", "digest")
    current = {(identifier, version): digest for identifier, version, digest in contracts}
    if not expected.items() <= current.items():
        return False
    return contract_digests(bundle).items() <= _imported_digests(product).items()


def _imported_digests(product: DataProduct) -> dict[str, str]:
    aliases = product.published_row.aliases.filter(system=odcs.SYSTEM)
    return dict(aliases.values_list("identifier", "imported_digest"))


def _current(product: DataProduct, alias: ProductAlias | None) -> CurrentProduct:
    digest = alias.imported_digest if alias else ""
    imported, frozen = _imported_digests(product), frozen_digests(product)
    # A contract that two products share has one alias; the other product's edition then decides.
    is_moved = alias is None or product.edition != alias.imported_edition
    contracts = {}
    for contract in contracts_of(product):
        key = (contract.identifier, contract.version)
        contract_digest = imported.get(contract_alias(key_of(contract.tree)))
        contracts[key] = CurrentContract(
            tree=contract.tree,
            is_frozen=contract.digest in frozen,
            is_edited=contract.digest != contract_digest if contract_digest else is_moved,
        )
    return CurrentProduct(
        tree=product.tree,
        status=product.status,
        domain=product.domain.slug,
        is_imported=bool(digest),
        is_edited=digest_of(product.tree) != digest,
        contracts=contracts,
        frozen_versions=frozenset(product.published_row.versions.values_list("version", flat=True)),
        has_unpublished_changes=product.is_working_copy,
    )
