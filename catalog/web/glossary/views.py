"""The glossary's pages: the list, a term with its other meanings and columns, and its editing."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Case, F, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext, access_for, require_permission, require_user
from catalog.contracts.models import SchemaProperty
from catalog.domains.models import Domain
from catalog.exceptions import EditConflict
from catalog.glossary.models import TERM, Term, TermProposal, proposals_to_answer
from catalog.glossary.services import define_term, edit_term
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.web.glossary.forms import EditTermForm, NewTermForm
from catalog.web.pages import render_form, render_page, submitted

PAGE_SIZE = 100
MAX_COLUMNS = 60
MAX_SUGGESTIONS = 8


@dataclass(frozen=True)
class TermListPage:
    terms: Page[Term]
    filter: str
    can_define: bool
    api_url: str
    is_signed_in: bool
    proposal_count: int


@dataclass(frozen=True)
class ColumnRow:
    """A column that uses a term."""

    path: str
    url: str
    product: str
    product_url: str
    domain: str
    type: str


@dataclass(frozen=True, kw_only=True)
class TermPage:
    """A term as the mesh or its first domain defines it, and its definitions elsewhere."""

    term: Term
    others: Sequence[Term]
    columns: Sequence[ColumnRow]
    more_columns: int
    editable: Sequence[Term]
    api_url: str


@require_safe
def term_list(request: HttpRequest) -> HttpResponse:
    """List the terms, or those that match a filter."""
    text = request.GET.get("filter", "")[:200]
    access = access_for(request.user)
    can_define = may_define(access)
    page = TermListPage(
        _page(request, text),
        text,
        can_define,
        reverse("api:terms"),
        is_signed_in=access.is_signed_in,
        proposal_count=proposals_to_answer(access, TermProposal.objects.all()).count()
        if can_define
        else 0,
    )
    return render_page(request, "catalog/glossary/list.html", page)


@require_safe
def term_suggestions(request: HttpRequest) -> HttpResponse:
    """Return the terms whose name or spelling has `q` in it, for a field that takes a term."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    named_first = Case(When(name__icontains=text, then=0), default=1)
    terms = _matching(text).order_by(named_first, "name", "id")[:MAX_SUGGESTIONS] if text else []
    items = [
        {"text": term.name, "detail": term.domain.name if term.domain else "", "query": term.name}
        for term in terms
    ]
    return JsonResponse({"groups": [{"label": _("Terms"), "items": items}]})


@require_safe
def term_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the definitions of a term in the mesh and in domains, and the columns that use it."""
    definitions = _meanings(slug)
    reader = access_for(request.user)
    columns = _columns(slug, reader)
    page = TermPage(
        term=definitions[0],
        others=definitions[1:],
        columns=[_column_row(column) for column in columns[:MAX_COLUMNS]],
        more_columns=max(0, columns.count() - MAX_COLUMNS),
        editable=[
            term for term in definitions if reader.can(Permission.STEWARD_PRODUCTS, term.domain_id)
        ],
        api_url=reverse("api:term", args=[definitions[0].uuid]),
    )
    return render_page(request, "catalog/glossary/term.html", page)


def _column_row(column: SchemaProperty) -> ColumnRow:
    product = column.schema_object.contract.product
    return ColumnRow(
        path=column.path,
        url=f"{product.path}/schema?column={quote(column.path)}",
        product=product.name,
        product_url=product.path,
        domain=product.domain.name,
        type=column.logical_type,
    )


@dataclass(frozen=True, kw_only=True)
class TermFormPage:
    """The form of a term; `term` is None for a new one."""

    form: NewTermForm | EditTermForm
    term: Term | None
    is_conflict: bool
    last_edit: AuditEvent | None


@login_required
@require_http_methods(["GET", "POST"])
def term_new(request: HttpRequest) -> HttpResponse:
    """Define a term for the mesh or for a domain where one is a steward."""
    reader = access_for(request.user)
    if not may_define(reader):
        require_permission(request.user, Permission.STEWARD_PRODUCTS, None)
    form = NewTermForm(submitted(request))
    form.fields["domain"].queryset = Domain.objects.filter(  # type: ignore[attr-defined]
        pk__in=reader.domains_with(Permission.STEWARD_PRODUCTS)
    )
    if form.is_valid():
        with form.catch_issues():
            term = define_term(actor=require_user(request.user), **form.cleaned_data)
            return redirect("term_page", term.slug)
    page = TermFormPage(form=form, term=None, is_conflict=False, last_edit=None)
    return render_form(request, "catalog/glossary/edit.html", page)


@login_required
@require_http_methods(["GET", "POST"])
def term_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change one meaning of a word."""
    term = Term.objects.select_related("domain").filter(slug=slug, pk=pk).first()
    if term is None:
        raise Http404
    require_permission(request.user, Permission.STEWARD_PRODUCTS, term.domain)
    form, last_edit = EditTermForm(submitted(request), initial=EditTermForm.initial_of(term)), None
    if form.is_valid():
        try:
            with form.catch_issues():
                edit_term(term=term, actor=require_user(request.user), **form.cleaned_data)
                return redirect("term_page", term.slug)
        except EditConflict as conflict:
            term.refresh_from_db()
            form.show_conflict(conflict, EditTermForm.initial_of(term))
            last_edit = AuditEvent.objects.about(TERM, str(term.uuid)).first()
    is_conflict = form.conflict is not None
    page = TermFormPage(form=form, term=term, is_conflict=is_conflict, last_edit=last_edit)
    return render_form(request, "catalog/glossary/edit.html", page)


def may_define(reader: AccessContext) -> bool:
    """Return True if a reader may define a term anywhere."""
    permission = Permission.STEWARD_PRODUCTS
    return reader.can(permission, None) or bool(reader.domains_with(permission))


def _page(request: HttpRequest, text: str) -> Page[Term]:
    return Paginator(_matching(text), PAGE_SIZE).get_page(request.GET.get("page"))


def _matching(text: str) -> QuerySet[Term]:
    terms = Term.objects.select_related("domain").order_by("name", "id")
    for word in text.replace("\x00", " ").split()[:8]:
        terms = terms.filter(
            Q(name__icontains=word)
            | Q(definition__icontains=word)
            | Q(synonyms__icontains=word)
            | Q(acronyms__icontains=word)
        )
    return terms


def _meanings(slug: str) -> list[Term]:
    """Return the definitions of a term, that of the whole mesh first. Raises Http404."""
    mesh_first = F("domain__name").asc(nulls_first=True)
    terms = list(Term.objects.select_related("domain").filter(slug=slug).order_by(mesh_first))
    if not terms:
        raise Http404
    return terms


def _columns(slug: str, reader: AccessContext) -> QuerySet[SchemaProperty]:
    visible = DataProduct.objects.visible_to(reader).live()
    return (
        SchemaProperty.objects.with_terms([slug])
        .filter(schema_object__contract__product__in=visible)
        .select_related("schema_object__contract__product__domain")
        .order_by("schema_object__contract__product__name", "path", "id")
    )
