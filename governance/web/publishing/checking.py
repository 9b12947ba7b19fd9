"""A check of an output port on request, for those who do not want to wait for the next one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.authorization.access import require_permission, require_user
from catalog.contracts.models import contract_of
from catalog.exceptions import CatalogError, ValidationFailed
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.web.components.humanize import duration
from governance.inspection.services import inspect_port
from governance.slo.services import probe_ports
from governance.web.inspection import visible_port

# A check holds a thread of the web server, so one person has one at a time.
LOCK_SECONDS = 40
RETURN_TO = {"publish": "product_publish", "ports": "product_ports"}


@login_required
@require_POST
def port_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Probe the server of a port, or read its tables if it is not probed; say how that ended."""
    port = visible_port(request, pk)
    person = require_user(request.user)
    require_permission(person, Permission.EDIT_PRODUCTS, port.product.domain)
    lock = f"port-check:{person.pk}"
    if not cache.add(lock, 1, timeout=LOCK_SECONDS):
        messages.warning(request, _("Your last check is still running. Try again in a moment."))
    else:
        try:
            is_good, text = _check(request, port)
        finally:
            cache.delete(lock)
        (messages.success if is_good else messages.error)(request, text)
    page = RETURN_TO.get(request.POST.get("to", ""), "product_publish")
    return redirect(page, port.product.domain.slug, port.product.slug)


def _check(request: HttpRequest, port: OutputPort) -> tuple[bool, str]:
    contract = contract_of(port)
    servers = list(contract.servers.all()) if contract else []
    if not any(server.is_probed for server in servers):
        return _read(request, port)
    results = probe_ports(port_ids=[port.pk])
    if not results:
        return False, _("The port is being checked at this moment. Reload the page.")
    [result] = results
    if result.is_good:
        text = _("%(port)s answered in %(time)s.")
        return True, text % {"port": port.name, "time": duration(result.timings.total)}
    status = f" ({result.status_code})" if result.status_code else ""
    return False, _("The check of %(port)s failed: %(outcome)s.") % {
        "port": port.name,
        "outcome": f"{result.outcome}{status}",
    }


def _read(request: HttpRequest, port: OutputPort) -> tuple[bool, str]:
    try:
        inspection = inspect_port(port=port, actor=require_user(request.user))
    except ValidationFailed as error:
        return False, f"{error.issues[0].message} {error.issues[0].hint}"
    except CatalogError as error:
        return False, f"{error.message} {error.hint}"
    if inspection.failure:
        return False, inspection.failure_message
    text = _("The tables of %(port)s were read: %(n)s.")
    return True, text % {"port": port.name, "n": len(inspection.tables)}
