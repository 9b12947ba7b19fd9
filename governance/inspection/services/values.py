"""Shows values of a source only where today's rules allow it, and deletes all others."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F, QuerySet

from catalog.authorization.values import ValueRules
from catalog.contracts.models import DataContract, contract_of
from catalog.ports.models import OutputPort
from catalog.types import JSONObject
from governance.inspection.classification import recognized_in
from governance.inspection.declarations import (
    classifications_in,
    nested_nodes,
    physical_name,
    table_name,
    tables_of,
)
from governance.inspection.models import READABLE, Inspection, RejectedClassification
from governance.sandbox.profile_facts import without_hidden
from governance.sandbox.types import TableProfile

RELATED = ("port__product", "port__port_contract__contract")
BATCH = 200
# Of a server, these say nothing of where its data is.
UNREAD_MEMBERS = frozenset(("id", "server", "description", "environment", "roles"))


def value_rules(port: OutputPort) -> ValueRules:
    """Return what a port's product and contract allow now; nothing without a contract."""
    product, contract = port.product, contract_of(port)
    rules = ValueRules(
        visibility=product.visibility, sensitivity=product.sensitivity, classifications={}
    )
    if contract is None or not rules.is_open:
        return rules
    return replace(rules, classifications=classifications_of(contract))


def source_server(contract: DataContract) -> JSONObject:
    """Return the server of a contract that is read as its source; empty if it has none."""
    servers = contract.tree.get("servers")
    return next(
        (
            item
            for item in (servers if isinstance(servers, list) else ())
            if isinstance(item, dict) and item.get("type") in READABLE
        ),
        {},
    )


def source_digest(contract: DataContract) -> str:
    """Return what is equal as long as a contract names the same source; "" if it names none."""
    server = source_server(contract)
    content = {name: server[name] for name in server if name not in UNREAD_MEMBERS}
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest() if content else ""


def schema_of(contract: DataContract) -> list[JSONObject]:
    schema = contract.tree.get("schema")
    return [item for item in schema if isinstance(item, dict)] if isinstance(schema, list) else []


def readable_columns(port: OutputPort, *, file_table: str) -> Iterator[str]:
    """Yield the columns whose values may be read, as `table.column` in the source.

    The one table of a file is `rows` while it is read; `file_table` is its name afterwards.
    """
    rules, contract = value_rules(port), contract_of(port)
    if not rules.is_open or contract is None:
        return
    for table, columns in tables_of(schema_of(contract), source_server(contract)).items():
        for column in columns:
            if rules.allow(table, column.key, is_only_table=False):
                yield f"{table}.{column.key}"
            if rules.allow(file_table, column.key, is_only_table=True):
                yield f"rows.{column.key}"


def visible_profile(inspection: Inspection, rules: ValueRules | None = None) -> list[TableProfile]:
    """Return the tables of an inspection with the values that may be shown now, and no others."""
    if not inspection.has_values:
        return inspection.profile
    port = inspection.port
    return allowed_profile(inspection.profile, rules or value_rules(port), port=port)


def allowed_profile(
    profile: Sequence[TableProfile], rules: ValueRules, *, port: OutputPort
) -> list[TableProfile]:
    """Return tables without the values of columns that rules close, or that look personal.

    What looks like personal data is shown once a steward has said that it is none.
    """
    is_only = len(profile) == 1
    suspected = suspected_columns(port, profile) if rules.is_open else frozenset()
    return [
        replace(
            table,
            columns=tuple(
                column
                if (table.name, column.name) not in suspected
                and rules.allow(table.name, column.name, is_only_table=is_only)
                else column.without_values()
                for column in table.columns
            ),
        )
        for table in profile
    ]


def suspected_columns(
    port: OutputPort, profile: Sequence[TableProfile]
) -> frozenset[tuple[str, str]]:
    """Return the columns whose values detectors recognized and no steward has cleared."""
    recognized = {
        (table.name, column.name): classifications
        for table in profile
        for column in table.columns
        if (classifications := recognized_in(column))
    }
    if not recognized:
        return frozenset()
    rejected = RejectedClassification.objects.filter(product=port.product_id)
    cleared = set(rejected.values_list("table", "column", "classification"))
    if len(profile) == 1:  # A file's table is the one that the contract declares.
        only = profile[0].name.casefold()
        cleared |= {(only, column, name) for _, column, name in cleared}
    return frozenset(
        (table, column)
        for (table, column), classifications in recognized.items()
        if any(
            (table.casefold(), column.casefold(), name) not in cleared for name in classifications
        )
    )


def delete_values_of(ids: Sequence[UUID]) -> None:
    """Delete the values of some products' sources that may no longer be shown."""
    _delete_values(Inspection.objects.filter(port__product__uuid__in=ids))


def delete_hidden_values() -> int:
    """Delete all values that may no longer be shown, of products changed since the last look."""
    return _delete_values(Inspection.objects.exclude(values_revision=F("port__product__revision")))


def _delete_values(rows: QuerySet[Inspection]) -> int:
    deleted = 0
    pks = list(rows.filter(has_values=True).values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        with transaction.atomic():
            inspections = Inspection.objects.filter(pk__in=pks[start : start + BATCH])
            locked = inspections.select_for_update(of=("self",)).select_related(*RELATED)
            for inspection in locked.order_by("pk"):
                deleted += _delete_hidden(inspection)
    return deleted


def _delete_hidden(inspection: Inspection) -> bool:
    visible = visible_profile(inspection)
    is_changed = visible != inspection.profile
    inspection.values_revision = inspection.port.product.revision
    inspection.tables = [table.as_json() for table in visible]
    inspection.facts = [
        table.as_json() for table in without_hidden(inspection.table_facts, visible)
    ]
    inspection.has_values = any(table.has_values for table in visible)
    inspection.save(update_fields=["tables", "facts", "has_values", "values_revision"])
    return is_changed


def classifications_of(contract: DataContract) -> dict[str, dict[str, set[str]]]:
    """Return the classifications in each column, by the names of the source without case."""
    server = source_server(contract)
    tables: dict[str, dict[str, set[str]]] = {}
    for node in schema_of(contract):
        columns = tables.setdefault(table_name(node, server).casefold(), {})
        for item in nested_nodes(node):
            classes = columns.setdefault(physical_name(item).casefold(), set())
            classes.update(classifications_in(item))
    return tables
