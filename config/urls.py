"""Routes of the installation, which include those of each app."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from catalog.api.rest.docs import api_reference
from config import health
from config.ops.metrics import PrometheusMetrics
from config.ops.views import ops_status
from config.pages.first_start import first_start
from config.pages.help import help_page
from config.pages.home import home
from config.pages.preferences import display_settings
from config.pages.sign_in import SignIn, admin_sign_in
from config.pages.styleguide import styleguide
from governance.web.urls import version_urlpatterns

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("", home, name="home"),
    path("help", help_page, name="help"),
    path("styleguide", styleguide, name="styleguide"),
    path("settings/display", display_settings, name="display_settings"),
    path("settings/language", set_language, name="set_language"),
    path("sign-in", SignIn.as_view(), name="account_login"),
    path("metrics", PrometheusMetrics.as_view(), name="metrics"),
    path("status", ops_status, name="ops_status"),
    path("admin/login/", admin_sign_in),
    path("admin/", admin.site.urls),
    path("first-start", first_start, name="first_start"),
    path("api/docs", api_reference, name="api_docs"),
    path("api/", include("config.api")),
    path("", include(version_urlpatterns)),
    path("", include("catalog.api.linked_data")),
    path("", include("catalog.web.urls")),
    path("", include("governance.web.urls")),
]

handler400 = "config.pages.errors.bad_request"
handler403 = "config.pages.errors.forbidden"
handler404 = "config.pages.errors.not_found"
handler500 = "config.pages.errors.server_error"
