"""Read the schema of ports' sources and report the drift from their contracts."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.core.management.base import CommandError

from catalog.audit.services import record_if_denied
from catalog.exceptions import CatalogError
from catalog.management.actors import actor_of
from catalog.management.help import CommandWithExamples
from catalog.ports.models import OutputPort
from catalog.types import JSONObject
from governance.inspection.models import Inspection
from governance.inspection.services import READABLE, adopt_schema, inspect_port, inspection_summary
from governance.sandbox.types import TableProfile


class Command(CommandWithExamples):
    """Read every readable port, or those of one product; exit 1 if a source breaks its contract."""

    help = "Read the schema of ports' sources in the sandbox and compare it with the contract."
    epilog = (
        "Examples:\n  manage.py read_schema sales/orders\n"
        "  manage.py read_schema sales/orders --port table --adopt --contract-version 0.2.0\n"
        "  manage.py read_schema --all --json\n\n"
        "Exit: 0 all as declared, 1 a source breaks its contract or cannot be read, 2 usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("product", nargs="?", help="domain/slug")
        parser.add_argument("--all", action="store_true", help="every readable port")
        parser.add_argument("--port", help="only the port of this name")
        parser.add_argument(
            "--adopt", action="store_true", help="update the contract from the source"
        )
        parser.add_argument(
            "--contract-version", default="", help="adopt as a new contract version"
        )
        parser.add_argument("--json", action="store_true", help="print the profile as JSON")
        parser.add_argument("--as", dest="person", help="act as this person, with their rights")

    def handle(self, **options: Any) -> None:
        actor = actor_of(options["person"], worker="read_schema")
        is_broken, errors = False, []
        for port in find_ports(options):
            try:
                inspection = inspect_port(port=port, actor=actor)
                if options["adopt"] and not inspection.failure:
                    adopt_schema(
                        port=port,
                        edition=port.product.edition,
                        actor=actor,
                        version=options["contract_version"],
                    )
                    inspection.refresh_from_db()
            except CatalogError as error:
                record_if_denied(error, actor=actor, action="read_schema")
                errors.append(f"{port}: {error.message} {error.hint}")
                continue
            is_broken |= bool(inspection.failure) or inspection.is_breaking
            self.report(inspection, as_json=options["json"])
        if errors:
            raise CommandError("\n".join(errors), returncode=2)
        if is_broken:
            sys.exit(1)

    def report(self, inspection: Inspection, *, as_json: bool) -> None:
        product = inspection.port.product
        summary: JSONObject = {
            "product": f"{product.domain.slug}/{product.slug}",
            **inspection_summary(inspection),
        }
        if as_json:
            self.stdout.write(json.dumps(summary))
            return
        self.stdout.write(f"{summary['product']} {summary['port']}")
        if summary["failure"]:
            self.stdout.write(f"  cannot be read: {summary['failure']['message']}")
        for line in chain.from_iterable(map(table_lines, inspection.profile)):
            self.stdout.write(f"  {line}")
        if not summary["failure"] and not inspection.is_compared:
            self.stdout.write("  not compared: the contract declares no columns")
        for drift in inspection.drifts:
            sign = "breaks" if drift["is_breaking"] else "differs"
            self.stdout.write(f"  {sign}: {drift['table']}.{drift['column']} {drift['message']}")


def table_lines(table: TableProfile) -> Iterator[str]:
    """Yield the size of a table, then the reasons why it or its columns were not read."""
    rows = "?" if table.rows is None else f"{table.rows:,}"
    if table.rows_about is not None and (table.rows is None or table.is_sample):
        rows = f"about {table.rows_about:,}"
    elif table.is_sample:
        rows = f"at least {rows}"
    yield f"{table.name}: {rows} rows, {len(table.columns)} columns"
    if table.reason:
        yield f"  {table.reason}"
    for column in table.columns:
        if column.reason:
            yield f"  {column.name}: {column.reason}"


def find_ports(options: JSONObject) -> list[OutputPort]:
    ports = OutputPort.objects.filter(
        port_contract__contract__servers__type__in=READABLE
    ).select_related("product__domain", "port_contract__contract")
    if options["port"]:
        ports = ports.filter(name=options["port"])
    if not options["all"]:
        domain, _, slug = (options["product"] or "").partition("/")
        if not slug:
            raise CommandError("Name a product as domain/slug, or give --all.", returncode=2)
        ports = ports.filter(product__domain__slug=domain, product__slug=slug)
    if not (chosen := list(ports.distinct())):
        raise CommandError("No such port with a file or database.", returncode=2)
    return chosen
