"""Business terms as search results."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext_lazy, ngettext

from catalog.authorization.access import PUBLIC, AccessContext
from catalog.contracts.models import SchemaProperty
from catalog.glossary.models import TERM, Term
from catalog.products.models import DataProduct
from catalog.search.document import SearchDocument
from catalog.search.documents.related import load_domains
from catalog.search.result_types.result_type import BaseResult, ResultType, read_as


class TermRow(NamedTuple):
    """What a result shows of a term; without a domain it applies to the whole mesh."""

    pk: int
    uuid: UUID
    slug: str
    name: str
    definition: str
    synonyms: list[str]
    acronyms: list[str]
    domain_slug: str | None
    domain_name: str | None


class TermUsage(NamedTuple):
    """How many columns use a term, and in how many products."""

    columns: int = 0
    products: int = 0


class TermResult(BaseResult):
    """A term found; `columns` and `products` count what uses it and the caller may see."""

    definition: str
    synonyms: list[str]
    acronyms: list[str]
    domain: str | None
    columns: int
    products: int


_COLUMNS = ("slug", "name", "definition", "synonyms", "acronyms")


def term_documents(terms: Iterable[Term]) -> Iterator[SearchDocument]:
    """Yield the document of each term; everybody may read the glossary."""
    listed = list(terms)
    domains = load_domains({term.domain_id for term in listed if term.domain_id is not None})
    for term in listed:
        path = domains[term.domain_id] if term.domain_id is not None else []
        yield SearchDocument(
            type=TERM,
            id=str(term.uuid),
            revision=term.revision,
            readers=(PUBLIC,),
            name=term.name,
            slug=term.slug,
            summary=term.definition,
            aliases=(str(term.uuid), *term.synonyms, *term.acronyms),
            domains=tuple(domain.slug for domain in path),
            domain_names=tuple(domain.name for domain in path),
        )


def read_terms(access: AccessContext, ids: Sequence[str]) -> dict[str, TermRow]:
    terms = Term.objects.filter(uuid__in=ids)
    return read_as(TermRow, terms, *_COLUMNS, "domain__slug", "domain__name")


def count_usage(access: AccessContext, terms: Sequence[TermRow]) -> dict[int, TermUsage]:
    """Count the columns and live products that use each term and that the reader may see."""
    visible = DataProduct.objects.visible_to(access).live()
    product = "schema_object__contract__product"
    rows = (
        SchemaProperty.objects.with_terms({term.slug for term in terms})
        .filter(**{f"{product}__in": visible})
        .order_by()
        .values_list("term")
        .annotate(Count("pk"), Count(product, distinct=True))
    )
    usage = {slug: TermUsage(*counts) for slug, *counts in rows}
    return {term.pk: usage.get(term.slug, TermUsage()) for term in terms}


def _to_json(term: TermRow, usage: TermUsage | None) -> TermResult:
    columns, products = usage or TermUsage()
    return TermResult(
        id=str(term.uuid),
        slug=term.slug,
        name=term.name,
        definition=term.definition,
        synonyms=term.synonyms,
        acronyms=term.acronyms,
        domain=term.domain_slug,
        url=reverse("term_page", args=[term.slug]),
        columns=columns,
        products=products,
    )


TERMS = ResultType(
    name=TERM,
    model=Term,
    documents=term_documents,
    read_rows=read_terms,
    annotate=count_usage,
    label=gettext_lazy("Terms"),
    count_text=lambda n: ngettext("%(n)s term", "%(n)s terms", n) % {"n": localize(n)},
    field_labels={
        "summary": gettext_lazy("Definition"),
        "aliases": gettext_lazy("Also written"),
    },
    card_template="catalog/search/cards/term.html",
    json=TermResult,
    to_json=_to_json,
    csv_columns=("id", "domain", "slug", "name", "definition", "spellings", "url"),
    csv_cells=lambda terms: {
        term.pk: {"spellings": "; ".join([*term.acronyms, *term.synonyms])} for term in terms
    },
)
