"""One's own API tokens: made, shown once, ended."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.authorization.access import require_user
from catalog.exceptions import ValidationFailed
from catalog.people.models import ApiToken, Person
from catalog.people.services import create_token, revoke_token
from catalog.web.people.forms import TokenForm


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """List one's own tokens and make a new one, whose text this one answer shows."""
    sheet, text = TokenForm(request.POST if request.method == "POST" else None), ""
    if request.method == "POST" and sheet.is_valid():
        try:
            text = _make(request.user, sheet)
        except ValidationFailed as refusal:
            sheet.add_issues(refusal)
        else:
            sheet = TokenForm()
    context = {
        "form": sheet,
        "text": text,
        "tokens": ApiToken.objects.filter(user=request.user),
        "now": timezone.now(),
        "address": request.build_absolute_uri(reverse("product_register")).rpartition("/")[0],
    }
    status = 422 if sheet.errors else 200
    return render(request, "catalog/people/tokens.html", context, status=status)


@login_required
@require_safe
def token_list_json(request: HttpRequest) -> JsonResponse:
    """List one's own tokens for a program; their texts are nowhere."""
    rows = [_as_json(token) for token in ApiToken.objects.filter(user=request.user)]
    return JsonResponse({"count": len(rows), "results": rows})


@login_required
@require_POST
def token_revoke(request: HttpRequest, uuid: str) -> HttpResponse:
    """End one of one's own tokens at once."""
    person = require_user(request.user)
    token = get_object_or_404(ApiToken, uuid=uuid, user=person)
    revoke_token(token=token, actor=person)
    messages.success(request, _("{name} no longer opens anything.").format(name=token.name))
    return redirect("token_list")


def _make(person: Any, sheet: TokenForm) -> str:
    assert isinstance(person, Person)
    return create_token(
        person=person,
        name=sheet.cleaned_data["name"],
        scopes=sheet.cleaned_data["scopes"],
        lasts=sheet.lasts(),
    )[1]


def _as_json(token: ApiToken) -> dict[str, Any]:
    return {
        "id": str(token.uuid),
        "name": token.name,
        "scopes": token.scopes,
        "created": token.created,
        "expires": token.expiry,
        "last_used": token.last_used_at,
    }
