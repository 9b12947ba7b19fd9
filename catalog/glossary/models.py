"""Business terms: one meaning, its many spellings, and where a domain means something else."""

import json
from functools import lru_cache

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast

from catalog.domains.models import Domain
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


@lru_cache(maxsize=2)
def _parse_spellings(rows: tuple[tuple[str, str, str], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (name, *json.loads(synonyms), *json.loads(acronyms)) for name, synonyms, acronyms in rows
    )
