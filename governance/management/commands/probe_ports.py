"""Measure output ports now, in the foreground."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import CommandError
from django.db.models import QuerySet

from catalog.authorization.access import require_permission
from catalog.exceptions import PermissionDenied
from catalog.management.help import CommandWithExamples
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeResult
from governance.slo.services import probe_ports

EPILOG = """\
Each port is measured once, whether or not its turn has come, and the measurement counts like any
other: it makes a port live for publication, and is judged against the objectives. Neither broker
nor worker is needed. A port that a worker measures at this moment is passed over.

Examples:
  manage.py probe_ports --all                          every port that can be probed
  manage.py probe_ports --product sales/orders         the ports of one product
  manage.py probe_ports --product sales/orders --json  the same for programs
  manage.py probe_ports --product sales/orders --as olga   act as a person, with their rights

Exit: 0 all good, 1 some port was not, or none could be measured, 2 bad input.
"""


class Command(CommandWithExamples):
    """Probe ports, say what was seen of each."""

    help = "Measure output ports now, in the foreground, and judge their objectives."
    epilog = EPILOG

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which ports to measure."""
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
        """Measure the ports, telling each as it comes."""
        ports = self._ports(options["product"])
        self._authorize(ports, options["person"])
        names = {port.pk: _name(port) for port in ports}
        done: Counter[str] = Counter()

        def tell(seen: ProbeResult) -> None:
            done[seen.outcome] += 1
            self._progress(done.total(), len(names))
            if not options["json"]:
                self.stdout.write(_line(names[seen.port_id], seen))

        seen = probe_ports(port_ids=list(names), told=tell)
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(names[each.port_id], each) for each in seen]))
        else:
            self.stdout.write(_summary(done, len(names)))
        if not seen or any(not each.is_good for each in seen):
            sys.exit(1)

    def _ports(self, addresses: list[str]) -> list[OutputPort]:
        ports = OutputPort.objects.select_related("product__domain").order_by("pk")
        if not addresses:
            return list(ports)
        return [port for address in addresses for port in _ports_at(ports, address)]

    def _authorize(self, ports: list[OutputPort], username: str | None) -> None:
        """Without a name it is the operator of the machine who acts."""
        if username is None:
            return
        person = Person.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise CommandError(f"There is nobody active called {username}.", returncode=2)
        try:
            for port in ports:
                require_permission(person, Permission.EDIT_PRODUCTS, port.product.domain)
        except PermissionDenied as refusal:
            raise CommandError(refusal.message, returncode=2) from refusal

    def _progress(self, done: int, of: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == of else ""
            sys.stderr.write(f"\r{done:,} of {of:,} ports{end}")
            sys.stderr.flush()


def _ports_at(ports: QuerySet[OutputPort], address: str) -> list[OutputPort]:
    domain, _, slug = address.partition("/")
    found = list(ports.filter(product__domain__slug=domain, product__slug=slug))
    if not found:
        raise CommandError(f"There is no product with ports at {address}.", returncode=2)
    return found


def _name(port: OutputPort) -> str:
    return f"{port.product.domain.slug}/{port.product.slug}:{port.name}@{port.version}"


def _line(name: str, seen: ProbeResult) -> str:
    status = f" {seen.status_code}" if seen.status_code else ""
    return f"{seen.outcome:<13}{status:<5}{seen.phases.total * 1000:9.1f} ms  {name}"


def _as_json(name: str, seen: ProbeResult) -> dict[str, Any]:
    return {
        "port": name,
        "measured_at": seen.at.isoformat(),
        "outcome": seen.outcome,
        "status_code": seen.status_code,
        "seconds": round(seen.phases.total, 6),
    }


def _summary(done: Counter[str], of: int) -> str:
    passed_over = of - done.total()
    counts = ", ".join(f"{done[each]} {each}" for each in Outcome if done[each])
    tail = f"; {passed_over} not probed" if passed_over else ""
    return f"{done.total()} of {of} ports: {counts or 'nothing measured'}{tail}"
