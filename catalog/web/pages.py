"""How a view answers with a page: a template of Jinja2 and a dataclass of all that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.forms import Form
from django.http import HttpRequest, QueryDict
from django.template.response import TemplateResponse

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    class FormPage(DataclassInstance, Protocol):
        """A page with one form."""

        @property
        def form(self) -> Form: ...


def render_page(
    request: HttpRequest, template: str, page: DataclassInstance, *, status: int = 200
) -> TemplateResponse:
    """Return a page; its template knows the dataclass as `page`, tests as `context_data["page"]`.

    A fragment for htmx is made the same way, from a template that extends nothing.
    """
    return TemplateResponse(request, template, {"page": page}, status=status)


def render_form(request: HttpRequest, template: str, page: FormPage) -> TemplateResponse:
    """Return a page with a form: 409 on an edit conflict, 422 if the form has errors."""
    is_conflict = getattr(page.form, "conflict", None) is not None
    status = 409 if is_conflict else 422 if page.form.errors else 200
    return render_page(request, template, page, status=status)


def submitted(request: HttpRequest) -> QueryDict | None:
    """Return the fields that a form was sent with; None leaves it unbound."""
    return request.POST if request.method == "POST" else None
