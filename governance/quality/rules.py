"""A quality rule of a contract, compiled: what is counted, and what the count must be; pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import orjson

from governance.quality.dimensions import Dimension
from governance.sandbox.checks import Check

TEXT, CUSTOM = "text", "custom"
MAX_KEY = 300


class Operator(StrEnum):
    """The comparisons of ODCS, by their names there."""

    EQUAL = "mustBe"
    NOT_EQUAL = "mustNotBe"
    GREATER = "mustBeGreaterThan"
    GREATER_OR_EQUAL = "mustBeGreaterOrEqualTo"
    LESS = "mustBeLessThan"
    LESS_OR_EQUAL = "mustBeLessOrEqualTo"
    BETWEEN = "mustBeBetween"
    NOT_BETWEEN = "mustNotBeBetween"


class Unit(StrEnum):
    """What the observed number counts."""

    ROWS = "rows"
    PERCENT = "percent"
    SECONDS = "seconds"
    NONE = ""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Threshold:
    """What the observed number must be; `upper` is the second bound of a between."""

    operator: Operator
    value: float
    upper: float | None = None


NO_ROWS = Threshold(Operator.EQUAL, 0)


class ReferencedPort(NamedTuple):
    """The port of another product: the product's id or document id, and the port's name."""

    product: str
    port: str

    @property
    def server(self) -> str:
        """The name of its server in a request to the engine."""
        return f"{self.product}/{self.port}"


@dataclass(frozen=True, kw_only=True)
class QualityRule:
    """One rule of a contract. `table` and `columns` are named as in the source.

    `key` is unique in the contract and stays the same in its next version, so that results form a
    trend; `location` is the JSON Pointer of the rule in the contract. `check` is what the engine
    measures; without it `reason` says, as a sentence, why the rule is not run. A rule that is not
    `is_declared` is implied by the schema: required, unique, a bound.
    """

    key: str
    location: str
    kind: str
    title: str
    table: str
    columns: tuple[str, ...] = ()
    description: str = ""
    dimension: Dimension = Dimension.VALIDITY
    severity: Severity = Severity.ERROR
    unit: Unit = Unit.ROWS
    threshold: Threshold = NO_ROWS
    check: Check | None = None
    reference: ReferencedPort | None = None
    reason: str = ""
    is_declared: bool = True

    @property
    def is_runnable(self) -> bool:
        return self.check is not None

    @property
    def digest(self) -> str:
        """Equal for rules that measure the same and ask for the same."""
        check = replace(self.check, key="") if self.check else None
        parts = (check, self.threshold, self.unit, self.table, self.reason)
        content = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(content).hexdigest()[:16]
