"""Writes business terms."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from catalog.audit.services import Subject, record
from catalog.authorization.access import Writer, lock_for_edit, require_permission
from catalog.domains.models import Domain
from catalog.exceptions import InvalidTransition, NameConflict, ValidationFailed, require_valid
from catalog.glossary.models import TERM, Term, TermProposal
from catalog.identifiers import (
    character_issues,
    normalize,
    slug_issues,
    slug_of,
    unstorable,
)
from catalog.issues import Issue
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.revisions.services import create_tombstones, record_change
from catalog.types import JSONObject, JSONValue

FIELDS = ("name", "definition", "synonyms", "acronyms")
MAX_SPELLINGS = 50
MAX_REASON, MAX_OPEN_PROPOSALS = 2_000, 50


@transaction.atomic
def define_term(
    *,
    name: str,
    definition: str,
    actor: Writer,
    slug: str = "",
    synonyms: Collection[str] = (),
    acronyms: Collection[str] = (),
    domain: Domain | None = None,
) -> Term:
    """Define a term for the mesh, or what it means in one domain; its slug follows from the name.

    A slug is given where none can be made from the name, or another term has it.
    Raises PermissionDenied, NameConflict, ValidationFailed.
    """
    require_permission(actor, Permission.STEWARD_PRODUCTS, domain)
    term = Term(domain=domain, name=name, definition=definition)
    term.synonyms, term.acronyms = list(synonyms), list(acronyms)
    issues = _issues(term)
    if not any(issue.location == "name" for issue in issues):
        term.slug = slug or slug_of(name)
        issues += slug_issues(term.slug, name)
    require_valid(issues)
    _require_free_slug(term)
    term.save(force_insert=True)
    record_change(term, actor, "defined", after=_state(term))
    return term


@transaction.atomic
def edit_term(
    *, term: Term, edition: int, actor: Writer, reason: str = "", **changes: JSONValue
) -> Term:
    """Change a term's name, definition, synonyms or acronyms; its slug stays.

    Raises PermissionDenied, EditConflict, ValidationFailed.
    """
    term = lock_for_edit(term, edition, actor, Permission.STEWARD_PRODUCTS)
    before = _state(term)
    for name, value in changes.items():
        if name not in FIELDS:
            raise ValidationFailed.of(name, "Unexpected field.")
        setattr(term, name, value)
    require_valid(_issues(term))
    term.edition, term.revision = term.edition + 1, term.revision + 1
    term.revised_at = timezone.now()
    term.save(update_fields=[*FIELDS, "edition", "revision", "revised_at"])
    record_change(term, actor, "edited", before=before, after=_state(term), reason=reason)
    return term


@transaction.atomic
def remove_term(*, term: Term, edition: int, actor: Writer, reason: str = "") -> None:
    """Delete a term. Raises PermissionDenied, EditConflict."""
    term = lock_for_edit(term, edition, actor, Permission.STEWARD_PRODUCTS)
    create_tombstones(kind=TERM, object_id=term.uuid, revision=term.revision + 1)
    record_change(term, actor, "removed", before=_state(term), reason=reason)
    term.delete()


@transaction.atomic
def propose_term(
    *, name: str, definition: str, actor: Person, domain: Domain | None = None, reason: str = ""
) -> TermProposal:
    """Propose a term to the stewards of a domain, or of the mesh. Raises ValidationFailed."""
    proposal = TermProposal(
        name=name, definition=definition, domain=domain, reason=reason, proposed_by=actor
    )
    issues = _issues(Term(name=name, definition=definition))
    if len(reason) > MAX_REASON or unstorable(reason):
        message = f"At most {MAX_REASON} characters."
        issues.append(Issue(location="reason", message=message))
    if TermProposal.objects.filter(proposed_by=actor, state="open").count() >= MAX_OPEN_PROPOSALS:
        message = f"You have {MAX_OPEN_PROPOSALS} open proposals. Wait until some are answered."
        issues.append(Issue(location="name", message=message))
    require_valid(issues)
    _require_free_slug(Term(domain=domain, name=name, slug=slug_of(name)))
    proposal.save(force_insert=True)
    after = {"name": name, "definition": definition}
    record(actor=actor, verb="proposed", subject=_about(proposal), after=after, reason=reason)
    return proposal


@transaction.atomic
def accept_proposal(*, proposal: TermProposal, actor: Person, slug: str = "") -> Term:
    """Define the term that was proposed.

    Raises PermissionDenied, InvalidTransition (it is answered), NameConflict, ValidationFailed.
    """
    proposal = _lock_open(proposal, actor)
    term = define_term(
        name=proposal.name,
        definition=proposal.definition,
        domain=proposal.domain,
        slug=slug,
        actor=actor,
    )
    proposal.term = term
    _answer(proposal, actor, TermProposal.State.ACCEPTED, "")
    return term


@transaction.atomic
def reject_proposal(*, proposal: TermProposal, actor: Person, answer: str) -> TermProposal:
    """Reject a proposal with an answer that its author reads.

    Raises PermissionDenied, InvalidTransition (it is answered), ValidationFailed.
    """
    proposal = _lock_open(proposal, actor)
    if not answer.strip() or len(answer) > MAX_REASON or unstorable(answer):
        message = f"Say why, in at most {MAX_REASON} characters."
        raise ValidationFailed.of("answer", message)
    _answer(proposal, actor, TermProposal.State.REJECTED, answer)
    return proposal


def _lock_open(proposal: TermProposal, actor: Person) -> TermProposal:
    require_permission(actor, Permission.STEWARD_PRODUCTS, proposal.domain)
    rows = TermProposal.objects.select_for_update(of=("self",), no_key=True)
    proposal = rows.select_related("domain").get(pk=proposal.pk)
    if proposal.state != TermProposal.State.OPEN:
        raise InvalidTransition(f"The proposal is {proposal.state} already.", location="state")
    return proposal


def _answer(proposal: TermProposal, actor: Person, state: str, answer: str) -> None:
    proposal.state, proposal.answer = state, answer
    proposal.answered_by, proposal.answered_at = actor, timezone.now()
    proposal.save(update_fields=["state", "answer", "answered_by", "answered_at", "term"])
    record(actor=actor, verb=state, subject=_about(proposal), reason=answer)


def _about(proposal: TermProposal) -> Subject:
    return Subject(kind="term proposal", id=str(proposal.uuid), name=proposal.name)


def _require_free_slug(term: Term) -> None:
    other = Term.objects.filter(domain=term.domain, slug=term.slug).first()
    if other is None:
        return
    if normalize(other.name) == normalize(term.name):
        message = f"The term {term.name} already exists here."
        raise NameConflict(message, location="name", hint="Edit that one.")
    message = f"The URL name {term.slug} belongs to the term {other.name}."
    raise NameConflict(message, location="slug", hint="Give this term another one.")


def _issues(term: Term) -> list[Issue]:
    issues: list[Issue] = []
    for location, max_length in (("name", 120), ("definition", 5000)):
        text = getattr(term, location)
        if not isinstance(text, str) or not text.strip() or len(text) > max_length:
            message = f"Must have 1 to {max_length} characters."
            issues.append(Issue(location=location, message=message))
        elif unstorable(text):
            issues += character_issues({location: text})
    for location in ("synonyms", "acronyms"):
        issues += _spelling_issues(location, getattr(term, location))
    return issues


def _spelling_issues(location: str, spellings: object) -> list[Issue]:
    if not isinstance(spellings, list) or len(spellings) > MAX_SPELLINGS:
        message = f"Must be a list of at most {MAX_SPELLINGS} strings."
        return [Issue(location=location, message=message)]
    issues = []
    spellings_so_far: set[str] = set()
    for index, word in enumerate(spellings):
        at = f"{location}/{index}"
        if not isinstance(word, str) or not word.strip() or len(word) > 120 or unstorable(word):
            issues.append(Issue(location=at, message="Must be a string of 1 to 120 characters."))
        elif normalize(word) in spellings_so_far:
            issues.append(Issue(location=at, message=f"Duplicate value {word}."))
        else:
            spellings_so_far.add(normalize(word))
    return issues


def _state(term: Term) -> JSONObject:
    return {name: getattr(term, name) for name in FIELDS}
