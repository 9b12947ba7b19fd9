"""Run the quality checks of ports, in the foreground."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from catalog.audit.services import record_if_denied
from catalog.exceptions import CatalogError
from catalog.management.actors import actor_of
from catalog.management.help import CommandWithExamples
from catalog.ports.models import OutputPort
from governance.api.quality import port_answer
from governance.management.ports import add_port_arguments, address_of, choose_ports, name_of
from governance.quality.models import QualityRun, QualitySchedule
from governance.quality.outcomes import CheckState
from governance.quality.services import plan_checks, port_quality, run_port_checks

EPILOG = """\
Each port is checked once, whether or not its turn has come, and the run is saved like any other.
Neither broker nor worker is needed. Rows that fail are not printed.

Examples:
  manage.py check_quality sales/orders                 the ports of one product
  manage.py check_quality --due                        every port whose turn has come
  manage.py check_quality --all --json                 every port with checks, as JSON
  manage.py check_quality sales/orders --as olav       act as a person

Exit: 0 all checks passed or warned, 1 some failed or could not be run, 2 bad input.
"""


class Command(CommandWithExamples):
    """Check ports and report the result of each check."""

    help = "Run the quality checks of ports, by the rules of their contracts."
    epilog = EPILOG

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_port_arguments(parser, all_help="every port with checks")

    def handle(self, **options: Any) -> None:
        actor = actor_of(options["person"], worker="check_quality")
        plan_checks()
        ports = find_ports(options["products"], is_due=options["due"], is_all=options["all"])
        runs, errors = [], []
        for port in ports:
            try:
                run = run_port_checks(port=port, actor=actor)
            except CatalogError as error:
                record_if_denied(error, actor=actor, action="check_quality")
                errors.append(f"{name_of(port)}: {error.message} {error.hint}".strip())
                continue
            runs.append(run)
            if not options["json"]:
                for line in lines_of(run):
                    self.stdout.write(line)
        if options["json"]:
            answers = [
                {"product": address_of(run.port), **port_answer(port_quality(run.port))}
                for run in runs
            ]
            self.stdout.write(json.dumps(answers))
        if errors:
            raise CommandError("\n".join(errors), returncode=2)
        if not all(map(is_good, runs)):
            sys.exit(1)


def find_ports(products: Sequence[str], *, is_due: bool, is_all: bool) -> Sequence[OutputPort]:
    schedules = QualitySchedule.objects.filter(
        checks__gt=0, port__product__working_copy_of__isnull=True
    )
    if is_due:
        schedules = schedules.due(timezone.now())
    ports = OutputPort.objects.filter(pk__in=schedules.values("port"))
    return choose_ports(ports, products, is_due=is_due, is_all=is_all, what="quality checks")


def is_good(run: QualityRun) -> bool:
    bad = (CheckState.FAILED, CheckState.ERROR)
    return run.is_ok and not run.outcomes.filter(state__in=bad).exists()


def lines_of(run: QualityRun) -> Iterator[str]:
    rows = "" if run.rows is None else f", {run.rows:,} rows{' (a sample)' * run.is_sample}"
    yield f"{name_of(run.port)}  {'checked' if run.is_ok else 'not checked'}{rows}"
    if run.reason:
        yield f"  {run.reason}"
    for outcome in run.outcomes.all():
        text = outcome.message or f"{outcome.expected}."
        yield f"  {outcome.state:<8} {outcome.title}: {text}"
