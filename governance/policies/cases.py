"""The example cases of a policy: facts merged over neutral ones, and what they have to give; pure.

Facts of a case are written as in YAML: moments as ISO 8601 texts. Neutral facts are those of a
well-kept product without any imbalance, so that a case only says what matters to it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.issues import closest
from governance.policies.evaluation import CompiledPolicy, evaluate
from governance.policies.expressions import FactContext
from governance.policies.fact_types import FactType, fact_types
from governance.policies.facts import Facts
from governance.policies.text import Case

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class InvalidFacts(Exception):
    """The facts of a case are not of the schema; the text names the member."""


@dataclass(frozen=True)
class CaseResult:
    """The clauses that a case violates, to be compared with those that it should."""

    case: Case
    violated: tuple[str, ...]
    error: str = ""

    @property
    def is_passed(self) -> bool:
        return not self.error and set(self.violated) == set(self.case.expect)


def run_cases(policy: CompiledPolicy) -> Iterator[CaseResult]:
    """Evaluate each case of a policy; out of scope nothing is violated."""
    for case in policy.text.cases:
        try:
            context = FactContext(case_facts(case))
        except InvalidFacts as invalid:
            yield CaseResult(case, (), str(invalid))
            continue
        result = evaluate(policy, context)
        yield CaseResult(case, tuple(clause.clause for clause in result.violations))


def case_facts(case: Case) -> Facts:
    """Return the facts of a case. Raises InvalidFacts."""
    facts: Facts = _merged(neutral_facts(), case.facts, fact_types(), "")
    return facts


def _merged(base: Any, value: Any, fact: FactType, path: str) -> Any:
    if fact.kind == "record" and isinstance(value, dict):
        merged = dict(base) if isinstance(base, dict) else _empty(fact)
        for name, inner in value.items():
            member = fact.member(name)
            place = f"{path}.{name}" if path else name
            if member is None:
                nearest = closest(name, [known for known, _ in fact.members])
                hint = f" Did you mean {nearest}?" if nearest else ""
                raise InvalidFacts(f"There is no fact {place}.{hint}")
            merged[name] = _merged(merged.get(name), inner, member, place)
        return merged
    if fact.kind == "list" and isinstance(value, list) and fact.element:
        return [
            _merged(None, element, fact.element, f"{path}[{index}]")
            for index, element in enumerate(value)
        ]
    return _plain(value, fact, path)


def _plain(value: Any, fact: FactType, path: str) -> Any:
    if value is None and fact.is_nullable:
        return None
    if fact.kind == "moment" and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise InvalidFacts(f"{path} is not a moment, such as 2026-01-31.") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    kinds: dict[str, tuple[type, ...]] = {
        "text": (str,),
        "yes or no": (bool,),
        "whole number": (int,),
        "number": (int, float),
    }
    is_right = isinstance(value, kinds.get(fact.kind, ()))
    if not is_right or (isinstance(value, bool) and fact.kind != "yes or no"):
        raise InvalidFacts(f"{path} is not a {fact.kind}.")
    return float(value) if fact.kind == "number" else value


def _empty(fact: FactType) -> Any:
    """Return what a fact is where a case says nothing of it."""
    if fact.kind == "record":
        return {name: _empty(member) for name, member in fact.members}
    if fact.is_nullable:
        return None
    plain = {"list": [], "text": "", "yes or no": False, "whole number": 0, "number": 0.0}
    return NOW if fact.kind == "moment" else copy.copy(plain[fact.kind])


def neutral_facts() -> Facts:
    """Return the facts of a well-kept public product as of `NOW`."""
    facts = _empty(fact_types())
    person = {"id": "00000000-0000-4000-8000-000000000001", "name": "Olga Owner"}
    steward = {"id": "00000000-0000-4000-8000-000000000002", "name": "Stig Steward"}
    facts["product"] |= {
        "id": "00000000-0000-4000-8000-000000000000",
        "name": "Parcel events",
        "slug": "parcel-events",
        "version": "1.0.0",
        "status": "published",
        "visibility": "public",
        "sensitivity": "public",
        "purpose": "Shows where parcels are.",
        "limitations": "Not for the assessment of persons.",
        "usage": "Read daily.",
        "license": "CC-BY-4.0",
        "retention": "P2Y",
        "contacts": ["parcels@example.org"],
        "published_at": NOW - 30 * DAY,
        "updated_at": NOW - 30 * DAY,
    }
    facts["domain"] |= {"slug": "logistics", "name": "Logistics", "ancestors": ["logistics"]}
    facts |= {"owners": [person], "stewards": [steward], "slo_verdict": "met", "now": NOW}
    facts["contract"] |= {"state": "met", "observed_at": NOW - DAY}
    facts["provenance"] |= {"completeness": 1.0}
    facts["quality"] |= {"state": "passed", "checked_at": NOW - DAY}
    facts["ports"] = [
        _empty(_element("ports"))
        | {
            "name": "files",
            "version": "1.0.0",
            "type": "local",
            "is_live": True,
            "last_good_at": NOW - timedelta(hours=1),
            "contract": "parcel-events",
            "contract_version": "1.0.0",
        }
    ]
    neutral: Facts = facts
    return neutral


def _element(name: str) -> FactType:
    fact = fact_types().member(name)
    assert fact is not None
    assert fact.element is not None
    return fact.element
