"""Pages on which a product's contracts are written: tables and columns by hand, or as a file."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from catalog.contracts.columns import Column, apply_edits, iter_columns
from catalog.contracts.models import DataContract, SchemaObject
from catalog.contracts.projection import bump_version
from catalog.contracts.services import frozen_digests, is_frozen, save_contract
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests import odcs
from catalog.manifests.issues import DocumentIssue, ParseError
from catalog.manifests.readers import read_documents
from catalog.manifests.serializers import yaml_of
from catalog.products.models import DataProduct
from catalog.products.projection import Tree
from catalog.web.contracts.forms import (
    PAGE_SIZE,
    ContractDocumentForm,
    NewTableForm,
    SchemaTableForm,
    address_of,
)
from catalog.web.forms import VersionedForm
from catalog.web.products.editing import EditView, ProductView, TableView

MOST_PROBLEMS = 25


class Contracts(ProductView):
    """The contracts of a product with their tables."""

    step = "schema"
    template_name = "catalog/editing/contracts.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show the list, the newest version of each contract first."""
        tables = SchemaObject.objects.annotate(column_count=Count("properties"))
        rows = self.product.contracts.defer("tree").prefetch_related(
            Prefetch("schema_objects", tables), "port_contracts__port"
        )
        frozen = frozen_digests(self.product)
        contracts = [
            {"contract": contract, "is_frozen": contract.digest in frozen}
            for contract in rows.order_by("identifier", "-id")
        ]
        return self.page(contracts=contracts)


class ContractPage(EditView):
    """What the pages of one contract share: finding it, and raising a version that is frozen."""

    step = "schema"
    success_message = _("The contract is saved.")
    uuid: Any = None
    number: int = 0
    _shown: DataContract | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Keep contract and table until the product is found."""
        self.uuid, self.number = kwargs.pop("contract", None), kwargs.pop("table", 0)
        return super().dispatch(request, *args, **kwargs)

    def contract(self) -> DataContract:
        """Return the contract. Raises Http404 where the product has none of that id."""
        if self._shown is not None:
            return self._shown
        contract = self.product.contracts.filter(uuid=self.uuid).first()
        if contract is None:
            raise Http404
        if self.request.method == "GET":
            # A page asks often, and the document of a wide table takes long to parse. A page that
            # writes reads anew: somebody else may have written meanwhile.
            self._shown = contract
        return contract

    def table(self) -> Tree:
        """Return the table of the page. Raises Http404 where the contract has none there."""
        tables = self.contract().tree.get("schema") or []
        if not 0 <= self.number < len(tables):
            raise Http404
        table: Tree = tables[self.number]
        return table

    def put(self, tables: list[Tree], form: VersionedForm) -> DataProduct:
        """Save the contract with these tables; a published version stays, the next one changes."""
        contract = self.contract()
        tree = contract.tree | {"schema": tables}
        if tree != contract.tree and is_frozen(contract):
            tree |= {"version": bump_version(contract.version)}
        edition = form.cleaned_data["edition"]
        saved, product = save_contract(
            product=self.product, tree=tree, edition=edition, actor=self.person
        )
        self.uuid = saved.uuid
        return product

    def get_success_url(self) -> str:
        """Return to the list of contracts."""
        return self.url("product_contracts")

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Say which version is saved."""
        contract = self.contract() if self.uuid else None
        frozen = bool(contract and is_frozen(contract))
        version = bump_version(contract.version) if contract and frozen else ""
        extra = {"contract": contract, "is_frozen": frozen, "next_version": version}
        return super().render(form, status, **extra, **context)


class AddTable(ContractPage):
    """One more table; its columns come on its own page."""

    title = _("Add a table")
    form_class = NewTableForm
    template_name = "catalog/editing/table_add.html"

    def save_form(self, form: NewTableForm) -> DataProduct:
        """Add the table at the end."""
        tables = list(self.contract().tree.get("schema") or [])
        name = form.cleaned_data["name"]
        if any(table.get("name") == name for table in tables):
            raise ValidationFailed(
                [Issue(location="name", message="There is a table of this name.")]
            )
        self.number = len(tables)
        return self.put([*tables, {"name": name, "properties": []}], form)

    def get_success_url(self) -> str:
        """Go on to the columns of the new table."""
        return self.url("product_table", self.uuid, self.number)


class DropTable(ContractPage):
    """A question before a table goes."""

    title = _("Take the table away?")
    form_class = VersionedForm
    template_name = "catalog/editing/table_drop.html"

    def save_form(self, form: VersionedForm) -> DataProduct:
        """Take the table out."""
        self.table()
        tables = list(self.contract().tree.get("schema") or [])
        return self.put(tables[: self.number] + tables[self.number + 1 :], form)

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Name the table and how many columns go with it."""
        table = self.table()
        extra = {"table": table, "columns": len(iter_columns(table))}
        return super().render(form, status, **extra, **context)


class Table(TableView, ContractPage):
    """The columns of one table, a page at a time, with blank rows for more."""

    title = _("Columns")
    form_class = SchemaTableForm
    template_name = "catalog/editing/table.html"
    _columns: Page[Column] | None = None

    def columns(self) -> Page[Column]:
        """Return the page of columns that was asked for."""
        if self._columns is None or self.request.method != "GET":
            wanted = self.request.GET.get("page")
            self._columns = Paginator(iter_columns(self.table()), PAGE_SIZE).get_page(wanted)
        return self._columns

    def get_initial(self) -> dict[str, Any]:
        """Return what the table and its columns say."""
        table = self.table()
        rows = [
            column.fields() | {"address": address_of(column), "depth": column.depth}
            for column in self.columns()
        ]
        return {
            "name": table.get("name", ""),
            "description": table.get("description", ""),
            "rows": rows,
        }

    def save_form(self, form: SchemaTableForm) -> DataProduct:
        """Save the table with its edits."""
        table = apply_edits(self.table(), **form.edits()) | {"name": form.cleaned_data["name"]}
        if form.cleaned_data["description"]:
            table["description"] = form.cleaned_data["description"]
        else:
            table.pop("description", None)
        tables = list(self.contract().tree.get("schema") or [])
        tables[self.number] = table
        return self.put(tables, form)

    def get_success_url(self) -> str:
        """Stay at the table: a page of columns is seldom the whole work."""
        page = self.request.GET.get("page", "")
        query = f"?page={page}" if page.isdigit() else ""
        return self.url("product_table", self.uuid, self.number) + query

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Show which page of the columns this is."""
        extra = {"page": self.columns(), "table": self.table(), "table_number": self.number}
        return super().render(form, status, **extra, **context)


class Document(ContractPage):
    """A whole contract from a file: a new one, or the next content of one that is there."""

    title = _("Contract as a file")
    form_class = ContractDocumentForm
    template_name = "catalog/editing/document.html"
    problems: list[DocumentIssue]

    def current(self) -> dict[str, Any]:
        """Return the document that stands, where this page is one contract's."""
        return {"text": yaml_of(self.contract().tree)} if self.uuid else {}

    def save_form(self, form: ContractDocumentForm) -> DataProduct:
        """Read, check and save the document. Raises Invalid with each problem's line."""
        tree = self.read(form)
        held = self.contract().identifier if self.uuid else tree.get("id")
        if tree.setdefault("id", held) != held:
            message = f"This document has the id {tree['id']}; the contract here has {held}."
            raise ValidationFailed(
                [Issue(location="file", message=message, hint="Give it that id.")]
            )
        edition = form.cleaned_data["edition"]
        return save_contract(product=self.product, tree=tree, edition=edition, actor=self.person)[1]

    def read(self, form: ContractDocumentForm) -> Tree:
        """Return the one contract that was sent. Raises Invalid."""
        content, name = form.content()
        try:
            documents = read_documents(content, name=name)
        except ParseError as error:
            raise self.refused([error.issue]) from error
        if len(documents) != 1:
            message = f"There are {len(documents)} documents in it."
            raise ValidationFailed(
                [Issue(location="file", message=message, hint="Send one contract.")]
            )
        problems = [problem for problem in odcs.check(documents[0]) if problem.is_error]
        if problems:
            raise self.refused(problems)
        return documents[0].tree

    def refused(self, problems: list[DocumentIssue]) -> ValidationFailed:
        """Keep the problems for the page, each with its line, and say how many there are."""
        self.problems = problems[:MOST_PROBLEMS]
        first = problems[0]
        message = f"Line {first.line}: {first.message}."
        if len(problems) > 1:
            message += f" And {len(problems) - 1} more, listed below."
        return ValidationFailed([Issue(location="file", message=message, hint=first.hint)])

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """List the problems of a document that was refused."""
        problems = getattr(self, "problems", [])
        return super().render(form, status, problems=problems, **context)
