"""Writes policies and their versions: proposed by one person, applied once another approved."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.audit.services import Subject, record
from catalog.authorization.access import Writer, access_for, require_permission
from catalog.domains.models import Domain
from catalog.exceptions import (
    InvalidTransition,
    NotFound,
    PermissionDenied,
    ValidationFailed,
    require_edition,
)
from catalog.issues import did_you_mean
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.types import JSONObject
from governance.policies.decisions import Mode
from governance.policies.models import Policy, PolicyVersion
from governance.policies.services.compiling import checked_policy
from governance.policies.services.tightening import require_not_looser
from governance.policies.text import PolicyText, text_digest

STEWARD = Permission.STEWARD_PRODUCTS


def policy_subject(policy: Policy) -> Subject:
    """Return what audit events of a policy are about."""
    return Subject(kind="policy", id=str(policy.uuid), name=policy.slug, domain_id=policy.domain_id)


def propose_version(
    *, text: str, actor: Writer, edition: int = 0, reason: str = ""
) -> PolicyVersion:
    """Save a text as the newest version of its policy, to be approved by another person.

    A text equal to the newest version's changes nothing. `edition` is that of the policy that was
    read, 0 for a new one. Raises PermissionDenied before anything is parsed, ValidationFailed (of
    the text, a case, or a domain's policy that is looser), EditConflict.
    """
    if isinstance(actor, SystemActor) or not access_for(actor).domains_with(STEWARD):
        require_permission(actor, STEWARD, None)
    policy = checked_policy(text)
    with transaction.atomic():
        return _save(policy, text, actor, edition, reason)


def _save(text: PolicyText, source: str, actor: Writer, edition: int, reason: str) -> PolicyVersion:
    domain = _domain(text)
    row = Policy.objects.select_for_update().filter(slug=text.id).first()
    for place in {domain, row.domain} if row else {domain}:
        require_permission(actor, STEWARD, place)
    if row is None:
        row = Policy(slug=text.id, mode=Mode.OFF, edition=0)
    else:
        require_edition(sent=edition, read=edition, current=row.edition)
        _require_same_place(row, text, domain)
    require_not_looser(text)
    newest = row.versions.first() if row.pk else None
    if newest and newest.digest == text_digest(source):
        return newest
    row.domain, row.kind, row.level = domain, text.kind, text.level
    row.owner = _owner(text) or row.owner or _person(actor)
    _write(row)
    version = PolicyVersion.objects.create(
        policy=row,
        number=newest.number + 1 if newest else 1,
        text=source,
        digest=text_digest(source),
        title=text.title,
        sentence=text.sentence,
        state=PolicyVersion.State.PROPOSED,
        author=_person(actor),
        author_name=actor.audit_name,
    )
    after: JSONObject = {"version": version.number, "digest": version.digest, "title": text.title}
    record(
        actor=actor,
        verb="proposed version",
        subject=policy_subject(row),
        after=after,
        reason=reason,
    )
    return version


@transaction.atomic
def approve_version(
    *,
    version: PolicyVersion,
    actor: Writer,
    edition: int,
    mode: Mode,
    enforce_on: datetime | None = None,
    reason: str = "",
) -> Policy:
    """Apply a proposed version in a mode; a policy that only warns may block from a moment on.

    Raises PermissionDenied (also for its author), EditConflict, InvalidTransition.
    """
    policy, row = _lock_proposed(version, actor, edition)
    if _is_author(row, actor):
        raise PermissionDenied(
            "You wrote this version, so another person has to approve it.", location="actor"
        )
    _decide(row, PolicyVersion.State.APPROVED, actor, reason)
    return _apply(policy, row, mode, enforce_on, actor, "approved version", reason)


@transaction.atomic
def refuse_version(
    *, version: PolicyVersion, actor: Writer, edition: int, reason: str
) -> PolicyVersion:
    """Raises PermissionDenied, EditConflict, InvalidTransition, ValidationFailed (no reason)."""
    policy, row = _lock_proposed(version, actor, edition)
    if not reason.strip():
        raise ValidationFailed.of("reason", "Write why it is refused.")
    _decide(row, PolicyVersion.State.REFUSED, actor, reason)
    row.save()
    _write(policy)
    after: JSONObject = {"version": row.number}
    record(
        actor=actor,
        verb="refused version",
        subject=policy_subject(policy),
        after=after,
        reason=reason,
    )
    return row


@transaction.atomic
def return_to_version(
    *, version: PolicyVersion, actor: Writer, edition: int, reason: str = ""
) -> Policy:
    """Apply a version that was applied before, in the mode that it had then.

    It was approved by two persons, so one is enough. Raises PermissionDenied, EditConflict,
    InvalidTransition.
    """
    policy, row = _lock(version, actor, edition)
    if row.state != PolicyVersion.State.APPROVED or not row.applied_mode:
        raise InvalidTransition(f"Version {row.number} was never applied.")
    mode, enforce_on = Mode(row.applied_mode), row.applied_enforce_on
    return _apply(policy, row, mode, enforce_on, actor, "returned to version", reason)


@transaction.atomic
def change_mode(
    *,
    policy: Policy,
    actor: Writer,
    edition: int,
    mode: Mode,
    enforce_on: datetime | None = None,
    reason: str = "",
) -> Policy:
    """Change whether the applied version warns or blocks.

    To make it stricter takes another person than its author; to loosen it takes a reason. Raises
    PermissionDenied, EditConflict, InvalidTransition, ValidationFailed.
    """
    if policy.active is None:
        raise InvalidTransition("No version of the policy was approved yet.")
    row, version = _lock(policy.active, actor, edition)
    is_stricter = mode.strictness > Mode(row.mode).strictness or enforce_on is not None
    if is_stricter and _is_author(version, actor):
        raise PermissionDenied(
            "You wrote this version, so another person has to make it stricter.", location="actor"
        )
    if not is_stricter and not reason.strip():
        raise ValidationFailed.of("reason", "Write why it is loosened.")
    return _apply(row, version, mode, enforce_on, actor, "changed mode", reason)


def _apply(
    policy: Policy,
    version: PolicyVersion,
    mode: Mode,
    enforce_on: datetime | None,
    actor: Writer,
    verb: str,
    reason: str,
) -> Policy:
    if enforce_on is not None and mode is not Mode.WARN:
        message = "Only a policy that warns can begin to block at a later moment."
        raise ValidationFailed.of("enforce_on", message, "Choose warn, or leave the moment out.")
    before = _state(policy)
    policy.active, policy.mode, policy.enforce_on = version, mode.value, enforce_on
    version.applied_mode, version.applied_enforce_on = mode.value, enforce_on
    version.save()
    _write(policy)
    record(
        actor=actor,
        verb=verb,
        subject=policy_subject(policy),
        before=before,
        after=_state(policy),
        reason=reason,
    )
    return policy


def _person(actor: Writer) -> Person | None:
    return actor if isinstance(actor, Person) else None


def _is_author(version: PolicyVersion, actor: Writer) -> bool:
    """Return True if a person wrote a version: files are approved where they are kept."""
    return isinstance(actor, Person) and version.author_id == actor.pk


def _lock(version: PolicyVersion, actor: Writer, edition: int) -> tuple[Policy, PolicyVersion]:
    policy = (
        Policy.objects.select_for_update(of=("self",))
        .select_related("domain", "active")
        .get(pk=version.policy_id)
    )
    require_permission(actor, STEWARD, policy.domain)
    require_edition(sent=edition, read=edition, current=policy.edition)
    return policy, policy.versions.select_for_update(of=("self",)).get(pk=version.pk)


def _lock_proposed(
    version: PolicyVersion, actor: Writer, edition: int
) -> tuple[Policy, PolicyVersion]:
    policy, row = _lock(version, actor, edition)
    if row.state != PolicyVersion.State.PROPOSED:
        raise InvalidTransition(f"Version {row.number} is {row.get_state_display()}, not proposed.")
    return policy, row


def _decide(row: PolicyVersion, state: PolicyVersion.State, actor: Writer, reason: str) -> None:
    row.state, row.reason = state, reason
    row.decided_by, row.decided_at = _person(actor), timezone.now()


def _write(policy: Policy) -> None:
    policy.edition += 1
    policy.updated_at = timezone.now()
    policy.save()


def _state(policy: Policy) -> JSONObject:
    return {
        "version": policy.active.number if policy.active else None,
        "mode": policy.mode,
        "enforce_on": policy.enforce_on.isoformat() if policy.enforce_on else None,
    }


def _domain(text: PolicyText) -> Domain | None:
    if not text.domain:
        return None
    domain = Domain.objects.filter(slug=text.domain).first()
    if domain is None:
        known = Domain.objects.values_list("slug", flat=True)
        hint = did_you_mean(text.domain, known)
        raise ValidationFailed.of("/domain", f"There is no domain {text.domain}.", hint)
    return domain


def _owner(text: PolicyText) -> Person | None:
    if not text.owner:
        return None
    owner = Person.objects.filter(username=text.owner, is_active=True).first()
    if owner is None:
        raise ValidationFailed.of("/owner", f"There is no active person {text.owner}.")
    return owner


def _require_same_place(policy: Policy, text: PolicyText, domain: Domain | None) -> None:
    if policy.domain_id != (domain.pk if domain else None) or policy.kind != text.kind:
        raise ValidationFailed.of(
            "/id",
            f"The policy {text.id} is of another domain or kind.",
            "Give this one an id of its own.",
        )


def policy_by_slug(slug: str) -> Policy:
    """Return a policy. Raises NotFound."""
    policy = Policy.objects.select_related("domain", "active", "owner").filter(slug=slug).first()
    if policy is None:
        raise NotFound(f"There is no policy {slug}.")
    return policy
