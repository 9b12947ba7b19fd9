"""The policies that are applied, compiled once for each text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from governance.policies.decisions import ClauseResult, Effect, Mode, PolicyResult, strictest
from governance.policies.evaluation import CompiledPolicy, compile_policy, evaluate
from governance.policies.expressions import FactContext
from governance.policies.facts import FACTS_VERSION
from governance.policies.models import Policy, PolicyKind, PolicyVersion
from governance.policies.text import parse_policies

COMPILED_TEXTS = 500


@dataclass(frozen=True)
class AppliedPolicy:
    """A policy with its compiled version."""

    policy: Policy
    version: PolicyVersion
    compiled: CompiledPolicy

    def evaluate(self, facts: FactContext) -> PolicyResult:
        return evaluate(self.compiled, facts, version=self.version.number)


def applied_policies(kind: PolicyKind | None = None) -> list[AppliedPolicy]:
    """Return the policies that are not off, by slug."""
    rows = Policy.objects.exclude(mode=Mode.OFF).select_related("active", "domain")
    if kind is not None:
        rows = rows.filter(kind=kind)
    return [
        AppliedPolicy(row, row.active, compiled_version(row.active)) for row in rows if row.active
    ]


def applied_digest(applied: Iterable[AppliedPolicy]) -> str:
    """Return a digest of the texts that are applied, and of the schema of facts: not of modes,
    which change no result."""
    parts = [f"{row.policy.pk}:{row.version.digest}" for row in applied]
    return sha256("\n".join([str(FACTS_VERSION), *parts]).encode()).hexdigest()


def compiled_version(version: PolicyVersion) -> CompiledPolicy:
    """Return the compiled text of a version, which was compiled in a limited process before."""
    return _compiled(version.digest, version.text)


@lru_cache(maxsize=COMPILED_TEXTS)
def _compiled(_digest: str, text: str) -> CompiledPolicy:
    [parsed] = parse_policies(text.encode(), name="policy.yaml")
    assert parsed.policy is not None
    return compile_policy(parsed.policy)


def effect_of(clauses: Iterable[ClauseResult], *, policy: Policy, now: datetime) -> Effect:
    """Return what the clauses of a policy that applies come to at a moment."""
    mode = policy.mode_at(now)
    return strictest((_effect(clause, mode) for clause in clauses), default=Effect.MET)


def _effect(clause: ClauseResult, mode: Mode) -> Effect:
    if not clause.is_violated:
        return Effect.MET
    blocks = mode is Mode.ENFORCE and clause.severity == "error"
    return Effect.DENY if blocks else Effect.WARN
