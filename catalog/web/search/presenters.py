"""How results of each type look: their card on the page, their shape and line for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from catalog.authorization.access import AccessContext
from catalog.domains.models import DOMAIN
from catalog.glossary.models import TERM
from catalog.identifiers import product_iri
from catalog.products.models import PRODUCT, Sensitivity
from catalog.search.port import Hit
from catalog.search.services import (
    DomainRow,
    ProductRow,
    TermRow,
    Uses,
    products_below,
    uses_of,
)
from catalog.web.search import result_labels

SENSITIVITIES = {choice.value: str(choice.label) for choice in Sensitivity}
Told = Mapping[int, Any]


@dataclass(frozen=True)
class ResultPresenter:
    """How one type of results looks.

    `told` counts, for some rows at once and as a reader, what an answer says beside a row; by the
    rows' keys. `line` gives the cells of one row in a table of `columns`.
    """

    card: str
    told: Callable[[AccessContext, Sequence[Any]], Told]
    answer: Callable[[Any, Any], dict[str, Any]]
    columns: tuple[str, ...]
    line: Callable[[Any], list[str]]


def result_of(hit: Hit, row: Any, told: Any, said: result_labels.Phrases) -> dict[str, Any]:
    """Return one result for a program: what it is, and why it was found."""
    return PRESENTERS[hit.type].answer(row, told) | {
        "type": hit.type,
        "reasons": [said.reason(reason) for reason in hit.reasons],
        "lacks": list(hit.missing_terms),
        "highlights": dict(hit.highlights),
    }


def _nothing(reader: AccessContext, rows: Sequence[Any]) -> Told:
    return {}


def _product(product: ProductRow, _told: Any) -> dict[str, Any]:
    return {
        "id": str(product.uuid),
        "iri": product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
        "slug": product.slug,
        "name": product.name,
        "domain": product.domain_slug,
        "url": product.path,
        "purpose": product.purpose,
        "version": product.version,
        "owner": product.owner_slug,
        "status": product.status,
        "sensitivity": SENSITIVITIES[product.sensitivity],
        "slo": product.slo_verdict,
        "certification": product.certification or None,
        "tags": product.tags,
        "updated_at": product.updated_at.isoformat(),
    }


def _product_line(product: ProductRow) -> list[str]:
    return [
        str(product.uuid),
        product.domain_slug,
        product.slug,
        product.name,
        product.status,
        product.version,
        SENSITIVITIES[product.sensitivity],
        product.slo_verdict,
        product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
    ]


def _uses(reader: AccessContext, terms: Sequence[TermRow]) -> Told:
    uses = uses_of(reader, {term.slug for term in terms})
    return {term.pk: uses.get(term.slug, Uses()) for term in terms}


def _term(term: TermRow, uses: Uses) -> dict[str, Any]:
    return {
        "id": str(term.uuid),
        "slug": term.slug,
        "name": term.name,
        "definition": term.definition,
        "synonyms": term.synonyms,
        "acronyms": term.acronyms,
        "domain": term.domain_slug,
        "url": reverse("term_page", args=[term.slug]),
        "columns": uses.columns,
        "products": uses.products,
    }


def _term_line(term: TermRow) -> list[str]:
    return [
        str(term.uuid),
        term.domain_slug or "",
        term.slug,
        term.name,
        term.definition,
        "; ".join([*term.acronyms, *term.synonyms]),
        reverse("term_page", args=[term.slug]),
    ]


def _products(reader: AccessContext, domains: Sequence[DomainRow]) -> Told:
    return products_below(reader, {domain.pk for domain in domains})


def _domain(domain: DomainRow, products: int) -> dict[str, Any]:
    return {
        "id": str(domain.uuid),
        "slug": domain.slug,
        "name": domain.name,
        "mission": domain.mission,
        "parent": domain.parent_slug,
        "owner": domain.owner_slug,
        "is_external": domain.is_external,
        "url": reverse("domain_page", args=[domain.slug]),
        "products": products,
    }


def _domain_line(domain: DomainRow) -> list[str]:
    return [
        str(domain.uuid),
        domain.parent_slug or "",
        domain.slug,
        domain.name,
        domain.mission,
        domain.owner_slug or "",
        reverse("domain_page", args=[domain.slug]),
    ]


PRESENTERS = {
    PRODUCT: ResultPresenter(
        "catalog/search/hit.html",
        _nothing,
        _product,
        ("id", "domain", "slug", "name", "status", "version", "sensitivity", "slo", "url"),
        _product_line,
    ),
    TERM: ResultPresenter(
        "catalog/search/hit_term.html",
        _uses,
        _term,
        ("id", "domain", "slug", "name", "definition", "spellings", "url"),
        _term_line,
    ),
    DOMAIN: ResultPresenter(
        "catalog/search/hit_domain.html",
        _products,
        _domain,
        ("id", "parent", "slug", "name", "mission", "owner", "url"),
        _domain_line,
    ),
}
