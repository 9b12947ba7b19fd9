"""Writes contracts: versions of a document, with rows of servers, objects and properties."""

from collections.abc import Iterator, Sequence

from django.conf import settings
from django.db import transaction

from catalog.authorization.access import Writer, can
from catalog.contracts.models import (
    DataContract,
    PortContract,
    SchemaObject,
    SchemaProperty,
    Server,
    contracts_of,
)
from catalog.contracts.projection import (
    ContractDocument,
    DeclaredProperty,
    bump_version,
    choose_versions,
    parse_contract,
)
from catalog.domains.folders import Folders, folders_of
from catalog.domains.models import Domain
from catalog.exceptions import ImmutableVersion, NameConflict, ValidationFailed, require_valid
from catalog.issues import Issue
from catalog.permissions import Permission
from catalog.ports.addresses import check_url
from catalog.ports.files import folder_of
from catalog.ports.http_types import FetchFailed
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.products.services import (
    edited_version,
    lock_edited,
    open_working_copy,
    record_edit,
)
from catalog.types import JSONObject


def save_contract(
    *,
    product: DataProduct,
    tree: JSONObject | ContractDocument,
    edition: int,
    actor: Writer,
    reason: str = "",
) -> tuple[DataContract, DataProduct]:
    """Save a contract version of a product: a new one, or the new content of a draft one.

    `product` is the edited version. Of a published product the working copy changes; return that.
    An equal document changes nothing; a parsed one is not parsed again. Raises PermissionDenied,
    EditConflict, ValidationFailed, ImmutableVersion (a published version names the content).
    """
    document = parse_contract(tree)
    # Computed here, not while the lock is held.
    _ = document.digest
    return _save_contract(
        product=product, document=document, edition=edition, actor=actor, reason=reason
    )


def save_edited_contract(
    *, product: DataProduct, contract: DataContract, tree: JSONObject, edition: int, actor: Writer
) -> tuple[DataContract, DataProduct]:
    """Save new content of a contract; a published version stays, and the next one gets it.

    Raises what save_contract raises.
    """
    if tree != contract.tree and is_frozen(contract):
        tree = tree | {"version": bump_version(contract.version)}
    return save_contract(product=product, tree=tree, edition=edition, actor=actor)


@transaction.atomic
def _save_contract(
    *, product: DataProduct, document: ContractDocument, edition: int, actor: Writer, reason: str
) -> tuple[DataContract, DataProduct]:
    product = lock_edited(product, edition, actor, Permission.EDIT_PRODUCTS)
    _check_servers(document, product.domain_id)
    own = contracts_of(product)
    versions = own.filter(identifier=document.identifier, version=document.version)
    contract = versions.defer("tree").first()
    if contract and contract.digest == document.digest:
        return contract, product
    _require_free_identifier(product, document, actor)
    before = {"digest": contract.digest} if contract else {}
    if contract and contract.digest in frozen_digests(product):
        raise ImmutableVersion(
            f"{contract} is part of a published version and never changes.",
            location="/version",
            hint="Increase the contract's version and save it as a new one.",
        )
    product = open_working_copy(product)
    contract = contract or DataContract(product=product, identifier=document.identifier)
    for name in ("tree", "digest", "version", "name", "status", "purpose"):
        setattr(contract, name, getattr(document, name))
    contract.save()
    _write_rows(contract, document)
    link_ports(product)
    after = {name: getattr(document, name) for name in ("version", "digest")}
    after["contract"] = document.identifier
    record_edit(product, actor, "edited contract", before=before, after=after, reason=reason)
    return contract, product


@transaction.atomic
def delete_contract(
    *, contract: DataContract, edition: int, actor: Writer, reason: str = ""
) -> DataProduct:
    """Delete a contract version that nothing published names; return the edited version.

    Raises PermissionDenied, EditConflict, ImmutableVersion.
    """
    product = edited_version(contract.product)
    product = lock_edited(product, edition, actor, Permission.EDIT_PRODUCTS)
    if is_frozen(contract):
        raise ImmutableVersion(f"{contract} is part of a published version.", location="version")
    before = {"contract": contract.identifier, "version": contract.version}
    contract.delete()
    link_ports(product)
    record_edit(product, actor, "deleted contract", before=before, reason=reason)
    return product


def project_links(product: DataProduct, _part: None, *, is_new: bool) -> None:
    if not is_new or product.is_working_copy:  # A new product has no contracts yet.
        link_ports(product)


def merge_contracts(product: DataProduct, copy: DataProduct) -> None:
    """Move the contract versions of a working copy to its product."""
    copy.contracts.update(product=product)


def link_ports(product: DataProduct) -> None:
    """Point each output port at the contract version that it serves, of those that it names."""
    rows = contracts_of(product).only("id", "identifier", "version").order_by("id")
    contracts = {(row.identifier, row.version): row for row in rows}
    PortContract.objects.filter(port__product=product).delete()
    ports = list(OutputPort.objects.filter(product=product))
    served = choose_versions(
        [(port.contract_identifier, port.version) for port in ports], contracts
    )
    PortContract.objects.bulk_create(
        PortContract(port=port, contract=contracts[port.contract_identifier, version])
        for port, version in zip(ports, served, strict=True)
        if version is not None
    )


def is_frozen(contract: DataContract) -> bool:
    """Return True if a published version of the product names this contract's content."""
    return contract.digest in frozen_digests(contract.product)


def frozen_digests(product: DataProduct) -> frozenset[str]:
    """Return the digests of all contract content that a published version of a product names."""
    frozen = product.published_row.versions.values_list("contract_digests", flat=True)
    return frozenset(digest for digests in frozen for digest in digests.values())


def _require_free_identifier(
    product: DataProduct, document: ContractDocument, actor: Writer
) -> None:
    """Raise NameConflict if the contract is that of a product which the actor cannot edit.

    Several products of the same people may serve under one contract.
    """
    contracts = DataContract.objects.filter(identifier=document.identifier).order_by("id")
    holder = contracts.select_related("product").only("product__domain").first()
    if holder is None or contracts_of(product).filter(identifier=document.identifier).exists():
        return
    if not can(actor, Permission.EDIT_PRODUCTS, holder.product.domain_id):
        raise NameConflict(
            "The id is in use by a contract of another product.",
            location="/id",
            hint="Give this contract an id of its own.",
        )


def _check_servers(document: ContractDocument, domain_id: int) -> None:
    issues = []
    for index, server in enumerate(document.servers):
        if server.type == "api":
            try:
                check_url(server.location, allowed=settings.ASSAY_ALLOWED_NETS)
            except FetchFailed as error:
                at, message = f"/servers/{index}/location", str(error)
                hint = "Give the public http or https address of the API."
                issues.append(Issue(location=at, message=message, hint=hint))
        elif server.type == "local":
            folders = folders_of([domain_id])[domain_id]
            if folder_of(server.location) not in folders:
                issues.append(foreign_file_issue(f"/servers/{index}/path", folders))
    require_valid(issues)


def check_files(product: DataProduct, domain: Domain) -> None:
    """Raise ValidationFailed if a port serves a file that a domain may not read."""
    folders = folders_of([domain.pk])[domain.pk]
    servers = Server.objects.filter(contract__port_contracts__port__product=product, type="local")
    for location in servers.values_list("location", flat=True):
        if folder_of(location) not in folders:
            raise ValidationFailed(
                [foreign_file_issue("domain", folders, what=f"The file {location!r}")]
            )


def foreign_file_issue(location: str, folders: Folders, what: str = "The path") -> Issue:
    return Issue(
        location=location,
        message=f"{what} is not in a folder of the product's domain.",
        hint=f"Begin the path with {' or '.join(f'{name}/' for name in sorted(folders))}. "
        "An operator can share another folder with the domain (ASSAY_SHARED_FOLDERS).",
        code="foreign-file",
    )


def _write_rows(contract: DataContract, document: ContractDocument) -> None:
    contract.servers.all().delete()
    contract.schema_objects.all().delete()
    Server.objects.bulk_create(
        Server(contract=contract, position=position, **vars(server))
        for position, server in enumerate(document.servers)
    )
    levels: dict[int, list[SchemaProperty]] = {}
    objects = []
    for position, declared in enumerate(document.objects):
        columns = vars(declared) | {"contract": contract, "position": position}
        properties = columns.pop("properties")
        objects.append(SchemaObject(**columns))
        for row in _property_rows(objects[-1], properties):
            levels.setdefault(row.depth, []).append(row)
    SchemaObject.objects.bulk_create(objects)
    for depth in sorted(levels):
        # A row takes the keys of its table and parent, which the rows above have by now.
        for row in levels[depth]:
            row.schema_object = row.schema_object
            row.parent = row.parent
        SchemaProperty.objects.bulk_create(levels[depth], batch_size=500)


def _property_rows(
    schema_object: SchemaObject, properties: Sequence[DeclaredProperty]
) -> Iterator[SchemaProperty]:
    rows: dict[tuple[int, str], SchemaProperty] = {}
    for position, item in enumerate(properties):
        columns = vars(item) | {"parent": rows.get((item.depth - 1, item.parent))}
        row = SchemaProperty(schema_object=schema_object, position=position, **columns)
        rows[item.depth, item.path] = row
        yield row
