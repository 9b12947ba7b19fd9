"""Evaluates the applied policies on products and stores what they say."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from catalog.issues import Issue, Severity
from catalog.products.models import DataProduct
from catalog.publication.facts import ProductFacts
from governance.policies.decisions import ClauseResult, Effect, PolicyResult
from governance.policies.expressions import FactContext
from governance.policies.models import EvaluatedProduct, PolicyKind, StoredResult
from governance.policies.services.applied import (
    AppliedPolicy,
    applied_digest,
    applied_policies,
    effect_of,
)
from governance.policies.services.facts import read_facts


@dataclass(frozen=True)
class CurrentResult:
    """What an applied policy says of a product now, in its mode."""

    stored: StoredResult
    clauses: tuple[ClauseResult, ...]
    effect: Effect


@transaction.atomic
def evaluate_products(*, product_ids: Collection[int], now: datetime) -> int:
    """Store what each applied policy says of published products; return how many results changed.

    Results of policies that are off are deleted. Nothing is locked: the revision is read before the
    facts, so a product that changes meanwhile is evaluated again.
    """
    applied = applied_policies()
    revisions = dict(
        DataProduct.objects.filter(pk__in=product_ids).live().values_list("pk", "revision")
    )
    before = {
        (row.product_id, row.policy_id): row
        for row in StoredResult.objects.filter(product__in=revisions)
    }
    rows = []
    for pk, facts in read_facts(list(revisions), now=now).items():
        context = FactContext(facts)
        for policy in applied:
            result = policy.evaluate(context)
            rows.append(
                _row(policy, pk, revisions[pk], result, before.get((pk, policy.policy.pk)), now)
            )
    stale = StoredResult.objects.filter(product__in=product_ids)
    stale.exclude(product__in=revisions, policy__in=[row.policy.pk for row in applied]).delete()
    StoredResult.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["policy", "product"],
        update_fields=[
            "version",
            "revision",
            "applies",
            "is_met",
            "is_time_bound",
            "clauses",
            "evaluated_at",
            "violated_since",
        ],
        batch_size=500,
    )
    time_bound = {row.product_id for row in rows if row.is_time_bound}
    EvaluatedProduct.objects.bulk_create(
        [
            EvaluatedProduct(
                product_id=pk,
                revision=revision,
                policies=applied_digest(applied),
                is_time_bound=pk in time_bound,
                evaluated_at=now,
            )
            for pk, revision in revisions.items()
        ],
        update_conflicts=True,
        unique_fields=["product"],
        update_fields=["revision", "policies", "is_time_bound", "evaluated_at"],
        batch_size=500,
    )
    return sum(_differs(row, before.get((row.product_id, row.policy_id))) for row in rows)


def _row(
    applied: AppliedPolicy,
    product_id: int,
    revision: int,
    result: PolicyResult,
    before: StoredResult | None,
    now: datetime,
) -> StoredResult:
    violations = result.violations
    since = before.violated_since if before and not before.is_met else None
    return StoredResult(
        policy=applied.policy,
        product_id=product_id,
        version=result.version,
        revision=revision,
        applies=result.applies,
        is_met=not violations,
        is_time_bound=result.is_time_bound,
        clauses=[asdict(clause) for clause in violations],
        evaluated_at=now,
        violated_since=(since or now) if violations else None,
    )


def _differs(row: StoredResult, before: StoredResult | None) -> bool:
    return before is None or (row.applies, row.is_met) != (before.applies, before.is_met)


def results_of(product: DataProduct, *, now: datetime) -> list[CurrentResult]:
    """Return what the applied policies say of a published product, the strictest effect first."""
    rows = StoredResult.objects.filter(product=product, applies=True, policy__active__isnull=False)
    results = [
        _current(row, now)
        for row in rows.exclude(policy__mode="off").select_related(
            "policy__active", "policy__domain"
        )
    ]
    return sorted(results, key=lambda row: (-row.effect.strictness, row.stored.policy.slug))


def _current(row: StoredResult, now: datetime) -> CurrentResult:
    clauses = tuple(clause_from_json(clause) for clause in row.clauses)
    return CurrentResult(row, clauses, effect_of(clauses, policy=row.policy, now=now))


def clause_from_json(stored: dict[str, object]) -> ClauseResult:
    """Return a clause as `StoredResult.clauses` has it."""
    observed = stored.get("observed") or ()
    assert isinstance(observed, list | tuple)
    values = {**stored, "observed": tuple((path, value) for path, value in observed)}
    return ClauseResult(**values)  # type: ignore[arg-type]  # as asdict wrote it


def publication_issues(product: ProductFacts) -> Iterator[Issue]:
    """Yield what the applied policies of publication say of what would be published.

    A gate: a policy that is enforced gives errors, one that warns gives warnings.
    """
    applied = applied_policies(PolicyKind.PUBLICATION)
    if not applied:
        return
    row = DataProduct.including_working_copies.get(pk=product.product_id)
    now = timezone.now()
    facts = read_facts([row.pk], now=now)[row.pk]
    # It is judged as it would be once it is published.
    facts["product"]["status"] = "published"
    context = FactContext(facts)
    for policy in applied:
        for clause in policy.evaluate(context).violations:
            yield clause_issue(policy, clause, effect_of((clause,), policy=policy.policy, now=now))


def clause_issue(applied: AppliedPolicy, clause: ClauseResult, effect: Effect) -> Issue:
    """Return a violated clause as an issue at its field."""
    observed = "; ".join(f"{path}: {value}" for path, value in clause.observed)
    reason = f" It could not be evaluated: {clause.error}" if clause.error else ""
    return Issue(
        code=f"policy.{applied.policy.slug}.{clause.clause}",
        location=clause.location,
        message=f"{clause.message}{reason}" + (f" ({observed})" if observed else ""),
        hint=clause.hint,
        severity=Severity.ERROR if effect is Effect.DENY else Severity.WARNING,
    )
