"""Applies policies that are kept in files, and says what differs from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from catalog.authorization.access import Writer
from catalog.exceptions import CatalogError, ValidationFailed
from catalog.issues import Issue
from catalog.people.models import Person
from governance.policies.models import Policy, PolicyVersion
from governance.policies.services.compiling import checked_policy
from governance.policies.services.versions import approve_version, propose_version
from governance.policies.text import PolicyText, text_digest


class FileAction(StrEnum):
    """What is done with the policy of one file."""

    CREATE = "create"
    REPLACE = "replace"
    UNCHANGED = "unchanged"
    PROPOSE = "propose"
    REFUSED = "refused"


@dataclass(frozen=True)
class FileResult:
    """What became of one file. `drift` says who changed the policy elsewhere, as a sentence."""

    file: str
    policy: str
    action: FileAction
    version: int = 0
    mode: str = ""
    drift: str = ""
    issues: tuple[Issue, ...] = ()


def apply_files(
    *, texts: Iterable[tuple[str, str]], actor: Writer, is_dry_run: bool
) -> Iterable[FileResult]:
    """Apply the text of each file, in the mode that it names; yield what became of it.

    Files are approved where they are kept, so a text that the command applies needs no second
    person; one that a person brings is only proposed. Applying a file twice changes nothing.
    """
    for file, text in texts:
        try:
            yield _apply(file, text, actor, is_dry_run=is_dry_run)
        except ValidationFailed as invalid:
            yield FileResult(file, "", FileAction.REFUSED, issues=tuple(invalid.issues))
        except CatalogError as refused:
            issue = Issue(message=refused.message, hint=refused.hint, location=refused.location)
            yield FileResult(file, "", FileAction.REFUSED, issues=(issue,))


def _apply(file: str, text: str, actor: Writer, *, is_dry_run: bool) -> FileResult:
    policy = checked_policy(text)
    row = Policy.objects.select_related("active").filter(slug=policy.id).first()
    newest = row.versions.first() if row else None
    action, drift = _planned(row, newest, policy, text), _drift(row, newest, text)
    is_proposed = isinstance(actor, Person) and action is not FileAction.UNCHANGED
    if is_proposed:
        action = FileAction.PROPOSE
    number = newest.number if newest else 0
    if not is_dry_run and action is not FileAction.UNCHANGED:
        edition = row.edition if row else 0
        version = propose_version(text=text, actor=actor, edition=edition)
        number = version.number
        if not is_proposed:
            version.policy.refresh_from_db()
            approve_version(
                version=version, actor=actor, edition=version.policy.edition, mode=policy.mode
            )
    return FileResult(file, policy.id, action, number, policy.mode.value, drift)


def _planned(
    row: Policy | None, newest: PolicyVersion | None, policy: PolicyText, text: str
) -> FileAction:
    if row is None or row.active is None:
        is_waiting = newest is not None and newest.digest == text_digest(text)
        return FileAction.REPLACE if is_waiting else FileAction.CREATE
    is_same = row.active.digest == text_digest(text) and row.mode == policy.mode
    return FileAction.UNCHANGED if is_same else FileAction.REPLACE


def _drift(row: Policy | None, newest: PolicyVersion | None, text: str) -> str:
    """Return what was changed elsewhere since a file was applied, as a sentence."""
    if row is None or newest is None or newest.digest == text_digest(text) or not newest.author_id:
        return ""
    return f"Version {newest.number} was written by {newest.author_name}, not from a file."
