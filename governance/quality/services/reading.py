"""Reads the rules of ports, their runs, results and trends."""

from collections.abc import Sequence

from catalog.authorization.access import AccessContext
from catalog.authorization.values import is_open_classification, may_see_data
from catalog.contracts.models import contract_of
from catalog.ports.models import OutputPort
from catalog.ports.services import published_port
from catalog.products.models import DataProduct
from governance.inspection.services.values import classifications_of, source_server
from governance.quality.models import QualityRun, QualityRunQuerySet, QualitySchedule
from governance.quality.odcs import CompiledContract, compile_contract
from governance.quality.reports import PortQuality, RuleResult, SampleRow
from governance.quality.rules import QualityRule
from governance.quality.scores import DimensionScore, scores_of

PORTS = OutputPort.objects.select_related("product__domain", "port_contract__contract")


def rules_of(port: OutputPort) -> CompiledContract:
    """Return the rules of a port's contract, for the source that is read."""
    contract = contract_of(port)
    if contract is None:
        return CompiledContract(())
    return compile_contract(contract.tree, source_server(contract))


def runs_of(port: OutputPort) -> QualityRunQuerySet:
    """Return the runs of a port, failed and reported ones too, the newest first."""
    runs = QualityRun.objects.filter(port=published_port(port))
    return runs.select_related("port__product")


def latest_run(port: OutputPort) -> QualityRun | None:
    """Return the last good run of Assay's own: a later one that failed changes nothing."""
    return runs_of(port).measured().good().prefetch_related("outcomes").first()


def latest_reported(port: OutputPort) -> list[QualityRun]:
    """Return the last run that each tool outside reported, the newest first."""
    runs = runs_of(port).reported().order_by("reporter", "-at", "-pk")
    newest: dict[str, QualityRun] = {}
    for run in runs.prefetch_related("outcomes"):
        newest.setdefault(run.reporter, run)
    return sorted(newest.values(), key=lambda run: run.at, reverse=True)


def scores_in(run: QualityRun | None) -> list[DimensionScore]:
    """Return the score of each dimension in a run; its definition is with it."""
    return scores_of(run.outcomes.all()) if run else []


def results_of(product: DataProduct, access: AccessContext | None = None) -> list[PortQuality]:
    """Return the quality of each port of a product, in their order.

    Rows that fail are given only to readers who may see the data.
    """
    ports = PORTS.filter(product=product).order_by("position", "pk")
    return [port_quality(port, access) for port in ports]


def port_quality(port: OutputPort, access: AccessContext | None = None) -> PortQuality:
    compiled, run = rules_of(port), latest_run(port)
    schedule = QualitySchedule.objects.filter(port=published_port(port)).first()
    outcomes = {outcome.key: outcome for outcome in run.outcomes.all()} if run else {}
    can_see = access is not None and may_see_data(access, port.product.domain_id)
    closed = classified_columns(port) if can_see else frozenset()
    results = [
        RuleResult(
            rule=rule,
            outcome=(outcome := outcomes.get(rule.key)),
            is_changed=outcome is not None and outcome.rule_digest != rule.digest,
            samples=_samples(run, rule, closed) if run and can_see else (),
        )
        for rule in compiled.rules
    ]
    return PortQuality(
        port=port,
        contract=contract_of(port),
        results=results,
        issues=compiled.issues,
        run=run,
        attempt=runs_of(port).measured().first(),
        reported=latest_reported(port),
        scores=scores_in(run),
        next_at=schedule.next_due_at if schedule else None,
        interval=schedule.interval if schedule else None,
    )


def classified_columns(port: OutputPort) -> frozenset[str]:
    """Return the columns that are classified now: their values are shown to nobody here."""
    contract = contract_of(port)
    classifications = classifications_of(contract) if contract else {}
    return frozenset(
        column
        for columns in classifications.values()
        for column, classes in columns.items()
        if not all(map(is_open_classification, classes))
    )


def _samples(run: QualityRun, rule: QualityRule, closed: frozenset[str]) -> Sequence[SampleRow]:
    """Return rows that failed, without columns that were classified since."""
    rows: Sequence[SampleRow] = run.samples.get(rule.key, ())
    return [
        {name: value for name, value in row.items() if name.casefold() not in closed}
        for row in rows
    ]
