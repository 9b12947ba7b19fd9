"""Bringing business terms in: each as the file says it, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from catalog.domains.models import Domain
from catalog.exceptions import CatalogError, EditConflict, ValidationFailed
from catalog.glossary.models import Term
from catalog.glossary.services import define_term, edit_term
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.plan import Action
from catalog.manifests.projection_checks import problem_of
from catalog.manifests.services.planning import refused
from catalog.manifests.terms import EDITABLE, TermEntry
from catalog.products.services import Writer

_REASON = "import of terms"
_OVERTAKEN = "somebody else changed it meanwhile: import it again"


@dataclass(frozen=True, kw_only=True)
class TermImportResult:
    """What became of one term of a file, and why; `changes` are the fields that differ."""

    name: str
    domain: str
    file: str
    line: int
    action: Action
    reason: str
    changes: tuple[str, ...] = ()
    problems: tuple[DocumentIssue, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` says it."""
        return {
            "name": self.name,
            "domain": self.domain or None,
            "file": self.file,
            "line": self.line,
            "action": self.action.value,
            "reason": self.reason,
            "changes": list(self.changes),
            "problems": [problem.as_json() for problem in self.problems],
        }


def import_terms(
    *, entries: Iterable[TermEntry], actor: Writer, is_dry_run: bool = False
) -> Iterator[TermImportResult]:
    """Yield what becomes of each term; a rehearsal says the same and writes nothing.

    One bad term stops no other. Importing the same file again changes nothing.
    """
    for entry in entries:
        with transaction.atomic():
            landing = _landed(entry, actor)
            transaction.set_rollback(is_dry_run or transaction.get_rollback())
        yield landing


def _landed(entry: TermEntry, actor: Writer) -> TermImportResult:
    if entry.problems:
        return _invalid(entry, entry.problems)
    try:
        with transaction.atomic():
            return _write(entry, actor)
    except ValidationFailed as invalid:
        found = (problem_of(issue, entry.document, rule="terms") for issue in invalid.issues)
        return _invalid(entry, tuple(found))
    except (EditConflict, IntegrityError):
        return _landing(entry, Action.CONFLICT, _OVERTAKEN)
    except CatalogError as refusal:
        return _landing(entry, Action.REFUSED, refused(refusal).reason)


def _write(entry: TermEntry, actor: Writer) -> TermImportResult:
    domain = Domain.objects.filter(slug=entry.domain).first() if entry.domain else None
    if entry.domain and domain is None:
        unknown = entry.document.issue(
            ("domain",),
            "terms.domain",
            f"there is no domain {entry.domain}",
            "Create it first, or leave it out for the whole mesh.",
        )
        return _invalid(entry, (unknown,))
    _, slug = entry.key
    said = {name: entry.fields[name] for name in EDITABLE if name in entry.fields}
    said["name"] = entry.name
    term = Term.objects.filter(domain=domain, slug=slug).first()
    if term is None:
        define_term(actor=actor, domain=domain, **{"definition": "", **said})
        return _landing(entry, Action.CREATE, "it is not defined here yet")
    changed = {name: value for name, value in said.items() if getattr(term, name) != value}
    if not changed:
        return _landing(entry, Action.NONE, "the same as what stands here")
    edit_term(term=term, edition=term.edition, actor=actor, reason=_REASON, **changed)
    reason = f"{len(changed)} of its fields differ from what stands here"
    return _landing(entry, Action.CHANGE, reason, changes=tuple(changed))


def _invalid(entry: TermEntry, problems: tuple[DocumentIssue, ...]) -> TermImportResult:
    reason = "what the file says of it does not hold together"
    return _landing(entry, Action.INVALID, reason, problems=problems)


def _landing(entry: TermEntry, action: Action, reason: str, **fields: Any) -> TermImportResult:
    document = entry.document
    return TermImportResult(
        name=entry.name,
        domain=entry.domain,
        file=document.file,
        line=document.position.line,
        action=action,
        reason=reason,
        **fields,
    )
