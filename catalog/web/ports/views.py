"""Pages on which a product's ports are added, changed and taken away."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from catalog.contracts.services import add_output_port, change_output_port, drop_output_port
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.products.services import replace_document
from catalog.web.forms import VersionedForm
from catalog.web.ports.forms import DropForm, InputsForm, PortForm, checkbox_choices, initial_from
from catalog.web.products.editing import EditView, ProductView

MOST_OFFERED = 300


class Ports(ProductView):
    """The output ports of a product, each with its server and what was last seen of it."""

    step = "ports"
    template_name = "catalog/editing/ports.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show the list."""
        ports = self.product.output_ports.select_related("port_contract__contract")
        return self.page(ports=ports.prefetch_related("port_contract__contract__servers"))


class AddPort(EditView):
    """A new output port with its server; a draft contract comes with it."""

    step = "ports"
    title = _("Add an output port")
    form_class = PortForm
    template_name = "catalog/editing/port.html"
    success_message = _("The port is there. Polling begins at once.")

    def save_form(self, form: PortForm) -> DataProduct:
        """Add the port."""
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
        """Return to the list of ports."""
        return self.url("product_ports")


class OnePort(EditView):
    """What the pages of one output port share: the port, its entry and its first server."""

    step = "ports"
    port: OutputPort

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Keep the port's number until the product is found."""
        self.number = kwargs.pop("port")
        return super().dispatch(request, *args, **kwargs)

    def find_port(self) -> OutputPort:
        """Return the port. Raises Http404 where the product has none of that number."""
        rows = self.product.output_ports.select_related("port_contract__contract")
        port = rows.filter(pk=self.number).first()
        if port is None:
            raise Http404
        return port

    def entry(self, port: OutputPort) -> dict[str, Any]:
        """Return the port's entry in the tree."""
        entries = self.product.tree.get("outputPorts") or []
        named = (item for item in entries if item.get("name") == port.name)
        same = (item for item in named if (item.get("version") or "1.0.0") == port.version)
        return next(same, {})

    def servers(self, port: OutputPort) -> list[dict[str, Any]]:
        """Return the servers that the port's contract names."""
        link = getattr(port, "port_contract", None)
        return list(link.contract.tree.get("servers") or []) if link else []

    def get_success_url(self) -> str:
        """Return to the list of ports."""
        return self.url("product_ports")


class ChangePort(OnePort):
    """An output port's words and the place of its server."""

    title = _("Change an output port")
    form_class = PortForm
    template_name = "catalog/editing/port.html"

    def get_initial(self) -> dict[str, Any]:
        """Return what entry and contract say."""
        port = self.find_port()
        entry = self.entry(port)
        server = next(iter(self.servers(port)), {})
        return initial_from(entry, server) | {"interval": custom(entry, "assayInterval")}

    def save_form(self, form: PortForm) -> DataProduct:
        """Change the port."""
        port = self.find_port()
        return change_output_port(
            port=port,
            fields=form.port_fields(),
            server=form.server(next(iter(self.servers(port)), {})),
            interval=form.cleaned_data["interval"],
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Say how many servers the contract names."""
        port = OutputPort.objects.filter(pk=self.number, product=self.product).first()
        others = len(self.servers(port)) - 1 if port else 0
        return super().render(form, status, port=port, other_servers=max(0, others), **context)


class DropPort(OnePort):
    """A question before a port goes."""

    title = _("Take the port away?")
    form_class = DropForm
    template_name = "catalog/editing/drop_port.html"
    success_message = _("The port is gone.")

    def save_form(self, form: VersionedForm) -> DataProduct:
        """Take it out of the tree."""
        edition = form.cleaned_data["edition"]
        return drop_output_port(port=self.find_port(), edition=edition, actor=self.person)

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Name the port, and who uses it."""
        port = self.find_port()
        users = self.product.feeds.filter(contract_identifier=port.contract_identifier)
        visible = DataProduct.objects.visible_to(self.reader)
        known = visible.filter(pk__in=users.values("product_id")).select_related("domain")
        return super().render(form, status, port=port, users=known, **context)


class Inputs(EditView):
    """The products that this one is made from."""

    step = "inputs"
    form_class = InputsForm
    template_name = "catalog/editing/inputs.html"

    def save_form(self, form: InputsForm) -> DataProduct:
        """Replace the tree's list."""
        gone, held = form.cleaned_data["gone"], self.entries()
        kept = [
            entry
            for tick, entry in zip(checkbox_choices(held), held, strict=True)
            if tick not in gone
        ]
        if form.cleaned_data["source"]:
            kept.append(self.new_entry(form))
        return replace_document(
            product=self.product,
            tree=self.product.tree | {"inputPorts": kept},
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def entries(self) -> list[Any]:
        """Return the input ports as the tree names them."""
        return self.product.tree.get("inputPorts") or []

    def new_entry(self, form: InputsForm) -> dict[str, Any]:
        """Return the entry of the product that was named. Raises Invalid beside its field."""
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
        """Return the product at an address that this person may know of. Raises Invalid."""
        domain, _slash, slug = address.strip().strip("/").removeprefix("p/").partition("/")
        visible = DataProduct.objects.visible_to(self.reader).exclude(pk=self.product.pk)
        found = visible.select_related("domain").filter(domain__slug=domain, slug=slug).first()
        if found is None:
            message = f"No other product {address} is open to you."
            hint = "Write its address as domain/product; it stands above the name on its page."
            raise ValidationFailed([Issue(location="source", message=message, hint=hint)])
        return found

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Offer the addresses of products to complete what is typed."""
        visible = DataProduct.objects.visible_to(self.reader)
        others = visible.live().exclude(pk=self.product.pk)
        # In the order of an index: by the names of domains, all products would be sorted.
        offered = others.select_related("domain").order_by("domain_id", "slug")
        ports = list(self.product.input_ports.all())
        # A source that this person may not see reads as one that is not there.
        known = set(visible.filter(feeds__in=ports).values_list("pk", flat=True))
        ticks = checkbox_choices(self.entries())
        rows = [(ticks[port.position], port) for port in ports]
        extra = {"offered": offered[:MOST_OFFERED], "rows": rows, "known": known}
        return super().render(form, status, **extra, **context)

    def get_success_url(self) -> str:
        """Stay: several are often named in a row."""
        return self.url("product_inputs")
