"""The kinds of alerts that objectives and their polling raise, and what their rules may say."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.db.models import Q, QuerySet

from catalog.authorization.tree import domains_within
from catalog.domains.models import Domain
from catalog.issues import Issue
from catalog.issues import Severity as IssueSeverity
from catalog.types import JSONObject
from governance.alerts.arithmetic import WINDOWS, Budget, BurnRule, unusable_because
from governance.alerts.kinds import AlertKind, RuleScope, Severity, StandardRule
from governance.slo.evaluation import Indicator
from governance.slo.models import DEFAULT_INTERVAL, Objective, ProbeSchedule
from governance.slo.stats import SLICE
from governance.slo.wording import format_objective

# It consumes 2 % of a budget of 30 days in an hour.
FAST_BURN = 14.4
# A rule of a large domain is checked against at most this number of objectives.
MAX_OBJECTIVES = 500
# Reasons that are written out; the others are counted.
MAX_REASONS = 3
_INDICATOR = {
    "enum": [indicator.value for indicator in Indicator],
    "description": "Only objectives of this indicator.",
}


def burn_rule(parameters: JSONObject) -> BurnRule:
    """Return a burn-rate rule from its valid parameters."""
    values = {key: value for key, value in parameters.items() if key != "indicator"}
    return BurnRule(**values)


def budget_of(objective: Objective) -> Budget:
    """Return the error budget of an objective; loads its port or product."""
    interval = timedelta(seconds=_interval_of(objective))
    return Budget(
        name=f"“{format_objective(objective.spec)}” of {objective.subject_product}",
        target=objective.target,
        window=objective.window,
        interval=max(interval, SLICE) if objective.spec.is_sliced else interval,
    )


def _interval_of(objective: Objective) -> float:
    """Return seconds between two checks; those of several ports come the more often."""
    ports = Q(port=objective.port) if objective.port else Q(port__product=objective.product)
    intervals = list(ProbeSchedule.objects.filter(ports).values_list("interval", flat=True))
    rate = sum(1 / interval for interval in intervals)
    return 1 / rate if rate else objective.interval or DEFAULT_INTERVAL


def check_burn_rate(parameters: JSONObject, scope: RuleScope) -> Sequence[Issue]:
    """Return an error if a rule is of no use for any objective; a warning for each if for some."""
    rule = burn_rule(parameters)
    objectives = objectives_in(scope, parameters)[:MAX_OBJECTIVES]
    reasons = [unusable_because(rule, budget_of(objective)) for objective in objectives]
    useless = [reason for reason in reasons if reason]
    if not useless:
        return ()
    is_error = len(useless) == len(reasons) or scope.product_id is not None
    severity = IssueSeverity.ERROR if is_error else IssueSeverity.WARNING
    hint = "Change the burn rate, the window or the failures, or name an indicator."
    issue = partial(Issue, location="parameters.burn_rate", severity=severity)
    *listed, last = useless[:MAX_REASONS]
    more = len(useless) - MAX_REASONS
    if more > 0:
        last = f"{last} It is of no use for {more} more of {len(reasons)} objectives."
    return [*(issue(message=reason) for reason in listed), issue(message=last, hint=hint)]


def objectives_in(scope: RuleScope, parameters: JSONObject) -> QuerySet[Objective]:
    """Return the objectives that a rule covers, of published products."""
    rows = Objective.objects.select_related("port__product", "product").order_by("pk")
    rows = rows.exclude(Q(product__status="draft") | Q(port__product__status="draft"))
    if scope.product_id is not None:
        rows = rows.filter(Q(product=scope.product_id) | Q(port__product=scope.product_id))
    elif scope.domain_id is not None:
        domains = domains_within(Domain.objects.parents(), scope.domain_id)
        rows = rows.filter(Q(product__domain__in=domains) | Q(port__product__domain__in=domains))
    indicator = parameters.get("indicator")
    return rows.filter(indicator=indicator) if indicator else rows


def check_silence(parameters: JSONObject, scope: RuleScope) -> Sequence[Issue]:
    """Return an error if a rule would fire between two checks of a port that is on time."""
    after = int(parameters.get("after_minutes", 10)) * 60
    schedules = ProbeSchedule.objects.probed().select_related("port")
    if scope.product_id is not None:
        schedules = schedules.filter(port__product=scope.product_id)
    elif scope.domain_id is not None:
        domains = domains_within(Domain.objects.parents(), scope.domain_id)
        schedules = schedules.filter(port__product__domain__in=domains)
    slow = schedules.filter(interval__gt=after / 2).order_by("-interval").first()
    if slow is None:
        return ()
    return [
        Issue(
            location="parameters.after_minutes",
            message=(
                f"It fires at every single late check of {slow.port}, which is measured every "
                f"{slow.interval} s: two checks take {2 * slow.interval} s, "
                f"more than the {after} s of the rule."
            ),
            hint=f"Use {-(-2 * slow.interval // 60)} minutes or more.",
        )
    ]


BREACH = AlertKind(
    key="breach",
    label="Objective missed",
    description="An objective is missed in its window, until it is met again.",
    standard_rules=[StandardRule(severity=Severity.CRITICAL)],
    schema={
        "type": "object",
        "properties": {"indicator": _INDICATOR},
        "additionalProperties": False,
    },
    is_for_followers=True,
)
BURN_RATE = AlertKind(
    key="burn_rate",
    label="Error budget burns fast",
    description="The error budget is consumed faster than the window allows, and it goes on.",
    standard_rules=[
        StandardRule(
            severity=Severity.CRITICAL, parameters={"window": "1h", "burn_rate": FAST_BURN}
        ),
        StandardRule(severity=Severity.CRITICAL, parameters={"window": "6h", "burn_rate": 6}),
        StandardRule(severity=Severity.WARNING, parameters={"window": "1d", "burn_rate": 3}),
        StandardRule(severity=Severity.WARNING, parameters={"window": "3d", "burn_rate": 1}),
    ],
    schema={
        "type": "object",
        "properties": {
            "window": {
                "enum": list(WINDOWS),
                "description": (
                    "The budget burns over this time and over the last twelfth of it, so that it "
                    "goes on: 1h and 5 minutes, 3d and 6 hours."
                ),
            },
            "burn_rate": {
                "title": "Burn rate, at least",
                "type": "number",
                "minimum": 1,
                "maximum": 1_000_000,
                "description": (
                    "1 uses the budget up exactly at the end of the objective's window; 14.4 uses "
                    "2 % of a budget of 30 days in an hour."
                ),
            },
            "min_failures": {
                "title": "Failed checks, at least",
                "type": "integer",
                "minimum": 1,
                "maximum": 1_000_000,
                "description": "In the window; 2 if empty.",
            },
            "indicator": _INDICATOR,
        },
        "required": ["window", "burn_rate"],
        "additionalProperties": False,
    },
    check=check_burn_rate,
)
PORT_SILENT = AlertKind(
    key="port_silent",
    label="Port not measured",
    description="A port that should be measured was not, although others were.",
    standard_rules=[StandardRule(severity=Severity.WARNING, parameters={"after_minutes": 10})],
    schema={
        "type": "object",
        "properties": {
            "after_minutes": {
                "title": "Minutes without a check",
                "type": "integer",
                "minimum": 1,
                "maximum": 10_080,
                "description": "10 if empty; three intervals of the port at least.",
            }
        },
        "additionalProperties": False,
    },
    check=check_silence,
)
POLLER_SILENT = AlertKind(
    key="poller_silent",
    label="Poller silent",
    description="Assay itself does not measure the ports that are due.",
    standard_rules=[StandardRule(severity=Severity.CRITICAL)],
    is_of_installation=True,
)
SLO_KINDS = (BREACH, BURN_RATE, PORT_SILENT, POLLER_SILENT)
