"""Runs the checks of a port: measures outside transactions, evaluates, and saves in one."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.audit.services import record
from catalog.authorization.access import Writer, require_permission
from catalog.contracts.models import Server, contract_of
from catalog.exceptions import InvalidTransition, NotFound
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.ports.services import published_port
from catalog.revisions.services import audit_subject
from governance.inspection.services.inspecting import one_reading
from governance.quality.models import (
    CheckOutcome,
    DistributionBaseline,
    QualityRun,
    QualitySchedule,
)
from governance.quality.odcs import CheckedTable, CompiledContract
from governance.quality.outcomes import CheckState, Evaluation, evaluate, expected_text
from governance.quality.rules import QualityRule
from governance.quality.schema_rules import OWN
from governance.quality.services.alerting import alert_of_run
from governance.quality.services.indicators import record_indicators
from governance.quality.services.reading import PORTS, classified_columns, rules_of
from governance.quality.services.references import ReferenceClosed, reference_server
from governance.quality.services.states import publish_quality
from governance.sandbox.check_runner import CHECKED_TYPES, run_checks
from governance.sandbox.checks import Check, CheckRequest, CheckResult, CheckRun
from governance.sandbox.types import SourceUnreadable

logger = logging.getLogger(__name__)
SAMPLE_ROWS = 5
Runner = Callable[[Server, CheckRequest, Mapping[str, Server]], CheckRun]


@dataclass(frozen=True, kw_only=True)
class TableRun:
    """What was measured of one table, by rule."""

    table: str
    run: CheckRun
    results: Sequence[tuple[QualityRule, CheckResult]]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All tables of a port at a moment, or the code and the reason why nothing was measured."""

    at: datetime
    contract: str = ""
    tables: Sequence[TableRun] = ()
    seconds: float = 0.0
    code: str = ""
    reason: str = ""


def run_port_checks(*, port: OutputPort, actor: Writer, run: Runner = run_checks) -> QualityRun:
    """Run the checks of a port's contract now, and save what they said or why there is nothing.

    `run` measures them in the sandbox. Raises PermissionDenied, NotFound (the port was removed, or
    is not published), and InvalidTransition: no rule can be run, or a person has a source of the
    same domain read.
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, port.product.domain)
    published = published_port(port)
    current = PORTS.filter(pk=published.pk).first() if published else None
    if current is None:
        raise NotFound("This port was removed, or is not published yet.")
    compiled = rules_of(current)
    if not compiled.runnable:
        hint = "Add a quality rule to the contract, or say which columns are required or unique."
        raise InvalidTransition("No check can be run.", location="port", hint=hint)
    if isinstance(actor, SystemActor):
        measured = _measure(current, compiled, run)
    else:
        with one_reading(current.product.domain_id):
            measured = _measure(current, compiled, run)
    return _save(port=current, measured=measured, actor=actor)


def _measure(port: OutputPort, compiled: CompiledContract, run: Runner) -> Measured:
    measured, began = Measured(at=timezone.now()), time.monotonic()
    contract = contract_of(port)
    server = contract.servers.filter(type__in=CHECKED_TYPES).first() if contract else None
    if contract is None or server is None:
        reason = "Its contract has no file or database that can be read any more."
        return replace(measured, code="no-server", reason=reason)
    measured = replace(measured, contract=f"{contract.identifier} {contract.version}"[:500])
    try:
        tables = [
            _measure_table(port, server, compiled, table, run, measured.at)
            for table in dict.fromkeys(rule.table for rule in compiled.runnable)
        ]
    except SourceUnreadable as error:
        return replace(measured, code=error.code, reason=str(error))
    except Exception:
        # Data may be anything; whatever breaks, breaks its own run only.
        logger.exception("checking port %d broke", port.pk)
        return replace(measured, code="failed", reason=str(SourceUnreadable("failed")))
    return replace(measured, tables=tables, seconds=time.monotonic() - began)


def _measure_table(
    port: OutputPort,
    server: Server,
    compiled: CompiledContract,
    table: str,
    run: Runner,
    now: datetime,
) -> TableRun:
    """Return what all rules of a table say, those without an open reference as errors."""
    rules = [rule for rule in compiled.runnable if rule.table == table]
    servers: dict[str, Server] = {OWN: server}
    errors: dict[str, CheckResult] = {}
    for rule in rules:
        if rule.reference is None:
            continue
        try:
            servers[rule.reference.server] = reference_server(port, rule)
        except ReferenceClosed as error:
            reason = str(error)
            errors[rule.key] = CheckResult(key=rule.key, code="reference-closed", error=reason)
    baselines = {row.key: row for row in DistributionBaseline.objects.filter(port=port)}
    checks = [
        _with_baseline(rule, rule.check, baselines.get(rule.key))
        for rule in rules
        if rule.check is not None and rule.key not in errors
    ]
    known = compiled.tables.get(table, CheckedTable())
    request = CheckRequest(
        table=table,
        checks=tuple(checks),
        now=now.isoformat(),
        aliases=known.names,
        classified=tuple(sorted(classified_columns(port))),
        identifiers=known.identifiers,
        sample_limit=SAMPLE_ROWS,
    )
    measured = run(server, request, servers) if checks else CheckRun(rows=None, results=())
    by_key = {result.key: result for result in measured.results} | errors
    results = [(rule, by_key[rule.key]) for rule in rules if rule.key in by_key]
    return TableRun(table=table, run=measured, results=results)


def _with_baseline(rule: QualityRule, check: Check, baseline: DistributionBaseline | None) -> Check:
    """Return a check of a distribution with the shares of its first run, if it states none."""
    is_recorded = baseline is not None and baseline.rule_digest == rule.digest
    if check.kind != "distribution" or check.baseline or baseline is None or not is_recorded:
        return check
    total = sum(baseline.groups.values())
    shares = ((group, count / total) for group, count in baseline.groups.items() if total)
    return replace(check, baseline=tuple(shares))


@transaction.atomic
def _save(*, port: OutputPort, measured: Measured, actor: Writer) -> QualityRun:
    """Save a run with its outcomes, unless the port was removed meanwhile."""
    locked = OutputPort.objects.select_for_update(of=("self",), no_key=True)
    if not locked.filter(pk=port.pk).exists():
        raise NotFound("The port was removed while it was checked.")
    rows = [table.run.rows for table in measured.tables]
    saved = QualityRun.objects.create(
        port=port,
        at=measured.at,
        state=QualityRun.State.FAILED if measured.code else QualityRun.State.OK,
        code=measured.code,
        reason=measured.reason,
        contract=measured.contract,
        tables={table.table: _table_facts(table.run) for table in measured.tables},
        rows=sum(count or 0 for count in rows) if any(c is not None for c in rows) else None,
        is_sample=any(table.run.is_sample for table in measured.tables),
        seconds=measured.seconds,
        samples=_samples(measured.tables),
        requested_by=actor.audit_name[:200],
    )
    outcomes = [
        _outcome(saved, position, rule, result, table.run)
        for table in measured.tables
        for position, (rule, result) in enumerate(table.results)
    ]
    CheckOutcome.objects.bulk_create(outcomes)
    _record_baselines(port, measured)
    if saved.is_ok:
        # Rows of products' data are kept no longer than they are of use.
        others = QualityRun.objects.filter(port=port).exclude(pk=saved.pk).exclude(samples={})
        others.update(samples={})
        record_indicators(saved, outcomes, now=timezone.now())
        alert_of_run(saved, outcomes, now=timezone.now())
    _postpone(saved)
    _note_run(saved, outcomes, actor)
    publish_quality([port.product_id])
    return saved


def _table_facts(run: CheckRun) -> dict[str, object]:
    return {"rows": run.rows, "is_sample": run.is_sample, "note": run.note}


def _samples(tables: Sequence[TableRun]) -> dict[str, list[dict[str, str | None]]]:
    return {
        rule.key: [dict(row) for row in result.samples]
        for table in tables
        for rule, result in table.results
        if result.samples
    }


def _outcome(
    saved: QualityRun, position: int, rule: QualityRule, result: CheckResult, run: CheckRun
) -> CheckOutcome:
    evaluation: Evaluation = evaluate(rule, result, rows=run.rows)
    return CheckOutcome(
        run=saved,
        port=saved.port,
        at=saved.at,
        position=position,
        key=rule.key,
        rule_digest=rule.digest,
        title=rule.title,
        table=rule.table[:300],
        column=", ".join(rule.columns)[:1000],
        dimension=rule.dimension,
        severity=rule.severity,
        expected=expected_text(rule)[:300],
        unit=rule.unit,
        is_declared=rule.is_declared,
        state=evaluation.state,
        observed=evaluation.observed,
        tested=evaluation.tested,
        failing=evaluation.failing,
        seconds=result.seconds,
        message=evaluation.message,
    )


def _record_baselines(port: OutputPort, measured: Measured) -> None:
    """Keep the counts of distributions that have no baseline yet, or whose rule changed."""
    for table in measured.tables:
        for rule, result in table.results:
            is_first = rule.check is not None and not rule.check.baseline and result.groups
            if rule.kind != "distribution" or not is_first:
                continue
            known = DistributionBaseline.objects.filter(port=port, key=rule.key)
            if known.filter(rule_digest=rule.digest).exists():
                continue
            facts = {"rule_digest": rule.digest, "recorded_at": measured.at}
            DistributionBaseline.objects.update_or_create(
                port=port, key=rule.key, defaults=facts | {"groups": dict(result.groups)}
            )


def _postpone(run: QualityRun) -> None:
    """Let a port that a person had checked wait for its whole interval; slots stay otherwise."""
    schedule = QualitySchedule.objects.filter(port=run.port).first()
    if schedule is not None and schedule.next_due_at < run.at + schedule.period / 2:
        QualitySchedule.objects.filter(pk=schedule.pk).update(next_due_at=run.at + schedule.period)


def _note_run(run: QualityRun, outcomes: Sequence[CheckOutcome], actor: Writer) -> None:
    """Audit what a person started; of the schedule, only a failure that is new."""
    before = QualityRun.objects.filter(port=run.port).exclude(pk=run.pk).first()
    is_new_failure = bool(run.code) and (before is None or before.code != run.code)
    if isinstance(actor, SystemActor) and not is_new_failure:
        return
    failed = [outcome.title for outcome in outcomes if outcome.state == CheckState.FAILED]
    record(
        actor=actor,
        verb="could not run checks" if run.code else "ran checks",
        subject=audit_subject(run.port.product),
        after={"port": str(run.port), "checks": len(outcomes), "failed": failed[:20]},
        reason=run.reason,
    )
