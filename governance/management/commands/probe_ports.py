"""Measure output ports now, in the foreground."""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import CommandError

from catalog.audit.services import record_if_denied
from catalog.authorization.access import require_permission
from catalog.exceptions import PermissionDenied
from catalog.management.actors import actor_of
from catalog.management.help import CommandWithExamples
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.types import JSONObject
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeResult
from governance.slo.services import probe_ports

EPILOG = """\
Each port is measured once, whether or not its turn has come, and the measurement counts like any
other: it makes a port live for publication, and objectives are evaluated with it. Neither broker
nor worker is needed. A port that a worker is measuring at this moment is skipped.

Examples:
  manage.py probe_ports --all                          every port that can be probed
  manage.py probe_ports --product sales/orders         the ports of one product
  manage.py probe_ports --product sales/orders --json  the report as JSON
  manage.py probe_ports --product sales/orders --as olga   act as a person, with their rights

Exit: 0 all good, 1 some port was not, or none could be measured, 2 bad input.
"""


class Command(CommandWithExamples):
    """Probe ports and report the result of each."""

    help = "Measure output ports now, in the foreground, and evaluate their objectives."
    epilog = EPILOG

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--all", action="store_true", help="every port that can be probed")
        which.add_argument(
            "--product",
            action="append",
            default=[],
            metavar="DOMAIN/PRODUCT",
            help="the ports of a product; may be given again",
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("--as", dest="person", metavar="USERNAME", help="act as this person")

    def handle(self, **options: Any) -> None:
        actor = actor_of(options["person"], worker="probe_ports")
        ports = find_ports(options["product"])
        try:
            for port in ports:
                require_permission(actor, Permission.EDIT_PRODUCTS, port.product.domain)
        except PermissionDenied as error:
            record_if_denied(error, actor=actor, action="probe_ports")
            raise CommandError(error.message, returncode=2) from error
        names = {
            port.pk: f"{port.product.domain.slug}/{port.product.slug}:{port.name}@{port.version}"
            for port in ports
        }
        outcomes: Counter[str] = Counter()

        def report(result: ProbeResult) -> None:
            outcomes[result.outcome] += 1
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{outcomes.total():,} of {len(names):,} ports")
                sys.stderr.flush()
            if not options["json"]:
                self.stdout.write(line_of(names[result.port_id], result))

        results = probe_ports(port_ids=list(names), on_result=report)
        if options["json"]:
            self.stdout.write(
                json.dumps([as_json(names[result.port_id], result) for result in results])
            )
        else:
            self.stdout.write(summary(outcomes, len(names)))
        if not results or any(not result.is_good for result in results):
            sys.exit(1)


def find_ports(addresses: list[str]) -> list[OutputPort]:
    ports = OutputPort.objects.select_related("product__domain").order_by("pk")
    if not addresses:
        return list(ports)
    chosen: list[OutputPort] = []
    for address in addresses:
        domain, _, slug = address.partition("/")
        matching = list(ports.filter(product__domain__slug=domain, product__slug=slug))
        if not matching:
            raise CommandError(f"There is no product with ports at {address}.", returncode=2)
        chosen += matching
    return chosen


def line_of(name: str, result: ProbeResult) -> str:
    status = result.status_code or ""
    return f"{result.outcome:<13} {status:<4}{result.timings.total * 1000:9.1f} ms  {name}"


def as_json(name: str, result: ProbeResult) -> JSONObject:
    return {
        "port": name,
        "measured_at": result.at.isoformat(),
        "outcome": result.outcome,
        "status_code": result.status_code,
        "seconds": round(result.timings.total, 6),
    }


def summary(outcomes: Counter[str], total: int) -> str:
    skipped = total - outcomes.total()
    counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in Outcome if outcomes[outcome])
    tail = f"; {skipped} not probed" if skipped else ""
    return f"{outcomes.total()} of {total} ports: {counts or 'nothing measured'}{tail}"
