"""Measure the groups in the data of ports that have a plan, in the foreground."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from catalog.audit.services import record_if_denied
from catalog.authorization.access import Writer, access_for
from catalog.exceptions import CatalogError
from catalog.management.actors import actor_of
from catalog.management.help import CommandWithExamples
from catalog.people.models import Person
from catalog.ports.models import OutputPort
from catalog.types import JSONObject
from governance.management.ports import add_port_arguments, choose_ports, name_of
from governance.representation.models import RepresentationRun, RepresentationSchedule
from governance.representation.services import measure_port, visible_result
from governance.representation.visible import VisibleRepresentation

EPILOG = """\
Each port is measured once, whether or not its turn has come, and the measurement is saved like any
other. Neither broker nor worker is needed. Numbers are printed as every reader may see them:
counts under 10 are hidden, unless --as names a person who may see the data.

Examples:
  manage.py measure_representation people/applicants         the ports of one product
  manage.py measure_representation --due                     every port whose turn has come
  manage.py measure_representation --all --json              every port with a plan, as JSON
  manage.py measure_representation people/applicants --as olga   act as a person

Exit: 0 all measured, 1 some port could not be, 2 bad input.
"""


class Command(CommandWithExamples):
    """Measure ports and report the result of each."""

    help = "Measure how groups are represented in the data of ports, by their plans."
    epilog = EPILOG

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_port_arguments(parser, all_help="every port with a plan")

    def handle(self, **options: Any) -> None:
        actor = actor_of(options["person"], worker="measure_representation")
        ports = find_ports(options["products"], is_due=options["due"], is_all=options["all"])
        reports, errors = [], []
        for port in ports:
            try:
                run = measure_port(port=port, actor=actor)
            except CatalogError as error:
                record_if_denied(error, actor=actor, action="measure_representation")
                errors.append(f"{name_of(port)}: {error.message} {error.hint}".strip())
                continue
            reports.append(run)
            if not options["json"]:
                for line in lines_of(run, actor):
                    self.stdout.write(line)
        if options["json"]:
            self.stdout.write(json.dumps([as_json(run, actor) for run in reports]))
        if errors:
            raise CommandError("\n".join(errors), returncode=2)
        if not all(run.is_ok for run in reports):
            sys.exit(1)


def find_ports(products: Sequence[str], *, is_due: bool, is_all: bool) -> Sequence[OutputPort]:
    ports = OutputPort.objects.filter(representation_plan__isnull=False)
    if is_due:
        due = RepresentationSchedule.objects.due(timezone.now())
        ports = ports.filter(pk__in=due.values("port"))
    return choose_ports(ports, products, is_due=is_due, is_all=is_all, what="a representation plan")


def lines_of(run: RepresentationRun, actor: Writer) -> Iterator[str]:
    yield f"{name_of(run.port)}  {run.state}"
    if run.reason:
        yield f"  {run.reason}"
    view = visible_to(run, actor)
    for attribute in view.attributes if view else ():
        yield f"  {attribute.attribute}: {attribute.verdict}. {attribute.sentence}"
        for group in attribute.groups:
            share = "" if group.share is None else f"{group.share:8.2%}"
            yield f"    {group.group:<30} {group.count.text:>12} {share}"


def visible_to(run: RepresentationRun, actor: Writer) -> VisibleRepresentation | None:
    """Return what a person sees of a measurement; without one, what every reader sees."""
    return (
        visible_result(run, access_for(actor))
        if isinstance(actor, Person)
        else run.visible_representation
    )


def as_json(run: RepresentationRun, actor: Writer) -> JSONObject:
    view = visible_to(run, actor)
    return {
        "port": name_of(run.port),
        "at": run.at.isoformat(),
        "state": run.state,
        "code": run.code,
        "reason": run.reason,
        "result": view.as_json() if view else None,
    }
