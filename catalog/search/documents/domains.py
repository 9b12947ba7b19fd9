"""From a domain to the document that search holds of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog.authorization.access import PUBLIC
from catalog.domains.models import DOMAIN, Domain, FormerDomainSlug
from catalog.search.document import SearchDocument
from catalog.search.documents.related import places_of


def documents_of_domains(domains: Iterable[Domain]) -> Iterator[SearchDocument]:
    """Yield the document of each domain; that a domain is there is known to everybody."""
    listed = list(domains)
    around = places_of({domain.pk for domain in listed})
    former = _former_slugs(listed)
    for domain in listed:
        own, *_ = places = around[domain.pk]
        yield SearchDocument(
            type=DOMAIN,
            id=str(domain.uuid),
            revision=domain.revision,
            readers=(PUBLIC,),
            name=domain.name,
            slug=domain.slug,
            summary=domain.mission,
            aliases=(str(domain.uuid), *former[domain.pk]),
            domains=tuple(place.slug for place in places),
            domain_names=tuple(place.name for place in places),
            owners=(own.team_slug,) if own.team_slug else (),
            owner_names=(own.team_name,) if own.team_name else (),
        )


def _former_slugs(domains: list[Domain]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {domain.pk: [] for domain in domains}
    rows = FormerDomainSlug.objects.filter(domain__in=list(found)).order_by("pk")
    for pk, slug in rows.values_list("domain_id", "slug"):
        found[pk].append(slug)
    return found
