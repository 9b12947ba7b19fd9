"""The terms that hits lead to, as they stand, and how much uses them within somebody's sight."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count

from catalog.authorization.access import AccessContext
from catalog.contracts.models import SchemaProperty
from catalog.glossary.models import Term
from catalog.products.models import DataProduct


class TermRow(NamedTuple):
    """What a result says of a term; without a domain it holds in the whole mesh."""

    pk: int
    uuid: UUID
    slug: str
    name: str
    definition: str
    synonyms: list[Any]
    acronyms: list[Any]
    domain_slug: str | None
    domain_name: str | None


class Uses(NamedTuple):
    """How many columns mean a term, and in how many products."""

    columns: int = 0
    products: int = 0


_WAYS = {"domain_slug": "domain__slug", "domain_name": "domain__name"}
_COLUMNS = tuple(_WAYS.get(name, name) for name in TermRow._fields)


def terms_shown(reader: AccessContext, ids: Sequence[str]) -> dict[str, TermRow]:
    """Return by id those of the terms that are there; everybody may read all."""
    rows = Term.objects.filter(uuid__in=ids).order_by().values_list(*_COLUMNS)
    terms = [TermRow(*row) for row in rows] if ids else []
    return {str(term.uuid): term for term in terms}


def uses_of(reader: AccessContext, slugs: Collection[str]) -> dict[str, Uses]:
    """Return by slug how much uses each word, counted over what the reader may see."""
    visible = DataProduct.objects.visible_to(reader).live()
    product = "schema_object__contract__product"
    rows = (
        SchemaProperty.objects.holding(slugs)
        .filter(**{f"{product}__in": visible})
        .order_by()
        .values_list("term")
        .annotate(Count("pk"), Count(product, distinct=True))
    )
    return {term: Uses(*counts) for term, *counts in rows}
