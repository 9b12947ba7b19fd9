"""How the API says no, pages its lists and limits its callers; imports no view."""

from drf_standardized_errors.handler import exception_handler
from rest_framework.pagination import CursorPagination
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

__all__ = ["CursorPaging", "SignedInThrottle", "SignedOutThrottle", "exception_handler"]


class CursorPaging(CursorPagination):
    """Pages that hold while rows come and go."""

    page_size = 25
    max_page_size = 100
    page_size_query_param = "limit"
    ordering = "pk"


class SignedOutThrottle(AnonRateThrottle):
    """Requests of one address, signed out."""

    scope = "signed_out"


class SignedInThrottle(UserRateThrottle):
    """Requests of one person."""

    scope = "signed_in"
