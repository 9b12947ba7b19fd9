"""Pages on which a product's contracts are written: tables and columns by hand, or as a file."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from catalog.contracts.columns import iter_columns
from catalog.contracts.models import DataContract, PortContract, SchemaObject, contracts_of
from catalog.contracts.projection import bump_version
from catalog.contracts.services import (
    frozen_digests,
    is_frozen,
    save_contract,
    save_edited_contract,
)
from catalog.exceptions import ValidationFailed
from catalog.manifests.formats import odcs
from catalog.manifests.issues import DocumentIssue, ParseError
from catalog.manifests.readers import read_documents
from catalog.manifests.serializers import yaml_of
from catalog.products.models import DataProduct
from catalog.types import FormValues, JSONObject
from catalog.web.contracts.forms import ContractDocumentForm, NewTableForm
from catalog.web.forms.versioned import VersionedForm
from catalog.web.pages import render_page
from catalog.web.products.editing import EditPage, EditView, ProductView

MAX_ISSUES = 25


@dataclass(frozen=True)
class ContractRow:
    contract: DataContract
    is_frozen: bool


@dataclass(frozen=True, kw_only=True)
class ContractsPage(EditPage):
    contracts: list[ContractRow]


class Contracts(ProductView):
    """The contracts of a product with their tables."""

    step = "schema"
    template_name = "catalog/editing/contracts.html"

    def get(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        tables = SchemaObject.objects.annotate(column_count=Count("properties"))
        links = PortContract.objects.filter(port__product=self.product).select_related("port")
        contracts = contracts_of(self.product).defer("tree")
        contracts = contracts.prefetch_related(
            Prefetch("schema_objects", tables), Prefetch("port_contracts", links)
        )
        frozen = frozen_digests(self.product)
        rows = [
            ContractRow(contract, contract.digest in frozen)
            for contract in contracts.order_by("identifier", "-id")
        ]
        page = ContractsPage(frame=self.frame(), contracts=rows)
        return render_page(request, self.template_name, page)


@dataclass(frozen=True, kw_only=True)
class ContractPage(EditPage):
    """`contract` is None for a new one."""

    contract: DataContract | None

    @cached_property
    def next_version(self) -> str:
        """Return the version that saving creates; empty while the contract is a draft."""
        is_published = self.contract and is_frozen(self.contract)
        return bump_version(self.contract.version) if self.contract and is_published else ""


class ContractView(EditView):
    """What the pages of one contract share; saving one that is published makes its next version."""

    step = "schema"
    success_message = _("Contract saved.")
    uuid: Any = None
    number: int = 0
    _loaded: DataContract | None = None

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: Any) -> HttpResponseBase:
        """Take contract and table from the address."""
        self.uuid, self.number = kwargs.pop("contract", None), kwargs.pop("table", 0)
        return super().dispatch(request, *args, **kwargs)

    def contract(self) -> DataContract:
        """Return the contract. Raises Http404 where the product has none of that id."""
        if self._loaded is not None:
            return self._loaded
        contract = get_object_or_404(contracts_of(self.product), uuid=self.uuid)
        if self.request.method == "GET":
            # The document of a wide table takes long to parse. A page that writes reads it again:
            # someone else may have written meanwhile.
            self._loaded = contract
        return contract

    def table(self) -> JSONObject:
        """Return the table of the page. Raises Http404 where the contract has none there."""
        tables = self.contract().tree.get("schema") or []
        if not 0 <= self.number < len(tables):
            raise Http404
        table: JSONObject = tables[self.number]
        return table

    def put_table(self, table: JSONObject, form: VersionedForm) -> DataProduct:
        tables = list(self.contract().tree.get("schema") or [])
        tables[self.number] = table
        return self.put(tables, form)

    def put(self, tables: list[JSONObject], form: VersionedForm) -> DataProduct:
        """Save the contract with these tables; a published version stays, the next one changes."""
        contract = self.contract()
        saved, product = save_edited_contract(
            product=self.product,
            contract=contract,
            tree=contract.tree | {"schema": tables},
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )
        self.uuid = saved.uuid
        return product

    def get_success_url(self) -> str:
        return self.url("product_contracts")

    def get_page(self, form: Any) -> ContractPage:
        return ContractPage(frame=self.frame(form), contract=self.contract())


class AddTable(ContractView):
    """One more table; its columns come on its own page."""

    title = _("Add a table")
    form_class = NewTableForm
    template_name = "catalog/editing/table_add.html"

    def save_form(self, form: NewTableForm) -> DataProduct:
        tables = list(self.contract().tree.get("schema") or [])
        name = form.cleaned_data["name"]
        if any(table.get("name") == name for table in tables):
            raise ValidationFailed.of("name", "There is already a table of this name.")
        self.number = len(tables)
        return self.put([*tables, {"name": name, "properties": []}], form)

    def get_success_url(self) -> str:
        return self.url("product_table", self.uuid, self.number)


@dataclass(frozen=True, kw_only=True)
class RemoveTablePage(ContractPage):
    name: str
    column_count: int


class DropTable(ContractView):
    """Confirmation before a table is removed."""

    title = _("Remove this table?")
    form_class = VersionedForm
    template_name = "catalog/editing/remove_table.html"

    def save_form(self, form: VersionedForm) -> DataProduct:
        self.table()
        tables = list(self.contract().tree.get("schema") or [])
        return self.put(tables[: self.number] + tables[self.number + 1 :], form)

    def get_page(self, form: VersionedForm) -> RemoveTablePage:
        table = self.table()
        return RemoveTablePage(
            frame=self.frame(form),
            contract=self.contract(),
            name=table.get("name", ""),
            column_count=len(iter_columns(table)),
        )


@dataclass(frozen=True, kw_only=True)
class DocumentPage(ContractPage):
    issues: list[DocumentIssue]


class Document(ContractView):
    """A whole contract from a file: a new one, or new content for an existing one."""

    title = _("Contract as a file")
    form_class = ContractDocumentForm
    template_name = "catalog/editing/document.html"
    issues: list[DocumentIssue]

    def current(self) -> FormValues:
        """Return the stored document; nothing for a new contract."""
        return {"text": yaml_of(self.contract().tree)} if self.uuid else {}

    def save_form(self, form: ContractDocumentForm) -> DataProduct:
        """Read, check and save the document. Raises ValidationFailed."""
        tree = self.read(form)
        identifier = self.contract().identifier if self.uuid else tree.get("id")
        if tree.setdefault("id", identifier) != identifier:
            message = f"This document has the id {tree['id']}; the contract has {identifier}."
            raise ValidationFailed.of("file", message, "Give it that id.")
        edition = form.cleaned_data["edition"]
        return save_contract(product=self.product, tree=tree, edition=edition, actor=self.person)[1]

    def read(self, form: ContractDocumentForm) -> JSONObject:
        """Return the one contract that was sent. Raises ValidationFailed."""
        content, name = form.content()
        try:
            documents = read_documents(content, name=name)
        except ParseError as error:
            raise self.rejected([error.issue]) from error
        if len(documents) != 1:
            message = f"There are {len(documents)} documents in it."
            raise ValidationFailed.of("file", message, "Send one contract.")
        issues = [issue for issue in odcs.check(documents[0]) if issue.is_error]
        if issues:
            raise self.rejected(issues)
        return documents[0].tree

    def rejected(self, issues: list[DocumentIssue]) -> ValidationFailed:
        """Keep the issues for the page; return an error that names the first one."""
        self.issues = issues[:MAX_ISSUES]
        first = issues[0]
        message = f"Line {first.line}: {first.message}."
        if len(issues) > 1:
            message += f" And {len(issues) - 1} more, listed below."
        return ValidationFailed.of("file", message, first.hint)

    def get_page(self, form: ContractDocumentForm) -> DocumentPage:
        return DocumentPage(
            frame=self.frame(form),
            contract=self.contract() if self.uuid else None,
            issues=getattr(self, "issues", []),
        )
