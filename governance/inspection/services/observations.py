"""Tells pages of the catalog what was read of the columns that they show."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from catalog.authorization.values import OPEN_CLASSIFICATIONS
from catalog.contracts.models import DataContract, SchemaProperty, contract_of
from catalog.contracts.observations import (
    ObservedColumn,
    ObservedTable,
    TableRequest,
    ValueRange,
)
from catalog.products.models import DataProduct
from governance.inspection.classification import ColumnKey, suggest
from governance.inspection.matching import match_tables
from governance.inspection.models import Inspection
from governance.inspection.services.classification import (
    classifiable_column,
    key_of,
    rejected_keys,
    source_table,
)
from governance.inspection.services.values import allowed_profile, suspected_columns, value_rules
from governance.sandbox.types import ColumnProfile, TableProfile

RELATED = ("port__product", "port__port_contract__contract")
NOT_READ = "Not profiled: the source has not been read."
NOT_FOUND = "Not profiled: not found in the source."
NESTED = "Not profiled: it is nested in another column."
SUSPECTED = "Counts only: the values look like personal data, and no steward has decided yet."
CLASSIFIED = "Counts only: the column is classified."
PRODUCT_IS_CLOSED = "Counts only: values are shown of public products of public sensitivity."

Rejected = AbstractSet[tuple[ColumnKey, str]]


def observed_tables(
    product: DataProduct, requests: Sequence[TableRequest], *, for_editors: bool
) -> list[ObservedTable]:
    """Return what was read of each table, of the port that was read last."""
    port_ids = {port_id for request in requests for port_id in request.port_ids}
    inspections = Inspection.objects.filter(port__in=port_ids).exclude(observed_at=None)
    inspections = (
        inspections.exclude(port__port_contract=None).select_related(*RELATED).defer("facts")
    )
    newest = list(inspections.order_by("-observed_at"))
    rejected = rejected_keys(product) if for_editors else None
    return [_observed_table(request, newest, rejected) for request in requests]


def _observed_table(
    request: TableRequest, newest: Sequence[Inspection], rejected: Rejected | None
) -> ObservedTable:
    inspection = next((row for row in newest if row.port_id in request.port_ids), None)
    if inspection is None:
        return ObservedTable(note=NOT_READ)
    port, rules = inspection.port, value_rules(inspection.port)
    profile = _reduced(inspection, request.columns)
    contract = contract_of(port)
    assert contract is not None
    names = [source_table(contract, row) for row in contract.schema_objects.all()]
    name = source_table(contract, request.table)
    table = match_tables(names, profile).get(name)
    if table is None:
        return ObservedTable(port=str(port), observed_at=inspection.observed_at, note=NOT_FOUND)
    visible = allowed_profile(profile, rules, port=port)[profile.index(table)]
    suspected = suspected_columns(port, profile)
    facts = _TableFacts(
        profiles={column.name: column for column in visible.columns},
        suspected={column for owner, column in suspected if owner == table.name},
        drift=_drift_by_column(inspection, name),
        is_open=rules.is_open,
        rejected=rejected,
        contract=contract,
        name=name,
    )
    return ObservedTable(
        port=str(port),
        observed_at=inspection.observed_at,
        rows=table.rows,
        is_sample=table.is_sample,
        note=table.reason or ("" if rules.is_open else PRODUCT_IS_CLOSED),
        columns={column.pk: facts.of(column) for column in request.columns},
    )


@dataclass(frozen=True, kw_only=True)
class _TableFacts:
    """What is known of the columns of one table; `rejected` is None for readers."""

    profiles: Mapping[str, ColumnProfile]
    suspected: AbstractSet[str]
    drift: Mapping[str, list[tuple[str, bool]]]
    is_open: bool
    rejected: Rejected | None
    contract: DataContract
    name: str

    def of(self, column: SchemaProperty) -> ObservedColumn:
        names = (column.physical_name, column.name)
        drift = [item for name in dict.fromkeys(names) for item in self.drift.get(name, ())]
        if column.depth:
            return ObservedColumn(reason=NESTED, suggestion=self._suggestion(column, None))
        profile = next((self.profiles[name] for name in names if name in self.profiles), None)
        suggestion = self._suggestion(column, profile)
        if profile is None:
            return ObservedColumn(reason=NOT_FOUND, drift=drift, suggestion=suggestion)
        return ObservedColumn(
            source_name=profile.name,
            null_share=profile.null_share,
            n_distinct=profile.n_distinct,
            is_exact=profile.is_exact,
            min=profile.min,
            max=profile.max,
            quantiles=profile.quantiles,
            histogram=[ValueRange(*part) for part in profile.histogram],
            top_values=profile.top_values,
            reason=profile.reason or self._why_closed(column, profile),
            drift=drift,
            suggestion=suggestion,
        )

    def _why_closed(self, column: SchemaProperty, profile: ColumnProfile) -> str:
        """Return why a column has no values; empty if it has, or if the table's note says it."""
        if profile.has_values or not self.is_open:
            return ""
        if profile.name in self.suspected:
            return SUSPECTED
        is_classified = column.classification.strip().casefold() not in OPEN_CLASSIFICATIONS
        return CLASSIFIED if is_classified else ""

    def _suggestion(self, column: SchemaProperty, profile: ColumnProfile | None) -> str:
        if self.rejected is None:
            return ""
        key = key_of(self.contract, self.name, column)
        proposals = suggest([classifiable_column(column, key, profile)], rejected=self.rejected)
        return next((proposal.classification for proposal in proposals), "")


def _reduced(inspection: Inspection, columns: Sequence[SchemaProperty]) -> list[TableProfile]:
    """Return the tables with only these columns: to build thousands takes longer than a page."""
    names = {name for column in columns for name in (column.physical_name, column.name)}
    return [
        TableProfile.from_json(
            table | {"columns": [column for column in table["columns"] if column["name"] in names]}
        )
        for table in inspection.tables
    ]


def _drift_by_column(inspection: Inspection, table: str) -> dict[str, list[tuple[str, bool]]]:
    by_column: dict[str, list[tuple[str, bool]]] = {}
    for drift in inspection.drifts:
        if drift["table"] == table:
            item = (drift["message"], drift["is_breaking"])
            by_column.setdefault(drift["column"], []).append(item)
    return by_column
