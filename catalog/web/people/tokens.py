"""A person's own API tokens: created, shown once, revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from catalog.authorization.access import require_user
from catalog.people.models import ApiToken
from catalog.people.services import create_token, revoke_token
from catalog.web.pages import render_form, submitted
from catalog.web.people.forms import TokenForm


@dataclass(frozen=True, kw_only=True)
class TokenListPage:
    """A person's tokens; `new_token` is the text of the one just created, shown only once."""

    form: TokenForm
    new_token: str
    tokens: Sequence[ApiToken]
    example_url: str
    api_url: str


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """List one's own tokens and create a new one."""
    person = require_user(request.user)
    form, new_token = TokenForm(submitted(request)), ""
    if form.is_valid():
        with form.catch_issues():
            _, new_token = create_token(
                person=person,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                lasts=timedelta(days=form.cleaned_data["days"]),
            )
            form = TokenForm()
    page = TokenListPage(
        form=form,
        new_token=new_token,
        tokens=list(ApiToken.objects.filter(user=person)),
        example_url=request.build_absolute_uri(reverse("api:products")),
        api_url=reverse("api:tokens"),
    )
    return render_form(request, "catalog/people/tokens.html", page)


@login_required
@require_POST
def token_revoke(request: HttpRequest, uuid: str) -> HttpResponse:
    person = require_user(request.user)
    token = get_object_or_404(ApiToken, uuid=uuid, user=person)
    revoke_token(token=token, actor=person)
    messages.success(request, _("Token {name} revoked.").format(name=token.name))
    return redirect("token_list")
