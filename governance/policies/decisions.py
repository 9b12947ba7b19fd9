"""What a policy says of a product, and how several policies combine: the strictest wins; pure.

The order of policies and their names never matter: outcomes are combined by their maximum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """Whether a policy is evaluated, and whether it blocks; the least strict first."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"

    @property
    def strictness(self) -> int:
        return list(Mode).index(self)


class Effect(StrEnum):
    """The effect of a policy on a product, the least strict first."""

    NOT_APPLICABLE = "not_applicable"
    MET = "met"
    WARN = "warn"
    DENY = "deny"

    @property
    def strictness(self) -> int:
        return list(Effect).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseResult:
    """What one clause says of a product. `is_met` is None where its condition does not hold.

    `error` is a run-time error of the expression, which counts as not met. `observed` are the
    facts that decide, by their path, shortened for pages.
    """

    clause: str
    is_met: bool | None
    message: str = ""
    hint: str = ""
    severity: str = "error"
    location: str = ""
    error: str = ""
    observed: tuple[tuple[str, str], ...] = ()

    @property
    def is_violated(self) -> bool:
        return self.is_met is False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyResult:
    """What one version of a policy says of a product at a moment.

    `is_time_bound` says that an expression reads `now`, so that the result may change without any
    change of the product.
    """

    policy: str
    version: int
    applies: bool
    clauses: tuple[ClauseResult, ...] = ()
    is_time_bound: bool = False

    @property
    def violations(self) -> tuple[ClauseResult, ...]:
        return tuple(clause for clause in self.clauses if clause.is_violated)


def strictest(effects: Iterable[Effect], *, default: Effect = Effect.NOT_APPLICABLE) -> Effect:
    return max(effects, key=lambda effect: effect.strictness, default=default)
