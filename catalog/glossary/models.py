"""Business terms: one meaning, its many spellings, and where a domain means something else."""

import json
import uuid
from functools import lru_cache

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from django.utils import timezone

from catalog.authorization.access import AccessContext
from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.revisions.models import Revisioned

TERM = "term"


class TermQuerySet(models.QuerySet["Term"]):
    """Reads of the glossary."""

    def spellings(self) -> tuple[tuple[str, ...], ...]:
        """Return all spellings of each term; one statement.

        Every search needs them, so the rows are parsed once, until they change.
        """
        rows = self.order_by("id").values_list(
            "name", Cast("synonyms", models.TextField()), Cast("acronyms", models.TextField())
        )
        return _parse_spellings(tuple(rows))


class Term(Revisioned):
    """One business term; without a domain it applies to the whole mesh."""

    KIND = TERM

    slug = models.CharField(max_length=120)
    name = models.CharField(max_length=120)
    definition = models.TextField()
    synonyms = models.JSONField(default=list)
    acronyms = models.JSONField(default=list)
    domain = models.ForeignKey(
        Domain,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="terms",
        help_text="The domain in which the word means this; none for the whole mesh.",
    )

    objects = TermQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"], condition=Q(domain__isnull=True), name="a_mesh_term_has_its_slug"
            ),
            models.UniqueConstraint(fields=["domain", "slug"], name="a_domain_term_has_its_slug"),
        ]

    def __str__(self) -> str:
        return self.name


class TermProposal(models.Model):
    """A term that someone proposes; stewards of its domain, or of the mesh, accept or reject it."""

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    definition = models.TextField()
    domain = models.ForeignKey(Domain, models.CASCADE, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True, help_text="Where it is needed, and why.")
    proposed_by = models.ForeignKey(Person, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    term = models.ForeignKey(Term, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "rejected"]),
                name="proposal_state_is_known",
            )
        ]

    def __str__(self) -> str:
        return self.name


@lru_cache(maxsize=2)
def _parse_spellings(rows: tuple[tuple[str, str, str], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (name, *json.loads(synonyms), *json.loads(acronyms)) for name, synonyms, acronyms in rows
    )


def proposals_to_answer(
    access: AccessContext, rows: models.QuerySet[TermProposal]
) -> models.QuerySet[TermProposal]:
    """Return the open proposals that a person may answer."""
    return rows.filter(_of_steward(access), state=TermProposal.State.OPEN)


def visible_proposals(access: AccessContext, person: Person) -> models.QuerySet[TermProposal]:
    """Return a person's own proposals and those that they may answer."""
    return TermProposal.objects.filter(_of_steward(access) | Q(proposed_by=person))


def _of_steward(access: AccessContext) -> Q:
    if access.can(Permission.STEWARD_PRODUCTS, None):
        return Q(pk__isnull=False)
    return Q(domain__in=access.domains_with(Permission.STEWARD_PRODUCTS))
