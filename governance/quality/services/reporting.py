"""Records what other programs report of a port: runs of their checks, values, heartbeats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from catalog.audit.actors import Actor
from catalog.issues import Issue
from catalog.ports.models import OutputPort
from catalog.types import JSONValue
from governance.quality.dimensions import Dimension
from governance.quality.external_formats import read_item
from governance.quality.external_results import (
    Reported,
    ReportedHeartbeat,
    ReportedRun,
    ReportReader,
)
from governance.quality.models import CheckOutcome, QualityRun
from governance.quality.scores import scores_of
from governance.slo.evaluation import ValueSource
from governance.slo.services import RecordedValue, record_heartbeat, record_values

ACCEPTED, DUPLICATE, REJECTED = "accepted", "duplicate", "rejected"
# A dimension whose score is the value of the indicator of its name.
INDICATORS = (
    Dimension.COMPLETENESS,
    Dimension.UNIQUENESS,
    Dimension.VALIDITY,
    Dimension.ACCURACY,
)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of one item; `runs` are the ids of its runs, `ignored` entries without checks."""

    index: int
    state: str
    runs: tuple[UUID, ...] = ()
    checks: int = 0
    ignored: int = 0
    issues: tuple[Issue, ...] = ()


def record_reports(
    *, port: OutputPort, items: Sequence[JSONValue], actor: Actor, now: datetime, at: str = "/items"
) -> list[Receipt]:
    """Record items that report of a port; one that is wrong keeps none of the others out.

    An item that came before changes nothing. `at` is where the list of items is in the body, empty
    if the body is one item.
    """
    receipts = []
    for index, item in enumerate(items):
        place = f"{at}/{index}" if at else ""
        reader = ReportReader(now=now)
        reports = read_item(reader, item, place)
        reader.issues += _heartbeat_issues(port, reports, place)
        if reader.issues:
            issues = tuple(reader.issues[:100])
            receipts.append(Receipt(index=index, state=REJECTED, issues=issues))
        else:
            receipts.append(_record(port=port, index=index, reports=reports, actor=actor, now=now))
    return receipts


def _heartbeat_issues(port: OutputPort, reports: Iterable[Reported], at: str) -> list[Issue]:
    """Return an issue if a heartbeat came for a port that is checked in another way."""
    if not any(isinstance(report, ReportedHeartbeat) for report in reports):
        return []
    contract = getattr(port, "port_contract", None)
    servers = contract.contract.servers.all() if contract else ()
    if any(server.probe.get("heartbeat") for server in servers):
        return []
    hint = "Set heartbeat: true in assayProbe of its server."
    message = "The contract does not say that this port sends heartbeats."
    return [Issue(location=f"{at}/heartbeat", message=message, hint=hint, code="no-heartbeats")]


@transaction.atomic
def _record(
    *, port: OutputPort, index: int, reports: Iterable[Reported], actor: Actor, now: datetime
) -> Receipt:
    runs: list[UUID] = []
    is_new, checks, ignored = False, 0, 0
    for report in reports:
        if isinstance(report, ReportedHeartbeat):
            sent_at, identifier = report.at, report.identifier
            is_new |= record_heartbeat(port=port, identifier=identifier, sent_at=sent_at, now=now)
            continue
        run_id = run_id_of(port, report)
        runs.append(run_id)
        checks, ignored = checks + len(report.checks), ignored + report.ignored
        is_new |= _record_run(port, run_id, report, actor, now)
    return Receipt(
        index=index,
        state=ACCEPTED if is_new else DUPLICATE,
        runs=tuple(runs),
        checks=checks,
        ignored=ignored,
    )


def run_id_of(port: OutputPort, run: ReportedRun) -> UUID:
    """Return the same id for the same run of the same tool, whenever it comes."""
    return uuid5(NAMESPACE_URL, f"assay:{port.pk}:{run.tool}:{run.identifier}")


def _record_run(
    port: OutputPort, run_id: UUID, report: ReportedRun, actor: Actor, now: datetime
) -> bool:
    """Save a run and its outcomes; return False if it was saved before."""
    run, is_new = QualityRun.objects.get_or_create(
        run_id=run_id,
        defaults={
            "port": port,
            "at": report.at,
            "source": QualityRun.Source.REPORTED,
            "reporter": report.tool,
            "rows": report.rows,
            "requested_by": actor.audit_name[:200],
        },
    )
    if not is_new:
        return False
    outcomes = [
        CheckOutcome(
            run=run,
            port=port,
            at=report.at,
            position=position,
            unit="",
            is_declared=False,
            **vars(check),
        )
        for position, check in enumerate(report.checks)
    ]
    CheckOutcome.objects.bulk_create(outcomes, batch_size=500)
    record_values(values=_values(run, report, outcomes), now=now)
    return True


def _values(
    run: QualityRun, report: ReportedRun, outcomes: Iterable[CheckOutcome]
) -> list[RecordedValue]:
    """Return the values that a run states, else the scores of its dimensions."""
    scores = {
        score.dimension.value: (score.share, score.rows)
        for score in scores_of(outcomes)
        if score.dimension in INDICATORS
    }
    stated = {name: (value, report.rows) for name, value in report.values.items()}
    return [
        RecordedValue(
            port_id=run.port_id,
            indicator=name,
            slot=report.at,
            value=value,
            rows=rows,
            source=ValueSource.REPORTED,
            run_id=run.run_id,
        )
        for name, (value, rows) in (scores | stated).items()
        if value is not None
    ]
