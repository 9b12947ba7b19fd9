"""Rows that a request body names by slug."""

from collections.abc import Mapping
from typing import TypeVar

from catalog.domains.models import Domain
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue, did_you_mean
from catalog.people.models import Team

Owner = TypeVar("Owner", Domain, Team)


def rows_by_slug(model: type[Owner], slugs: Mapping[str, str]) -> list[Owner]:
    """Return the rows with these slugs, which are by location in the body.

    Raises ValidationFailed with each unknown slug and the one nearest to it.
    """
    rows = {row.slug: row for row in model._default_manager.filter(slug__in=slugs.values())}
    unknown = {location: slug for location, slug in slugs.items() if slug not in rows}
    if unknown:
        known = list(model._default_manager.values_list("slug", flat=True))
        noun = model._meta.verbose_name
        raise ValidationFailed(
            [
                Issue(
                    code="unknown",
                    location=location,
                    message=f"There is no {noun} {slug}.",
                    hint=did_you_mean(slug, known),
                )
                for location, slug in unknown.items()
            ]
        )
    return list(rows.values())


def domain_by_slug(slug: str, location: str = "/domain") -> Domain:
    return rows_by_slug(Domain, {location: slug})[0]
