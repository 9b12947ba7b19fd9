"""Factories for quality checks: a port with rules, and a runner that needs no process."""

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings

from catalog.contracts.models import Server
from catalog.contracts.services import save_contract
from catalog.domains.models import Domain
from catalog.ports.models import OutputPort
from catalog.products.models import Status
from catalog.products.services import edited_version
from catalog.types import JSONObject
from governance.quality.models import QualityRun
from governance.quality.services import plan_checks, run_port_checks
from governance.sandbox.checks import Check, CheckRequest, CheckResult, CheckRun
from governance.sandbox.types import SourceUnreadable
from tests.factories import (
    FACTORY,
    make_product,
    make_published_product,
    make_users,
    publish_changes,
    with_port,
    write_file,
)

ORDERS = "order_id,customer,amount\nA,c1,10\nB,,20\nB,c2,30\n"
NOT_NULL: JSONObject = {"id": "customer-known", "metric": "nullValues", "mustBe": 0}
UNIQUE: JSONObject = {"id": "one-row", "metric": "duplicateValues", "mustBe": 0}
HAS_ROWS: JSONObject = {"id": "not-empty", "metric": "rowCount", "mustBeGreaterThan": 0}


def make_checked_port(
    *rules: JSONObject,
    domain: Domain | None = None,
    columns: Mapping[str, Any] | None = None,
    data: str = ORDERS,
    is_draft: bool = False,
    **product: Any,
) -> OutputPort:
    """Return the port of a product whose contract has these rules of its table.

    `columns` has the members of each property by name.
    """
    domain = domain or make_users().domain
    write_file(domain, data)
    if is_draft:
        row = with_port(make_product(domain=domain, **product))
    else:
        row = make_published_product(domain=domain, **product)
    set_rules(row.output_ports.get(), *rules, columns=columns or {"order_id": {}, "customer": {}})
    return OutputPort.objects.select_related("product__domain").get(product=row)


def set_rules(
    port: OutputPort, *rules: JSONObject, columns: Mapping[str, Any] | None = None
) -> None:
    """Give the contract of a port other rules, published if its product is."""
    product = edited_version(port.product)
    contract = port.port_contract.contract
    known = next(iter(contract.tree.get("schema") or []), {}).get("properties", [])
    properties = (
        known
        if columns is None
        else [{"name": name, **members} for name, members in columns.items()]
    )
    table = {"name": "orders", "quality": list(rules), "properties": properties}
    tree = contract.tree | {"schema": [table]}
    if product.status != Status.DRAFT:
        tree["version"] = f"0.{product.edition}.0"
    _contract, edited = save_contract(
        product=product, tree=tree, edition=product.edition, actor=FACTORY
    )
    if edited.is_working_copy:
        publish_changes(edited, break_reason="Tests change rules at will.")
    plan_checks()


def check_here(
    server: Server, request: CheckRequest, references: Mapping[str, Server] | None = None
) -> CheckRun:
    """Run row counts, missing values and duplicates on a CSV file, without a process."""
    path = Path(settings.ASSAY_FILES_ROOT) / server.location
    rows = list(csv.DictReader(StringIO(path.read_text())))
    if not rows:
        raise SourceUnreadable("empty")
    results = tuple(_result(check, rows, request) for check in request.checks)
    return CheckRun(rows=len(rows), results=results)


def _result(check: Check, rows: list[dict[str, str]], request: CheckRequest) -> CheckResult:
    if check.kind == "row_count":
        return CheckResult(key=check.key, observed=len(rows))
    if any(column not in rows[0] for column in check.columns):
        return CheckResult(key=check.key, code="no-column", error="The table has no such column.")
    if check.kind == "missing":
        bad = [row for row in rows if not row[check.columns[0]]]
        observed = len(bad)
    else:
        keys = [tuple(row[column] for column in check.columns) for row in rows]
        bad = [row for row, key in zip(rows, keys, strict=True) if keys.count(key) > 1]
        observed = len({key for key in keys if keys.count(key) > 1})
    samples = tuple(
        {name: value for name, value in row.items() if name not in request.classified}
        for row in bad[: request.sample_limit]
    )
    return CheckResult(
        key=check.key, observed=observed, tested=len(rows), failing=len(bad), samples=samples
    )


def check(port: OutputPort, data: str | None = None, *, actor: Any = FACTORY) -> QualityRun:
    """Run the checks of a port, of other data than before if some are given."""
    if data is not None:
        write_file(port.product.domain, data)
    return run_port_checks(port=port, actor=actor, run=check_here)
