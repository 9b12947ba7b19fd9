"""Pages on which a product's ports are added, changed and removed."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from catalog.contracts.models import contract_of
from catalog.contracts.services import (
    add_output_port,
    change_output_port,
    confirm_output_port,
    drop_output_port,
)
from catalog.exceptions import ValidationFailed
from catalog.permissions import Permission
from catalog.ports.models import InputPort, OutputPort
from catalog.ports.projection import port_key
from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.products.services import replace_document
from catalog.types import FormValues, JSONObject
from catalog.web.forms.versioned import VersionedForm
from catalog.web.pages import render_page
from catalog.web.ports.forms import (
    ConfirmForm,
    InputsForm,
    PortForm,
    checkbox_choices,
    initial_from,
)
from catalog.web.products.editing import EditPage, EditView, ProductView
from catalog.web.products.lookup import find_other, linked_products, other_products
from catalog.web.products.ports import PortRow, port_rows


@dataclass(frozen=True, kw_only=True)
class PortsPage(EditPage):
    ports: list[PortRow]
    can_confirm: bool


class Ports(ProductView):
    """The output ports of a product, each with its servers and its last probe."""

    step = "ports"
    template_name = "catalog/editing/ports.html"

    def get(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        page = PortsPage(
            frame=self.frame(),
            ports=port_rows(self.product),
            can_confirm=self.access.can(Permission.STEWARD_PRODUCTS, self.product.domain_id),
        )
        return render_page(request, self.template_name, page)


@dataclass(frozen=True, kw_only=True)
class PortPage(EditPage):
    """`other_servers` counts the servers of the contract that the form does not show."""

    other_servers: int = 0


class AddPort(EditView):
    """A new output port with its server; a draft contract comes with it."""

    step = "ports"
    title = _("Add an output port")
    form_class = PortForm
    template_name = "catalog/editing/port.html"
    success_message = _("Port added. Polling starts now.")

    def save_form(self, form: PortForm) -> DataProduct:
        return add_output_port(
            product=self.product,
            **form.port_fields(),
            interval=form.cleaned_data["interval"],
            server=form.server({}) or {},
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )[1]

    def get_success_url(self) -> str:
        return self.url("product_ports")

    def get_page(self, form: PortForm) -> PortPage:
        return PortPage(frame=self.frame(form))


class OnePort(EditView):
    """What the pages of one output port share: the port, its entry and its servers."""

    step = "ports"

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        self.number = kwargs.pop("port")
        return super().dispatch(request, *args, **kwargs)

    def find_port(self) -> OutputPort:
        """Return the port in the edited version, also by the number of the published one."""
        ports = self.product.output_ports.select_related("port_contract__contract")
        row = self.product.published_row
        numbered = get_object_or_404(
            OutputPort, pk=self.number, product__in=[self.product.pk, row.pk]
        )
        port = get_object_or_404(ports, name=numbered.name, version=numbered.version)
        port.product = self.product
        return port

    def entry(self, port: OutputPort) -> JSONObject:
        entries = self.product.tree.get("outputPorts") or []
        return next((entry for entry in entries if port_key(entry) == port.key), {})

    def servers(self, port: OutputPort) -> list[JSONObject]:
        contract = contract_of(port)
        return list(contract.tree.get("servers") or []) if contract else []

    def get_success_url(self) -> str:
        return self.url("product_ports")


class ChangePort(OnePort):
    """An output port and the location of its server."""

    title = _("Change an output port")
    form_class = PortForm
    shows_stored = True
    template_name = "catalog/editing/port.html"

    def get_initial(self) -> FormValues:
        port = self.find_port()
        entry = self.entry(port)
        server = next(iter(self.servers(port)), {})
        return initial_from(entry, server) | {"interval": custom(entry, "assayInterval")}

    def save_form(self, form: PortForm) -> DataProduct:
        port = self.find_port()
        return change_output_port(
            port=port,
            fields=form.port_fields(),
            server=form.server(next(iter(self.servers(port)), {})),
            interval=form.cleaned_data["interval"],
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def get_page(self, form: PortForm) -> PortPage:
        others = len(self.servers(self.find_port())) - 1
        return PortPage(frame=self.frame(form), other_servers=max(0, others))


@dataclass(frozen=True, kw_only=True)
class ConfirmPortPage(EditPage):
    """`types` are the types of the port's servers, as text."""

    types: str


class ConfirmPort(OnePort):
    """A steward's word that a port works which Assay cannot check."""

    permission_required = Permission.STEWARD_PRODUCTS
    title = _("Confirm that the port works")
    form_class = ConfirmForm
    template_name = "catalog/editing/confirm_port.html"
    success_message = _("Confirmed. The port counts as live for 24 hours.")

    def save_form(self, form: ConfirmForm) -> DataProduct:
        reason = form.cleaned_data["reason"]
        port = confirm_output_port(port=self.find_port(), actor=self.person, reason=reason)
        return port.product

    def get_page(self, form: ConfirmForm) -> ConfirmPortPage:
        types = sorted({str(server.get("type")) for server in self.servers(self.find_port())})
        return ConfirmPortPage(frame=self.frame(form), types=", ".join(types))


@dataclass(frozen=True, kw_only=True)
class RemovePortPage(EditPage):
    """`users` are the products that read from the port and that the person may know of."""

    port: OutputPort
    users: list[DataProduct]


class DropPort(OnePort):
    """Confirmation before a port is removed."""

    title = _("Remove the port?")
    form_class = VersionedForm
    template_name = "catalog/editing/remove_port.html"
    success_message = _("Port removed.")

    def save_form(self, form: VersionedForm) -> DataProduct:
        edition = form.cleaned_data["edition"]
        return drop_output_port(port=self.find_port(), edition=edition, actor=self.person)

    def get_page(self, form: VersionedForm) -> RemovePortPage:
        port = self.find_port()
        feeds = self.product.published_row.feeds
        users = feeds.filter(contract_identifier=port.contract_identifier)
        visible = linked_products(self.access).filter(pk__in=users.values("product_id"))
        return RemovePortPage(frame=self.frame(form), port=port, users=list(visible))


@dataclass(frozen=True)
class InputRow:
    """An input port with the value of its checkbox."""

    checkbox: str
    port: InputPort
    is_known: bool


@dataclass(frozen=True, kw_only=True)
class InputsPage(EditPage):
    """`candidates` are products that may be named as a source."""

    rows: list[InputRow]
    candidates: list[DataProduct]


class Inputs(EditView):
    """The products that this one is made from."""

    step = "inputs"
    form_class = InputsForm
    template_name = "catalog/editing/inputs.html"

    def save_form(self, form: InputsForm) -> DataProduct:
        entries = self.entries()
        remaining = [
            entry
            for checkbox, entry in zip(checkbox_choices(entries), entries, strict=True)
            if checkbox not in form.cleaned_data["removed"]
        ]
        if form.cleaned_data["source"]:
            remaining.append(self.new_entry(form))
        return replace_document(
            product=self.product,
            tree=self.product.tree | {"inputPorts": remaining},
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def entries(self) -> list[JSONObject]:
        return self.product.tree.get("inputPorts") or []

    def new_entry(self, form: InputsForm) -> JSONObject:
        source, name = self.source(form.cleaned_data["source"]), form.cleaned_data["port"]
        ports = source.output_ports.filter(name=name) if name else source.output_ports.all()
        port = ports.first()
        if name and port is None:
            names = ", ".join(source.output_ports.values_list("name", flat=True)) or "none"
            message = f"{source.name} has no output port {name}."
            raise ValidationFailed.of("port", message, f"It has: {names}.")
        entry: JSONObject = {"name": source.slug, "version": source.version}
        if port and port.contract_identifier:
            entry |= {"version": port.version, "contractId": port.contract_identifier}
        return with_custom(entry, "assaySource", f"{source.domain.slug}/{source.slug}")

    def source(self, address: str) -> DataProduct:
        source = find_other(self.access, address, than=self.product.published_row)
        if source is None:
            message = f"No other product {address} that you can see."
            hint = "Write it as domain/product, as shown above the name on its page."
            raise ValidationFailed.of("source", message, hint)
        return source

    def get_page(self, form: InputsForm) -> InputsPage:
        ports = list(self.product.input_ports.all())
        # A source that this person may not see looks like one that does not exist.
        visible = DataProduct.objects.visible_to(self.access).filter(feeds__in=ports)
        known = set(visible.order_by().values_list("pk", flat=True))
        checkboxes = checkbox_choices(self.entries())
        return InputsPage(
            frame=self.frame(form),
            rows=[
                InputRow(checkboxes[port.position], port, port.source_id in known) for port in ports
            ],
            candidates=other_products(self.access, than=self.product.published_row),
        )

    def get_success_url(self) -> str:
        """Stay on the page: several sources are often added in a row."""
        return self.url("product_inputs")
