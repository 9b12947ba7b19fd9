"""Imports business terms: each as the file says it, or not at all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from catalog.audit.services import record_if_denied
from catalog.domains.models import Domain
from catalog.exceptions import CatalogError, EditConflict, ValidationFailed
from catalog.glossary.models import Term
from catalog.glossary.services import define_term, edit_term
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.manifest import issue_in
from catalog.manifests.plan import UNCHANGED, Action
from catalog.manifests.services.manifests import STALE_PLAN
from catalog.manifests.services.planning import refused
from catalog.manifests.terms import EDITABLE, TermEntry, slug_is_shared
from catalog.products.services import Writer
from catalog.types import JSONObject

_REASON = "import of terms"


@dataclass(frozen=True, kw_only=True)
class TermImportResult:
    """What happened to one term of a file, and why; `changes` are the fields that differ."""

    name: str
    domain: str
    file: str
    line: int
    action: Action
    reason: str
    changes: tuple[str, ...] = ()
    issues: tuple[DocumentIssue, ...] = ()

    def as_json(self) -> JSONObject:
        return {
            "name": self.name,
            "domain": self.domain or None,
            "file": self.file,
            "line": self.line,
            "action": self.action.value,
            "reason": self.reason,
            "changes": list(self.changes),
            "problems": [issue.as_json() for issue in self.issues],
        }


def import_terms(
    *, entries: Iterable[TermEntry], actor: Writer, is_dry_run: bool = False
) -> Iterator[TermImportResult]:
    """Yield the result of each term; a dry run returns the same and writes nothing.

    An invalid term does not stop the others. Importing the same file again changes nothing.
    """
    for entry in entries:
        with transaction.atomic():
            result = _import_term(entry, actor)
            transaction.set_rollback(is_dry_run or transaction.get_rollback())
        yield result


def _import_term(entry: TermEntry, actor: Writer) -> TermImportResult:
    if entry.issues:
        return _invalid(entry, entry.issues)
    try:
        with transaction.atomic():
            return _save(entry, actor)
    except ValidationFailed as invalid:
        issues = (issue_in(entry.document, issue, code="terms") for issue in invalid.issues)
        return _invalid(entry, tuple(issues))
    except (EditConflict, IntegrityError):
        return _result(entry, Action.CONFLICT, STALE_PLAN.reason)
    except CatalogError as error:
        record_if_denied(error, actor=actor, action="import terms")
        return _result(entry, Action.REFUSED, refused(error).reason)


def _save(entry: TermEntry, actor: Writer) -> TermImportResult:
    domain = Domain.objects.filter(slug=entry.domain).first() if entry.domain else None
    if entry.domain and domain is None:
        hint = "Create it first, or leave it out for the whole mesh."
        message = f"Unknown domain {entry.domain}"
        issue = entry.document.issue(("domain",), "terms.domain", message, hint)
        return _invalid(entry, (issue,))
    fields = {name: entry.fields[name] for name in EDITABLE if name in entry.fields}
    fields["name"] = entry.name
    term = Term.objects.filter(domain=domain, slug=entry.slug).first()
    if term is None:
        define_term(actor=actor, domain=domain, slug=entry.slug, **{"definition": "", **fields})
        return _result(entry, Action.CREATE, "it is not defined here yet")
    if not entry.has_own_slug and slug_is_shared(term.name, entry.name):
        message = f"The URL name {term.slug} belongs to the term {term.name}"
        issue = entry.document.issue(("name",), "terms.slug", message, "Add a slug of its own.")
        return _invalid(entry, (issue,))
    changes = {name: value for name, value in fields.items() if getattr(term, name) != value}
    if not changes:
        return _result(entry, Action.NONE, UNCHANGED.reason)
    edit_term(term=term, edition=term.edition, actor=actor, reason=_REASON, **changes)
    return _result(entry, Action.CHANGE, f"{len(changes)} fields change", changes=tuple(changes))


def _invalid(entry: TermEntry, issues: tuple[DocumentIssue, ...]) -> TermImportResult:
    return _result(entry, Action.INVALID, "it has errors", issues=issues)


def _result(
    entry: TermEntry,
    action: Action,
    reason: str,
    *,
    changes: tuple[str, ...] = (),
    issues: tuple[DocumentIssue, ...] = (),
) -> TermImportResult:
    return TermImportResult(
        name=entry.name,
        domain=entry.domain,
        file=entry.document.file,
        line=entry.document.position.line,
        action=action,
        reason=reason,
        changes=changes,
        issues=issues,
    )
