"""How a person hears of their inbox: the digest, the address of their feeds."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from catalog.authorization.access import require_user
from catalog.people.mail import has_mail_server
from catalog.people.models import Person
from catalog.web.forms.versioned import CatalogForm
from catalog.web.pages import render_form, render_page, submitted
from governance.inbox.mail import person_of_token
from governance.inbox.models import Digest, Frequency, InboxSettings
from governance.inbox.services import choose_frequency, create_feed, revoke_feed

FREQUENCIES = {
    Frequency.NEVER: gettext_lazy("Never"),
    Frequency.DAILY: gettext_lazy("Every day"),
    Frequency.WEEKLY: gettext_lazy("Every week, on Monday"),
}


class DigestForm(CatalogForm):
    """How often a digest is mailed."""

    frequency = forms.ChoiceField(
        label=gettext_lazy("Send me a digest"),
        choices=list(FREQUENCIES.items()),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("After 6:00 UTC, and only if something waits for you."),
    )


@dataclass(frozen=True, kw_only=True)
class SettingsPage:
    """`feed_urls` have the secret that was just created: it is shown only once."""

    form: DigestForm
    email: str
    can_mail: bool
    last_digest: Digest | None
    has_feed: bool
    feed_urls: list[tuple[str, str]]
    api_url: str


@dataclass(frozen=True)
class EndPage:
    """The page that a link of a mail leads to; `is_done` once no more digests are sent."""

    person: Person
    is_done: bool


@login_required
@require_http_methods(["GET", "POST"])
def inbox_settings(request: HttpRequest) -> HttpResponse:
    """Choose how often a digest is mailed."""
    person = require_user(request.user)
    form = DigestForm(submitted(request), initial={"frequency": _settings(person).frequency})
    if form.is_valid():
        choose_frequency(person=person, frequency=form.cleaned_data["frequency"])
        messages.success(request, _("Saved."))
        return redirect("inbox_settings")
    return render_form(request, "governance/inbox/settings.html", _page(person, form))


@never_cache
@login_required
@require_POST
def feed_create(request: HttpRequest) -> HttpResponse:
    """Create the secret address of the person's feeds, and show it once."""
    person = require_user(request.user)
    secret = create_feed(person=person)
    urls = [
        (label, request.build_absolute_uri(reverse(route, args=[secret])))
        for label, route in (
            (_("Inbox"), "inbox_feed"),
            (_("All alerts that you may see"), "inbox_alert_feed"),
        )
    ]
    form = DigestForm(initial={"frequency": _settings(person).frequency})
    return render_page(request, "governance/inbox/settings.html", _page(person, form, urls))


@login_required
@require_POST
def feed_revoke(request: HttpRequest) -> HttpResponse:
    revoke_feed(person=require_user(request.user))
    messages.success(request, _("The address of your feeds no longer works."))
    return redirect("inbox_settings")


# A mail program posts here on its own (RFC 8058): it has no session, the link is the proof.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def digest_end(request: HttpRequest, token: str) -> HttpResponse:
    """End the digests of the person to whom the link was mailed, by one button or one POST."""
    person = person_of_token(token)
    if person is None:
        raise Http404
    if is_done := request.method == "POST":
        choose_frequency(person=person, frequency=Frequency.NEVER)
    return render_page(request, "governance/inbox/end.html", EndPage(person, is_done))


def _settings(person: Person) -> InboxSettings:
    return InboxSettings.objects.filter(person=person).first() or InboxSettings(person=person)


def _page(
    person: Person, form: DigestForm, feed_urls: list[tuple[str, str]] | None = None
) -> SettingsPage:
    sent = person.digests.filter(finished_at__isnull=False).order_by("-finished_at")
    return SettingsPage(
        form=form,
        email=person.email,
        can_mail=has_mail_server(),
        last_digest=sent.first(),
        has_feed=bool(_settings(person).feed_digest),
        feed_urls=feed_urls or [],
        api_url=reverse("api:inbox_settings"),
    )
