"""Routes of entering, of leaving and of one's own account."""

from __future__ import annotations

from allauth.account import views as entering
from django.urls import path, re_path

from catalog.web.people.invitations import invitation_accept
from catalog.web.people.profile import profile
from catalog.web.people.tokens import token_list, token_revoke

NEW_PASSWORD = r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$"  # noqa: S105  a route

urlpatterns = [
    path("sign-out", entering.logout, name="account_logout"),
    path("sign-up", entering.signup, name="account_signup"),
    path("sign-in/inactive", entering.account_inactive, name="account_inactive"),
    path("password/forgotten", entering.password_reset, name="account_reset_password"),
    path(
        "password/forgotten/sent",
        entering.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(NEW_PASSWORD, entering.password_reset_from_key, name="account_reset_password_from_key"),
    path(
        "password/changed",
        entering.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("settings/password", entering.password_change, name="account_change_password"),
    path("settings/password/set", entering.password_set, name="account_set_password"),
    path("join/<str:secret>", invitation_accept, name="invitation_accept"),
    path("settings", profile, name="profile"),
    path("settings/tokens", token_list, name="token_list"),
    path("settings/tokens/<uuid:uuid>/revoke", token_revoke, name="token_revoke"),
]
