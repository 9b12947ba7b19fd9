"""How a view answers with a page: a template of Jinja2 and a dataclass of all that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.template.response import TemplateResponse

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def render_page(
    request: HttpRequest, template: str, page: DataclassInstance, *, status: int = 200
) -> TemplateResponse:
    """Return a page; its template knows the dataclass as `page`, tests as `context_data["page"]`.

    A fragment for htmx is made the same way, from a template that extends nothing.
    """
    return TemplateResponse(request, template, {"page": page}, status=status)
