"""Measures the groups in the data of a port: counts outside transactions, saves in one."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.audit.services import record
from catalog.authorization.access import Writer, require_permission
from catalog.contracts.models import Server, contract_of
from catalog.exceptions import InvalidTransition, NotFound
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.ports.services import published_port
from catalog.products.services import lock_product
from catalog.provenance.services import MeasuredGroup, set_measured_imbalances
from catalog.revisions.services import audit_subject
from catalog.types import JSONObject
from governance.inspection.models import READABLE
from governance.inspection.services.inspecting import one_reading
from governance.representation.disclosure import visible_to_all
from governance.representation.hidden_counts import Before
from governance.representation.models import (
    RepresentationPlan,
    RepresentationRun,
    RepresentationSchedule,
    ShareMove,
)
from governance.representation.moves import Move, find_moves
from governance.representation.plan import Plan
from governance.representation.results import Representation
from governance.representation.services.alerting import alert_of_moves
from governance.representation.services.plans import PORTS, source_tables
from governance.representation.services.references import ReferenceLost, entered_references
from governance.representation.statistics import represent
from governance.representation.visible import VisibleRepresentation
from governance.sandbox.groups import GroupCounts, GroupRequest
from governance.sandbox.runner import count_groups
from governance.sandbox.types import SourceUnreadable

logger = logging.getLogger(__name__)
State = RepresentationRun.State
GroupCounter = Callable[[Server, GroupRequest], GroupCounts]
PLAN_CHANGED = "The plan was changed while the port was measured; it is measured again."


@dataclass(frozen=True)
class Measured:
    """What was counted by a plan at a moment, or the code and the reason why nothing was."""

    plan: Plan
    plan_edition: int
    at: datetime
    source: str = ""
    result: Representation | None = None
    code: str = ""
    reason: str = ""


def measure_port(
    *, port: OutputPort, actor: Writer, count: GroupCounter = count_groups
) -> RepresentationRun:
    """Measure the groups of a port by its plan now, and save the result or why there is none.

    `count` counts them in the sandbox.
    Raises PermissionDenied, NotFound (the port was removed, before or meanwhile), and
    InvalidTransition: it has no plan, or a person has a source of the same domain read.
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, port.product.domain)
    published = published_port(port)
    # The plan first: one that is gone with its port is not missed.
    plan = RepresentationPlan.objects.filter(port=published).first() if published else None
    current = PORTS.filter(pk=published.pk).first() if published else None
    if current is None:
        raise NotFound("This port was removed, or is not published yet.")
    if plan is None:
        hint = "Say first which groups are measured."
        raise InvalidTransition("The port has no representation plan.", location="port", hint=hint)
    if isinstance(actor, SystemActor):
        measured = _measure(current, plan, count)
    else:
        with one_reading(current.product.domain_id):
            measured = _measure(current, plan, count)
    return _save(port=current, measured=measured, actor=actor)


def _measure(port: OutputPort, row: RepresentationPlan, count: GroupCounter) -> Measured:
    plan = row.plan
    measured = Measured(plan, row.edition, timezone.now())
    contract = contract_of(port)
    server = contract.servers.filter(type__in=READABLE).first() if contract else None
    if contract is None or server is None:
        reason = "Its contract has no file or database that can be read any more."
        return replace(measured, code="no-server", reason=reason)
    measured = replace(measured, source=f"{contract.identifier} {contract.version} {plan.table}")
    if reason := "; ".join(_lost_columns(plan, source_tables(port))):
        return replace(measured, code="contract-changed", reason=f"{reason}.")
    request = GroupRequest(
        table=plan.table,
        attributes=tuple(attribute.grouping for attribute in plan.attributes),
        label=plan.label.grouping if plan.label else None,
    )
    try:
        references = entered_references(plan, port)
        counts = count(server, request)
        return replace(measured, result=represent(counts, plan, references, measured.at.date()))
    except ReferenceLost as error:
        return replace(measured, code="reference-lost", reason=str(error))
    except SourceUnreadable as error:
        return replace(measured, code=error.code, reason=str(error))
    except Exception:
        # Data may be anything; whatever breaks, breaks its own measurement only.
        logger.exception("measuring port %d broke", port.pk)
        return replace(measured, code="failed", reason=str(SourceUnreadable("failed")))


def _lost_columns(plan: Plan, tables: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield what of a plan the contract does not describe any more."""
    if plan.table not in tables:
        if tables:
            yield f"The contract has no table {plan.table or 'of the plan'} any more"
        return
    labels = [plan.label] if plan.label else []
    for item in (*plan.attributes, *labels):
        if item.column not in tables[plan.table]:
            yield f"The contract has no column {item.column} any more ({item.name})"


@transaction.atomic
def _save(*, port: OutputPort, measured: Measured, actor: Writer) -> RepresentationRun:
    """Save a measurement, unless the port or its plan was removed while it was made."""
    lock_product(port.product, actor, Permission.EDIT_PRODUCTS)
    locked = PORTS.filter(pk=port.pk, product=port.product_id).first()
    if locked is None:
        raise NotFound("The port was removed while it was measured.")
    plan = RepresentationPlan.objects.filter(port=port).first()
    if plan is None:
        message = "The plan was removed while the port was measured."
        raise InvalidTransition(message, location="port")
    run = RepresentationRun(
        port=locked,
        at=measured.at,
        state=State.OK if measured.result else State.FAILED,
        code=measured.code,
        reason=measured.reason,
        definition=measured.plan.as_json(),
        plan_edition=measured.plan_edition,
        comparison_key=measured.plan.comparison_key,
        source=measured.source[:300].strip(),
        requested_by=actor.audit_name[:200],
    )
    if plan.edition != measured.plan_edition:
        run.state, run.code, run.reason = State.OUTDATED, "plan-changed", PLAN_CHANGED
        run.save()
        RepresentationSchedule.objects.filter(port=port).update(next_due_at=timezone.now())
        return run
    if measured.result is None:
        return _save_failure(run, actor)
    return _save_result(run, measured.result, plan, actor)


def _save_failure(run: RepresentationRun, actor: Writer) -> RepresentationRun:
    before = RepresentationRun.objects.filter(port=run.port).first()
    run.save()
    # The same failure on every schedule is one event.
    if not isinstance(actor, SystemActor) or before is None or before.code != run.code:
        after: JSONObject = {"port": str(run.port), "code": run.code}
        subject = audit_subject(run.port.product)
        verb = "could not measure representation"
        record(actor=actor, verb=verb, subject=subject, after=after, reason=run.reason)
    return run


def _save_result(
    run: RepresentationRun, result: Representation, plan: RepresentationPlan, actor: Writer
) -> RepresentationRun:
    comparable = RepresentationRun.objects.filter(
        port=run.port, state=State.OK, comparison_key=run.comparison_key, at__lte=run.at
    )
    before = comparable.filter(visible__isnull=False).first()
    last = before.visible_representation if before else None
    visible = visible_to_all(
        result, Before(before.representation, last) if before and last else None
    )
    run.result, run.visible = result.as_json(), visible.as_json() if visible else None
    moves = list(_moves(comparable, result, plan.band))
    run.save()
    _withdraw_others(run)
    latest = RepresentationRun.objects.filter(port=run.port, state=State.OK).first()
    if visible is not None and latest == run:
        # A measurement that was begun earlier and took longer replaces nothing.
        rows = list(measured_groups(visible))
        set_measured_imbalances(port=run.port, rows=rows, measured_at=run.at)
    visible_moves = set(_visible_moves(moves, visible))
    ShareMove.objects.bulk_create(
        ShareMove(
            run=run,
            since_id=move.since,
            attribute=move.attribute,
            group=move.group,
            share_before=move.before,
            share_after=move.after,
            band=plan.band,
            is_visible=move in visible_moves,
        )
        for move in moves
    )
    alert_of_moves(run, moves, visible_moves)
    _postpone(run)
    run.port.product.refresh_from_db(fields=["revision"])
    _record(run, result, [move for move in moves if move in visible_moves], plan.band, actor)
    return run


def _visible_moves(moves: Sequence[Move], now: VisibleRepresentation | None) -> Iterator[Move]:
    """Yield the moves both shares of which every reader may see."""
    runs = RepresentationRun.objects.in_bulk([move.since for move in moves])
    visible = {key: _visible_shares(run.visible_representation) for key, run in runs.items()}
    visible_now = _visible_shares(now)
    for move in moves:
        key = (move.attribute, move.group)
        if key in visible_now and key in visible[move.since]:
            yield move


def _withdraw_others(run: RepresentationRun) -> None:
    """Withdraw from readers what was measured by other groups: the difference of two may be small.

    Those who may see the data still see it.
    """
    others = RepresentationRun.objects.filter(port=run.port, visible__isnull=False)
    others = others.exclude(comparison_key=run.comparison_key)
    ShareMove.objects.filter(run__in=others).update(is_visible=False)
    others.update(visible=None)


def _postpone(run: RepresentationRun) -> None:
    """Let a port that a person had measured wait for its whole interval; slots stay otherwise."""
    schedule = RepresentationSchedule.objects.filter(port=run.port).first()
    if schedule is not None and schedule.next_due_at < run.at + schedule.period / 2:
        RepresentationSchedule.objects.filter(pk=schedule.pk).update(
            next_due_at=run.at + schedule.period
        )


def _moves(
    comparable: QuerySet[RepresentationRun], now: Representation, band: float
) -> Iterator[Move]:
    first = comparable.order_by("at", "pk").first()
    if first is None:
        return
    last_moves = ShareMove.objects.filter(run__in=comparable).order_by("run__at", "pk")
    since = {(move.attribute, move.group): move.run_id for move in last_moves}
    runs = comparable.filter(pk__in={first.pk, *since.values()})
    baselines = {run.pk: run.representation for run in runs}
    yield from find_moves(now, baselines, since, first.pk, band=band)


def measured_groups(visible: VisibleRepresentation) -> Iterator[MeasuredGroup]:
    """Yield a row for each group of each attribute, as every reader may see it."""
    for attribute in visible.attributes:
        for group in attribute.groups:
            if not group.is_rest:
                yield MeasuredGroup(
                    attribute=attribute.attribute,
                    group=group.group[:200],
                    n=group.count.n,
                    share=group.share,
                    interval_low=group.interval_low,
                    interval_high=group.interval_high,
                    reference_share=group.reference_share if attribute.reference_name else None,
                    reference_name=attribute.reference_name[:200],
                    reference_date=date.fromisoformat(day)
                    if (day := attribute.reference_date)
                    else None,
                )


def _visible_shares(visible: VisibleRepresentation | None) -> set[tuple[str, str]]:
    return {
        (attribute.attribute, group.group)
        for attribute in (visible.attributes if visible else ())
        for group in attribute.groups
        if group.share is not None
    }


def _record(
    run: RepresentationRun,
    result: Representation,
    moves: Sequence[Move],
    band: float,
    actor: Writer,
) -> None:
    subject = audit_subject(run.port.product)
    verdicts = {item.attribute: item.verdict.value for item in result.attributes}
    after: JSONObject = {"port": str(run.port), "verdicts": verdicts}
    record(actor=actor, verb="measured representation", subject=subject, after=after)
    if moves:
        record(
            actor=actor,
            verb="share moved",
            subject=subject,
            before={f"{move.attribute} {move.group}": round(move.before, 4) for move in moves},
            after={f"{move.attribute} {move.group}": round(move.after, 4) for move in moves},
            reason=f"Port {run.port}: more than {band:.1%} since it was last compared.",
        )
