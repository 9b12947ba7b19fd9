"""Domains as search results."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext_lazy, ngettext

from catalog.authorization.access import PUBLIC, AccessContext
from catalog.domains.models import DOMAIN, Domain, FormerDomainSlug
from catalog.products.domain_stats import product_counts
from catalog.search.document import SearchDocument
from catalog.search.documents.related import load_domains
from catalog.search.result_types.result_type import BaseResult, ResultType, read_as


class DomainRow(NamedTuple):
    """What a result shows of a domain; the owner is its team, if it has one."""

    pk: int
    uuid: UUID
    slug: str
    name: str
    mission: str
    is_external: bool
    parent_slug: str | None
    parent_name: str | None
    owner_slug: str | None
    owner_name: str | None


class DomainResult(BaseResult):
    """A domain found; `products` counts those in it and its subdomains that the caller may see."""

    mission: str
    parent: str | None
    owner: str | None
    is_external: bool
    products: int


_COLUMNS = ("slug", "name", "mission", "is_external")
_PARENT_AND_OWNER = ("parent__slug", "parent__name", "owner_team__slug", "owner_team__name")


def domain_documents(domains: Iterable[Domain]) -> Iterator[SearchDocument]:
    """Yield the document of each domain; everybody may know of every domain."""
    listed = list(domains)
    paths = load_domains({domain.pk for domain in listed})
    former_slugs: dict[int, list[str]] = {domain.pk: [] for domain in listed}
    rows = FormerDomainSlug.objects.filter(domain__in=list(former_slugs)).order_by("pk")
    for pk, slug in rows.values_list("domain_id", "slug"):
        former_slugs[pk].append(slug)
    for domain in listed:
        own, *_ = path = paths[domain.pk]
        yield SearchDocument(
            type=DOMAIN,
            id=str(domain.uuid),
            revision=domain.revision,
            readers=(PUBLIC,),
            name=domain.name,
            slug=domain.slug,
            summary=domain.mission,
            aliases=(str(domain.uuid), *former_slugs[domain.pk]),
            domains=tuple(ancestor.slug for ancestor in path),
            domain_names=tuple(ancestor.name for ancestor in path),
            owners=(own.team_slug,) if own.team_slug else (),
            owner_names=(own.team_name,) if own.team_name else (),
        )


def read_domains(access: AccessContext, ids: Sequence[str]) -> dict[str, DomainRow]:
    return read_as(DomainRow, Domain.objects.filter(uuid__in=ids), *_COLUMNS, *_PARENT_AND_OWNER)


def count_products(access: AccessContext, domains: Sequence[DomainRow]) -> dict[int, int]:
    """Count the products that the reader finds in each domain and its subdomains."""
    counts = product_counts(access) if domains else {}
    return {domain.pk: counts.get(domain.pk, 0) for domain in domains}


def _to_json(domain: DomainRow, products: int | None) -> DomainResult:
    return DomainResult(
        id=str(domain.uuid),
        slug=domain.slug,
        name=domain.name,
        mission=domain.mission,
        parent=domain.parent_slug,
        owner=domain.owner_slug,
        is_external=domain.is_external,
        url=reverse("domain_page", args=[domain.slug]),
        products=products or 0,
    )


DOMAINS = ResultType(
    name=DOMAIN,
    model=Domain,
    documents=domain_documents,
    read_rows=read_domains,
    annotate=count_products,
    label=gettext_lazy("Domains"),
    count_text=lambda n: ngettext("%(n)s domain", "%(n)s domains", n) % {"n": localize(n)},
    field_labels={"summary": gettext_lazy("Mission")},
    card_template="catalog/search/cards/domain.html",
    json=DomainResult,
    to_json=_to_json,
    csv_columns=("id", "parent", "slug", "name", "mission", "owner", "url"),
)
