"""Pages on which a product's ports are added, changed and removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from catalog.contracts.models import Server
from catalog.contracts.services import add_output_port, change_output_port, drop_output_port
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.ports.models import InputPort, OutputPort
from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.products.services import replace_document
from catalog.web.pages import render_page
from catalog.web.ports.forms import DropForm, InputsForm, PortForm, checkbox_choices, initial_from
from catalog.web.products.editing import EditPage, EditView, ProductView

MAX_CANDIDATES = 300


@dataclass(frozen=True)
class PortRow:
    """An output port with the servers of its contract."""

    port: OutputPort
    servers: list[Server]

    @property
    def verdict(self) -> str:
        """Return "met" if the last probe was good, "breached" if not, "no_data" without one."""
        if not self.port.last_probed_at:
            return "no_data"
        return "met" if self.port.last_good_at == self.port.last_probed_at else "breached"


@dataclass(frozen=True, kw_only=True)
class PortsPage(EditPage):
    ports: list[PortRow]


class Ports(ProductView):
    """The output ports of a product, each with its servers and its last probe."""

    step = "ports"
    template_name = "catalog/editing/ports.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        ports = self.product.output_ports.select_related("port_contract__contract")
        rows = []
        for port in ports.prefetch_related("port_contract__contract__servers"):
            link = getattr(port, "port_contract", None)
            rows.append(PortRow(port, list(link.contract.servers.all()) if link else []))
        page = PortsPage(frame=self.frame(), ports=rows)
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
        fields = form.port_fields()
        return add_output_port(
            product=self.product,
            name=fields["name"],
            version=fields["version"],
            description=fields["description"],
            interval=form.cleaned_data["interval"],
            server=form.server({}),
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
    port: OutputPort

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.number = kwargs.pop("port")
        return super().dispatch(request, *args, **kwargs)

    def find_port(self) -> OutputPort:
        """Return the port. Raises Http404 if the product has no port of that number."""
        rows = self.product.output_ports.select_related("port_contract__contract")
        port = rows.filter(pk=self.number).first()
        if port is None:
            raise Http404
        return port

    def entry(self, port: OutputPort) -> dict[str, Any]:
        entries = self.product.tree.get("outputPorts") or []
        key = (port.name, port.version)
        same = (e for e in entries if (e.get("name"), e.get("version") or "1.0.0") == key)
        return next(same, {})

    def servers(self, port: OutputPort) -> list[dict[str, Any]]:
        link = getattr(port, "port_contract", None)
        return list(link.contract.tree.get("servers") or []) if link else []

    def get_success_url(self) -> str:
        return self.url("product_ports")


class ChangePort(OnePort):
    """An output port and the location of its server."""

    title = _("Change an output port")
    form_class = PortForm
    template_name = "catalog/editing/port.html"

    def get_initial(self) -> dict[str, Any]:
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
        port = OutputPort.objects.filter(pk=self.number, product=self.product).first()
        others = len(self.servers(port)) - 1 if port else 0
        return PortPage(frame=self.frame(form), other_servers=max(0, others))


@dataclass(frozen=True, kw_only=True)
class RemovePortPage(EditPage):
    """`users` are the products that read from the port and that the person may know of."""

    port: OutputPort
    users: list[DataProduct]


class DropPort(OnePort):
    """Confirmation before a port is removed."""

    title = _("Remove the port?")
    form_class = DropForm
    template_name = "catalog/editing/remove_port.html"
    success_message = _("Port removed.")

    def save_form(self, form: DropForm) -> DataProduct:
        edition = form.cleaned_data["edition"]
        return drop_output_port(port=self.find_port(), edition=edition, actor=self.person)

    def get_page(self, form: DropForm) -> RemovePortPage:
        port = self.find_port()
        users = self.product.feeds.filter(contract_identifier=port.contract_identifier)
        visible = DataProduct.objects.visible_to(self.access)
        known = visible.filter(pk__in=users.values("product_id")).select_related("domain")
        return RemovePortPage(frame=self.frame(form), port=port, users=list(known))


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
            if checkbox not in form.cleaned_data["gone"]
        ]
        if form.cleaned_data["source"]:
            remaining.append(self.new_entry(form))
        return replace_document(
            product=self.product,
            tree=self.product.tree | {"inputPorts": remaining},
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def entries(self) -> list[Any]:
        return self.product.tree.get("inputPorts") or []

    def new_entry(self, form: InputsForm) -> dict[str, Any]:
        """Return the entry of the product that was named. Raises ValidationFailed."""
        source = self.source(form.cleaned_data["source"])
        wanted = form.cleaned_data["port"]
        ports = source.output_ports.filter(name=wanted) if wanted else source.output_ports.all()
        port = ports.first()
        if wanted and port is None:
            names = ", ".join(source.output_ports.values_list("name", flat=True)) or "none"
            message = f"{source.name} has no output port {wanted}."
            raise ValidationFailed(
                [Issue(location="port", message=message, hint=f"It has: {names}.")]
            )
        entry: dict[str, Any] = {"name": source.slug, "version": source.version}
        if port and port.contract_identifier:
            entry |= {"version": port.version, "contractId": port.contract_identifier}
        return with_custom(entry, "assaySource", f"{source.domain.slug}/{source.slug}")

    def source(self, address: str) -> DataProduct:
        """Return the product at an address that the person may know of. Raises ValidationFailed."""
        domain, _slash, slug = address.strip().strip("/").removeprefix("p/").partition("/")
        visible = DataProduct.objects.visible_to(self.access).exclude(pk=self.product.pk)
        source = visible.select_related("domain").filter(domain__slug=domain, slug=slug).first()
        if source is None:
            message = f"No other product {address} that you can see."
            hint = "Write it as domain/product, as shown above the name on its page."
            raise ValidationFailed([Issue(location="source", message=message, hint=hint)])
        return source

    def get_page(self, form: InputsForm) -> InputsPage:
        visible = DataProduct.objects.visible_to(self.access)
        others = visible.live().exclude(pk=self.product.pk)
        # In the order of an index: by the names of domains, all products would be sorted.
        candidates = others.select_related("domain").order_by("domain_id", "slug")
        ports = list(self.product.input_ports.all())
        # A source that this person may not see looks like one that does not exist.
        known = set(visible.filter(feeds__in=ports).values_list("pk", flat=True))
        checkboxes = checkbox_choices(self.entries())
        return InputsPage(
            frame=self.frame(form),
            rows=[
                InputRow(checkboxes[port.position], port, port.source_id in known) for port in ports
            ],
            candidates=list(candidates[:MAX_CANDIDATES]),
        )

    def get_success_url(self) -> str:
        """Stay on the page: several sources are often added in a row."""
        return self.url("product_inputs")
