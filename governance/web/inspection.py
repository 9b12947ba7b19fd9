"""The source tab of a product: the observed schema of each port, and its drift."""

from dataclasses import dataclass
from itertools import accumulate

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.authorization.access import AccessContext, access_for, require_user
from catalog.contracts.models import contract_of
from catalog.exceptions import EditConflict, ImmutableVersion, InvalidTransition, ValidationFailed
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_product
from governance.inspection.models import Inspection
from governance.inspection.services import READABLE, adopt_schema, inspect_port, visible_profile
from governance.sandbox.types import TableProfile

# What one page holds: columns of tables in full, then names of further tables.
MAX_SHOWN_COLUMNS = 500
MAX_SHOWN_NAMES = 500


@dataclass(frozen=True)
class PortSource:
    """The source of one port; `failure` is a sentence, empty after a successful read.

    `tables` are shown in full, `further_tables` by name; `n_omitted` are only in the API.
    """

    port: OutputPort
    inspection: Inspection | None
    tables: list[TableProfile]
    further_tables: list[TableProfile]
    n_omitted: int
    contract_version: str
    failure: str
    is_readable: bool


@dataclass(frozen=True, kw_only=True)
class ProductSourcePage:
    frame: ProductFrame
    ports: list[PortSource]


@on_product
def product_source(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    ports = (
        product.output_ports.select_related("product", "inspection", "port_contract__contract")
        .prefetch_related("port_contract__contract__servers")
        .order_by("position", "id")
    )
    frame = product_frame(request, product, reader, tab="product_source")
    page = ProductSourcePage(
        frame=frame, ports=[source_of(port, request.GET.get("table")) for port in ports]
    )
    return render_page(request, "governance/inspection/source.html", page)


@login_required
@require_POST
def port_read(request: HttpRequest, pk: int) -> HttpResponse:
    port = visible_port(request, pk)
    try:
        inspection = inspect_port(port=port, actor=require_user(request.user))
    except ValidationFailed as error:
        messages.error(request, error.issues[0].message)
    except InvalidTransition as error:
        messages.error(request, f"{error.message} {error.hint}")
    else:
        if inspection.failure:
            messages.error(request, inspection.failure_message)
        else:
            messages.success(request, _("Source read."))
    return _back(port)


@login_required
@require_POST
def port_adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the observed schema into the port's contract, as a new version if one is given."""
    port = visible_port(request, pk)
    edition = request.POST.get("edition", "")
    try:
        contract, _product = adopt_schema(
            port=port,
            edition=int(edition) if edition.isdecimal() and len(edition) < 10 else 0,
            actor=require_user(request.user),
            version=request.POST.get("version", "").strip()[:60],
        )
    except (EditConflict, ImmutableVersion, InvalidTransition) as error:
        messages.error(request, f"{error.message} {error.hint}")
    except ValidationFailed as error:
        messages.error(request, " ".join(issue.message for issue in error.issues))
    else:
        text = _("Contract %(contract)s updated from the source.")
        messages.success(request, text % {"contract": contract})
    return _back(port)


def source_of(port: OutputPort, selected: str | None = None) -> PortSource:
    """Return the source of a port, with one table in full if its name is selected."""
    contract = contract_of(port)
    servers = list(contract.servers.all()) if contract else []
    inspection: Inspection | None = getattr(port, "inspection", None)
    tables = visible_profile(inspection) if inspection else []
    chosen = [table for table in tables if table.name == selected] or first_tables(tables)
    others = [table for table in tables if table not in chosen]
    return PortSource(
        port=port,
        inspection=inspection,
        tables=chosen,
        further_tables=others[:MAX_SHOWN_NAMES],
        n_omitted=len(others[MAX_SHOWN_NAMES:]),
        contract_version=contract.version if contract else "",
        failure=inspection.failure_message if inspection else "",
        is_readable=any(server.type in READABLE for server in servers),
    )


def first_tables(tables: list[TableProfile]) -> list[TableProfile]:
    """Return the first tables as far as their columns fit on a page, at least one."""
    totals = accumulate(len(table.columns) or 1 for table in tables)
    n_fitting = sum(total <= MAX_SHOWN_COLUMNS for total in totals)
    return tables[: max(1, n_fitting)]


def visible_port(request: HttpRequest, pk: int) -> OutputPort:
    """Return a port that the reader sees; those who see drafts, also one of a working copy."""
    access = access_for(request.user)
    visible = DataProduct.objects.visible_to(access)
    copies = DataProduct.including_working_copies.filter(
        working_copy_of__isnull=False, domain__in=access.domains_with(Permission.VIEW_DRAFTS)
    )
    ports = OutputPort.objects.select_related("product__domain", "port_contract__contract")
    is_visible = Q(product__in=visible) | Q(product__in=copies)
    port = ports.filter(is_visible, pk=pk).first()
    if port is None:
        raise Http404
    return port


def _back(port: OutputPort) -> HttpResponse:
    if port.product.is_working_copy:
        return redirect("product_ports", port.product.domain.slug, port.product.slug)
    return redirect("product_source", port.product.domain.slug, port.product.slug)
