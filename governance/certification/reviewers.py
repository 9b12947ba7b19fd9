"""Who may decide on a certification; pure.

Requester, owner and approver are different people, whatever their roles, tokens or teams are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Approval:
    """An approval that a person gave for the evidence with a digest, as steward of a domain."""

    person_id: int
    domain_id: int | None
    digest: str


@dataclass(frozen=True, kw_only=True)
class ReviewFacts:
    """Who is concerned: people by id. `stewarded` are the domains for which the actor may act, the
    product's own and those above it; None is the mesh."""

    actor_id: int
    requester_id: int | None
    owner_ids: Collection[int]
    stewarded: Collection[int | None]
    is_restricted: bool
    digest: str
    approvals: tuple[Approval, ...] = ()


def reasons_against(review: ReviewFacts) -> Iterator[str]:
    """Yield why a person may not decide, as sentences; nothing if they may."""
    if review.actor_id == review.requester_id:
        yield "You requested this certification, so another person has to decide."
    if review.actor_id in review.owner_ids:
        yield "You are an owner of this product, so a steward who is no owner has to decide."
    if not review.stewarded:
        yield "Only a steward of the product's domain, or of one above it, decides."


def valid_approvals(review: ReviewFacts) -> list[Approval]:
    """Return the approvals of the evidence as it is now, of people who may still give one."""
    return [
        approval
        for approval in review.approvals
        if approval.digest == review.digest
        and approval.person_id not in {review.requester_id, *review.owner_ids}
    ]


def is_sufficient(review: ReviewFacts, domain_id: int | None) -> bool:
    """Return True if an approval of the actor for a domain, with those before it, is enough.

    A restricted product needs two stewards of different domains.
    """
    if not review.is_restricted:
        return True
    return any(
        approval.person_id != review.actor_id and approval.domain_id != domain_id
        for approval in valid_approvals(review)
    )


def approving_domain(review: ReviewFacts) -> int | None:
    """Return the domain for which the actor approves: one for which nobody else did, if any."""
    occupied = {approval.domain_id for approval in valid_approvals(review)}
    free = [pk for pk in review.stewarded if pk not in occupied]
    return (free or list(review.stewarded))[0]
