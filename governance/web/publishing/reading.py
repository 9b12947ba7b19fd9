"""The step after the source: its schema is read, its tables are chosen, proposals are accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.contracts.models import contract_of
from catalog.exceptions import InvalidTransition, ValidationFailed
from catalog.glossary.models import Term
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.types import FormValues
from catalog.web.forms.versioned import VersionedForm
from catalog.web.products.editing import EditPage, EditView
from governance.inspection.declarations import physical_name
from governance.inspection.models import Inspection
from governance.inspection.proposals import ColumnProposal, propose, words_of
from governance.inspection.services import READABLE, adopt_schema, inspect_port
from governance.sandbox.types import TableProfile

REFRESH_SECONDS, MAX_REFRESHES = 2, 45
MAX_SHOWN_COLUMNS = 100


class TablesForm(VersionedForm):
    """The tables of the source that the product serves, and what is proposed for their columns."""

    tables = forms.MultipleChoiceField(
        label=_("Tables"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one table.")},
    )
    proposals = forms.MultipleChoiceField(
        label=_("Proposals"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(
        self, *args: Any, tables: Sequence[str], proposals: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, values in (("tables", tables), ("proposals", proposals)):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [(value, value) for value in values]


@dataclass(frozen=True)
class TableRow:
    """An observed table: whether it is chosen, or in the contract already, and its proposals."""

    table: TableProfile
    is_chosen: bool
    is_declared: bool
    proposals: Sequence[tuple[ColumnProposal, bool]]

    @property
    def columns(self) -> Sequence[Any]:
        return self.table.columns[:MAX_SHOWN_COLUMNS]

    @property
    def more_columns(self) -> int:
        return max(0, len(self.table.columns) - MAX_SHOWN_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class ReadingPage(EditPage):
    """`seconds` is how long the page has waited for the source to be read."""

    port: OutputPort | None
    inspection: Inspection | None
    rows: Sequence[TableRow]
    is_readable: bool
    seconds: int
    contract_uuid: Any = None


class ReadSource(EditView):
    """The observed tables of a port; those that are chosen go into its contract."""

    step = "schema"
    title = _("Choose the tables")
    form_class = TablesForm
    template_name = "governance/publishing/reading.html"
    success_message = _("The columns are in the contract. Describe them.")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        self.number = kwargs.pop("port", None)
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def port(self) -> OutputPort | None:
        """Return the port of the address, else the first one. Raises Http404."""
        ports = self.product.output_ports.select_related(
            "product__domain", "inspection", "port_contract__contract"
        )
        if self.number is not None:
            return get_object_or_404(ports, pk=self.number)
        return ports.order_by("position", "pk").first()

    @cached_property
    def inspection(self) -> Inspection | None:
        return getattr(self.port, "inspection", None)

    @cached_property
    def tables(self) -> list[TableProfile]:
        return self.inspection.profile if self.inspection else []

    @cached_property
    def proposals(self) -> list[ColumnProposal]:
        return list(propose(self.tables, _spellings(self.product)))

    @cached_property
    def declared(self) -> list[str]:
        """Return the physical names of the tables that the contract has."""
        contract = contract_of(self.port) if self.port else None
        schema = contract.tree.get("schema") if contract else None
        return [physical_name(table) for table in schema or () if isinstance(table, dict)]

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        """Read the source now, or save what was chosen."""
        if "read" not in request.POST or self.port is None:
            return super().post(request, **kwargs)
        try:
            inspect_port(port=self.port, actor=self.person)
        except ValidationFailed as error:
            messages.error(request, error.issues[0].message)
        except InvalidTransition as error:
            messages.error(request, f"{error.message} {error.hint}")
        return redirect(request.path)

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        names = [table.name for table in self.tables]
        keys = [proposal.key for proposal in self.proposals]
        return super().get_form(data, tables=names, proposals=keys, **options)

    def get_initial(self) -> FormValues:
        """Choose the only table, else those that the contract has; accept every proposal."""
        only = [self.tables[0].name] if len(self.tables) == 1 else []
        return {
            "tables": self.declared or only,
            "proposals": [proposal.key for proposal in self.proposals],
        }

    def save_form(self, form: TablesForm) -> DataProduct:
        assert self.port is not None
        chosen = form.cleaned_data["proposals"]
        contract, product = adopt_schema(
            port=self.port,
            edition=form.cleaned_data["edition"],
            actor=self.person,
            tables=form.cleaned_data["tables"],
            accepted=[proposal for proposal in self.proposals if proposal.key in chosen],
        )
        names = [physical_name(table) for table in contract.tree["schema"]]
        chosen_names = form.cleaned_data["tables"]
        first = min((names.index(name) for name in chosen_names if name in names), default=0)
        self.saved_table = (contract.uuid, first)
        return product

    def get_success_url(self) -> str:
        return self.url("product_table", *self.saved_table)

    def get_page(self, form: TablesForm) -> ReadingPage:
        port, inspection = self.port, self.inspection
        contract = contract_of(port) if port else None
        servers = contract.servers.filter(type__in=READABLE) if contract else None
        chosen, accepted = _values(form, "tables"), _values(form, "proposals")
        return ReadingPage(
            frame=self.frame(form),
            port=port,
            inspection=inspection,
            is_readable=servers is not None and servers.exists(),
            rows=[
                TableRow(
                    table,
                    table.name in chosen,
                    table.name in self.declared,
                    [(p, p.key in accepted) for p in self.proposals if p.table == table.name],
                )
                for table in self.tables
            ],
            seconds=self.refreshes * REFRESH_SECONDS,
            contract_uuid=contract.uuid if contract else None,
        )

    @property
    def refreshes(self) -> int:
        """Return how often the page has loaded itself again."""
        text = self.request.GET.get("waited", "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0

    def render(self, form: VersionedForm, status: int = 200) -> HttpResponse:
        """Load the page again every two seconds until the source is read, for a while."""
        response = super().render(form, status)
        is_waiting = self.port and self.inspection is None
        if self.request.method == "GET" and is_waiting and self.refreshes < MAX_REFRESHES:
            address = f"{self.request.path}?waited={self.refreshes + 1}"
            response["Refresh"] = f"{REFRESH_SECONDS}; url={address}"
        return response


def _values(form: forms.Form, name: str) -> set[str]:
    value = form[name].value()
    return set(value) if isinstance(value, list | tuple) else set()


def _spellings(product: DataProduct) -> dict[tuple[str, ...], tuple[str, str]]:
    """Return name and URL of the terms that a product may use, by the words of each spelling."""
    spellings: dict[tuple[str, ...], tuple[str, str]] = {}
    terms = Term.objects.filter(domain__isnull=True) | Term.objects.filter(domain=product.domain_id)
    # A term of the domain means more here than one of the mesh.
    for term in terms.order_by("domain_id"):
        url = settings.ASSAY_BASE_IRI.rstrip("/") + reverse("term_page", args=[term.slug])
        for spelling in (term.name, term.slug, *term.synonyms, *term.acronyms):
            spellings[words_of(str(spelling))] = (term.name, url)
    return spellings
