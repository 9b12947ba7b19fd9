"""The page of an empty installation that creates the first administrator."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from catalog.domains.services import create_first_admin, is_initialized
from catalog.exceptions import NameConflict, ValidationFailed
from catalog.web.pages import render_page
from catalog.web.people.forms import NewPersonForm

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


class FirstStartMiddleware:
    """Redirects home and sign-in to the first start until an account exists."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.is_initialized = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.is_initialized and request.path in ("/", reverse("account_login")):
            self.is_initialized = is_initialized()
            if not self.is_initialized and request.method in ("GET", "HEAD"):
                return HttpResponseRedirect(reverse("first_start"))
        return self.get_response(request)


@dataclass(frozen=True)
class FirstStartPage:
    form: NewPersonForm


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def first_start(request: HttpRequest) -> HttpResponse:
    """Create the first administrator. Open to everyone until an account exists; then 404."""
    if is_initialized():
        raise Http404
    form = NewPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            person = create_first_admin(**form.person())
        except (ValidationFailed, NameConflict) as error:
            form.add_issues(error)
        else:
            login(request, person, backend=BACKEND)
            messages.success(
                request, _("Welcome. Begin with a first domain; teams and people come after it.")
            )
            return HttpResponseRedirect(reverse("domain_new"))
    status = 422 if form.errors else 200
    return render_page(request, "pages/first_start.html", FirstStartPage(form), status=status)
