"""Following a product, ending that, and the list of what a person follows."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.authorization.access import access_for, require_user
from catalog.products.following import followed_by
from catalog.products.models import DataProduct, Follow
from catalog.products.services import follow, unfollow
from catalog.web.pages import render_page
from catalog.web.products.lookup import ProductMoved, find_product

PAGE_SIZE = 50


@dataclass(frozen=True)
class FollowListPage:
    """`hidden_count` is of products that the person follows and cannot read now."""

    follows: Page[Follow]
    hidden_count: int
    api_url: str


@login_required
@require_safe
def follow_list(request: HttpRequest) -> HttpResponse:
    """List the products that the person follows."""
    person = require_user(request.user)
    follows = Paginator(followed_by(person), PAGE_SIZE)
    page = FollowListPage(
        follows=follows.get_page(request.GET.get("page", "1")),
        hidden_count=person.follows.count() - follows.count,
        api_url=reverse("api:follows"),
    )
    return render_page(request, "catalog/products/follows.html", page)


@login_required
@require_POST
def product_follow(request: HttpRequest, domain: str, product: str) -> HttpResponse:
    row = _find(request, domain, product)
    follow(product=row, person=require_user(request.user))
    text = _("You follow {name}: your inbox tells you when it misses an objective.")
    messages.success(request, text.format(name=row.name))
    return redirect(row.path)


@login_required
@require_POST
def product_unfollow(request: HttpRequest, domain: str, product: str) -> HttpResponse:
    row = _find(request, domain, product)
    unfollow(product=row, person=require_user(request.user))
    messages.success(request, _("You no longer follow {name}.").format(name=row.name))
    is_from_list = request.POST.get("from") == "list"
    return redirect("follow_list") if is_from_list else redirect(row.path)


def _find(request: HttpRequest, domain: str, slug: str) -> DataProduct:
    try:
        return find_product(access_for(request.user), domain, slug)
    except ProductMoved as moved:
        return moved.product
