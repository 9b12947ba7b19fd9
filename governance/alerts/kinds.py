"""The kinds of alerts, which the slices that raise them register; pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from catalog.issues import Issue
from catalog.types import JSONObject


class Severity(StrEnum):
    """How soon somebody must act, the most urgent first: now, within days, whenever they read."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Audience(StrEnum):
    """Who may see an alert: all who can read its product, or only who edit in its domain."""

    READERS = "readers"
    EDITORS = "editors"


@dataclass(frozen=True, kw_only=True)
class RuleScope:
    """Where a rule applies: one product, a domain with its subdomains, or (both None) the mesh."""

    product_id: int | None = None
    domain_id: int | None = None


ParameterCheck = Callable[[JSONObject, RuleScope], Sequence[Issue]]


def _nothing_to_check(parameters: JSONObject, scope: RuleScope) -> Sequence[Issue]:
    return ()


@dataclass(frozen=True, kw_only=True)
class StandardRule:
    """A rule that applies where nobody has saved one of its kind."""

    severity: Severity
    parameters: JSONObject = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AlertKind:
    """A kind of alert.

    `schema` is the JSON Schema of the parameters of its rules; `check` returns what is wrong with
    valid parameters where they would apply. Followers of a product are notified of some kinds.
    """

    key: str
    label: str
    description: str
    standard_rules: Sequence[StandardRule]
    schema: JSONObject = field(default_factory=lambda: {"type": "object", "maxProperties": 0})
    check: ParameterCheck = _nothing_to_check
    is_for_followers: bool = False
    # The parts of the installation itself have no product that a rule could name.
    is_of_installation: bool = False


_kinds: dict[str, AlertKind] = {}


def register_kind(kind: AlertKind) -> None:
    _kinds[kind.key] = kind


def kinds() -> Mapping[str, AlertKind]:
    """Return the registered kinds by key, in the order of their labels."""
    return dict(sorted(_kinds.items(), key=lambda item: item[1].label))


def kind_of(key: str) -> AlertKind:
    return _kinds[key]


SYNTHETIC = AlertKind(
    key="synthetic",
    label="Synthetic alert",
    description="Sent every hour to prove that alerts arrive.",
    standard_rules=[StandardRule(severity=Severity.INFO)],
    is_of_installation=True,
)
ROUTE_FAILING = AlertKind(
    key="route_failing",
    label="Alerts do not arrive",
    description="A message was given up after its last retry, or a receiver asked for no more.",
    standard_rules=[StandardRule(severity=Severity.WARNING)],
    is_of_installation=True,
)
INSTALLATION_KINDS = (SYNTHETIC, ROUTE_FAILING)
