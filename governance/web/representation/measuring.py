"""A measurement of a port on request: the browser waits, and the page says how it ended."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.authorization.access import require_user
from catalog.exceptions import CatalogError, NotFound
from governance.representation.services import measure_port
from governance.web.inspection import visible_port


@login_required
@require_POST
def port_representation_measure(request: HttpRequest, pk: int) -> HttpResponse:
    port = visible_port(request, pk)
    try:
        run = measure_port(port=port, actor=require_user(request.user))
    except NotFound:
        raise
    except CatalogError as error:
        messages.error(request, f"{error.message} {error.hint}".strip())
    else:
        if run.is_ok:
            text = _("Measured: {rows} records.").format(rows=f"{run.representation.rows:,}")
            messages.success(request, text)
        else:
            messages.error(request, _("Measuring failed: {reason}").format(reason=run.reason))
    return redirect("product_bias", port.product.domain.slug, port.product.slug)
