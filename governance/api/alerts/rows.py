"""What the resources of alerts share: who sees the rows of a domain, and where issues are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from django.db.models import Model, Q
from rest_framework.permissions import IsAuthenticated

from catalog.api.rest.etags import parse_if_match
from catalog.api.rest.views import ResourceViewSet
from catalog.authorization.access import AccessContext
from catalog.exceptions import ValidationFailed
from catalog.permissions import Permission

Row = TypeVar("Row", bound=Model)


@contextmanager
def located_in_body() -> Iterator[None]:
    """Let the locations of issues be JSON Pointers into the body."""
    try:
        yield
    except ValidationFailed as invalid:
        issues = [
            replace(issue, location="/" + issue.location.replace(".", "/"))
            for issue in invalid.issues
        ]
        raise ValidationFailed(issues) from invalid


class OwnedRows(ResourceViewSet[Row]):
    """Rows that belong to a domain or to the mesh; those who edit there see them."""

    permission_classes = [IsAuthenticated]
    lookup_field = "uuid"

    def domain_of(self, row: Any) -> Any:
        return row.owning_domain

    def row_to_edit(self) -> tuple[Row, int]:
        """Return the row of the URL and the edition in If-Match; services check the rest."""
        return self.get_object(), parse_if_match(self.request)


def owned_by(access: AccessContext, path: str) -> Q:
    """Return the condition that a row is of a domain whose drafts one sees, or of the mesh."""
    if access.can(Permission.VIEW_DRAFTS, None):
        return Q()
    return Q(**{f"{path}__in": access.domains_with(Permission.VIEW_DRAFTS)})
