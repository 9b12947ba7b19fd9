"""Removing a use of a product that a reader added."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.authorization.access import require_user
from catalog.exceptions import InvalidTransition
from catalog.products.models import DataProduct, ProductUse
from catalog.products.services import remove_use


@login_required
@require_POST
def product_use_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove the use and return to its product."""
    person = require_user(request.user)
    visible = DataProduct.objects.visible_to(person)
    uses = ProductUse.objects.filter(product__in=visible).select_related("product__domain")
    use = get_object_or_404(uses, pk=pk)
    try:
        remove_use(use=use, actor=person)
    except InvalidTransition as error:
        messages.error(request, f"{error.message} {error.hint}")
    else:
        messages.success(request, _("Use removed."))
    return redirect(use.product.path)
