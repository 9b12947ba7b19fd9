"""Suggests classifications of a product's columns, and writes what a steward decides of them."""

from collections.abc import Collection, Iterable, Iterator

from django.db import transaction
from django.utils import timezone

from catalog.authorization.access import Writer, require_permission
from catalog.contracts.models import DataContract, SchemaObject, SchemaProperty
from catalog.contracts.services import save_edited_contract
from catalog.exceptions import ValidationFailed
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.products.services import edited_version
from catalog.revisions.services import bump_revision, record_change
from catalog.types import JSONObject
from governance.inspection.classification import (
    ClassifiableColumn,
    ColumnKey,
    Suggestion,
    suggest,
    with_classifications,
)
from governance.inspection.declarations import table_name
from governance.inspection.matching import columns_by_name, match_tables
from governance.inspection.models import Inspection, RejectedClassification
from governance.inspection.services.values import source_server
from governance.sandbox.types import ColumnProfile, TableProfile

MAX_KEY_LENGTH = 300


def suggestions_of(product: DataProduct) -> list[Suggestion]:
    """Return what is suggested for the columns of the contracts that a product's ports serve.

    Of a working copy the contracts are its own; what was read of a port counts for both.
    """
    rejected = rejected_keys(product)
    listed: dict[str, Suggestion] = {}
    for contract, profile in _served(product):
        columns = classifiable_columns(contract, profile)
        for suggestion in suggest(columns, rejected=rejected):
            current = listed.get(suggestion.key)
            # Of two ports under one contract the one whose values were tested tells more.
            if current is None or (suggestion.is_by_values and not current.is_by_values):
                listed[suggestion.key] = suggestion
    return list(listed.values())


def classifiable_columns(
    contract: DataContract, profile: Collection[TableProfile]
) -> Iterator[ClassifiableColumn]:
    """Yield every column of a contract with what its source says of it."""
    objects = list(contract.schema_objects.all())
    names = {row.pk: source_table(contract, row) for row in objects}
    tables = match_tables(list(names.values()), list(profile))
    observed = {name: columns_by_name(table) for name, table in tables.items()}
    columns = SchemaProperty.objects.filter(schema_object__in=objects).order_by("position", "id")
    for column in columns.select_related("schema_object"):
        name = names[column.schema_object_id]
        match = observed.get(name, {}).get(column.physical_name or column.name)
        key = key_of(contract, name, column)
        yield classifiable_column(column, key, None if column.depth else match)


def classifiable_column(
    column: SchemaProperty, key: ColumnKey, observed: ColumnProfile | None
) -> ClassifiableColumn:
    return ClassifiableColumn(
        key=key,
        name=column.name,
        table=column.schema_object.name,
        path=column.path,
        logical_type=column.logical_type,
        classification=column.classification,
        observed=observed,
    )


def key_of(contract: DataContract, table: str, column: SchemaProperty) -> ColumnKey:
    """Return what a column is remembered by: its names in the source, not those people give it."""
    physical_name = column.physical_name if not column.depth else ""
    names = (table.casefold()[:MAX_KEY_LENGTH], (physical_name or column.path).casefold())
    return ColumnKey(contract.identifier, names[0], names[1][:MAX_KEY_LENGTH])


def source_table(contract: DataContract, schema_object: SchemaObject) -> str:
    """Return the name that a declared table has in the contract's source."""
    node = {"name": schema_object.name, "physicalName": schema_object.physical_name}
    return table_name(node, source_server(contract))


def rejected_keys(product: DataProduct) -> set[tuple[ColumnKey, str]]:
    rows = RejectedClassification.objects.filter(product=product.published_row)
    return {
        (ColumnKey(*names), classification)
        for *names, classification in rows.values_list(
            "contract", "table", "column", "classification"
        )
    }


def decide_classifications(
    *,
    product: DataProduct,
    actor: Writer,
    edition: int,
    confirm: Collection[str] = (),
    reject: Collection[str] = (),
    restore: Collection[int] = (),
    reason: str = "",
) -> DataProduct:
    """Write suggestions, by key, into the contracts, or remember that they are wrong.

    `restore` are rejections to forget. Raises PermissionDenied, EditConflict, ValidationFailed (one
    is not suggested any more).
    """
    require_permission(actor, Permission.STEWARD_PRODUCTS, product.domain)
    product = edited_version(product)
    row = product.published_row
    suggested = {suggestion.key: suggestion for suggestion in suggestions_of(product)}
    for location, keys in (("confirm", confirm), ("reject", reject)):
        if missing := [key for key in keys if key not in suggested]:
            message = f"{missing[0]} is not suggested any more."
            raise ValidationFailed.of(location, message, "Load the suggestions again.")
    confirmed = [suggested[key] for key in confirm]
    decided = _confirm(product=product, suggestions=confirmed, edition=edition, actor=actor)
    _reject(row, [suggested[key] for key in reject], actor, reason)
    if restore:
        RejectedClassification.objects.filter(product=row, pk__in=restore).delete()
        after: JSONObject = {"rejections": sorted(restore)}
        record_change(row, actor, "restored suggestions", after=after, reason=reason)
    return decided


@transaction.atomic
def _confirm(
    *, product: DataProduct, suggestions: Collection[Suggestion], edition: int, actor: Writer
) -> DataProduct:
    by_contract: dict[str, dict[tuple[str, str], str]] = {}
    for suggestion in suggestions:
        column = suggestion.column
        accepted = by_contract.setdefault(column.key.contract, {})
        accepted[column.table, column.path] = suggestion.classification
    contracts = {contract.identifier: contract for contract, _ in _served(product)}
    for identifier, accepted in by_contract.items():
        contract = contracts[identifier]
        tree = with_classifications(contract.tree, accepted)
        _, product = save_edited_contract(
            product=product, contract=contract, tree=tree, edition=edition, actor=actor
        )
        edition = product.edition
    if suggestions:
        record_change(product, actor, "confirmed classifications", after=_as_json(suggestions))
    return product


def _reject(
    product: DataProduct, suggestions: Collection[Suggestion], actor: Writer, reason: str
) -> None:
    rows = [
        RejectedClassification(
            product=product,
            contract=suggestion.column.key.contract,
            table=suggestion.column.key.table,
            column=suggestion.column.key.column,
            classification=suggestion.classification,
            evidence=suggestion.evidence,
            reason=reason,
            rejected_by=str(actor),
            rejected_at=timezone.now(),
        )
        for suggestion in suggestions
    ]
    RejectedClassification.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        # Its values may be shown now.
        bump_revision(rows=DataProduct.objects.filter(pk=product.pk))
        product.refresh_from_db(fields=["revision"])
        after = _as_json(suggestions)
        record_change(product, actor, "rejected classifications", after=after, reason=reason)


def _as_json(suggestions: Iterable[Suggestion]) -> JSONObject:
    return {
        f"{suggestion.column.table}.{suggestion.column.path}": suggestion.classification
        for suggestion in suggestions
    }


def _served(product: DataProduct) -> Iterator[tuple[DataContract, list[TableProfile]]]:
    """Yield the contract of each port, and the tables that were read of the port."""
    ports = product.output_ports.select_related("port_contract__contract").order_by("position")
    rows = (product.published_row.pk, product.pk)
    inspections = {
        (inspection.port.name, inspection.port.version): inspection
        for inspection in Inspection.objects.filter(port__product__in=rows)
        .select_related("port")
        .order_by("port__product_id")
    }
    for port in ports.filter(port_contract__isnull=False):
        inspection = inspections.get((port.name, port.version))
        yield port.port_contract.contract, inspection.profile if inspection else []
