"""Tables to look at, for staff: everything is read here and changed elsewhere, by services."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Field, Model
from django.http import HttpRequest

# What opens something stays out of sight, even as a digest; so do exact counts of few people.
SECRET = frozenset(
    {
        "password",
        "digest",
        "token_key",
        "secret_digest",
        "feed_digest",
        "oidc_subject",
        "result",
    }
)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # no generic at run time
    """Shows rows to staff; nobody adds, changes or deletes here."""

    list_per_page = 50
    show_full_result_count = False

    def get_list_display(self, request: HttpRequest) -> Any:
        return ("__str__", *[name for name in _columns(self.model) if name != "id"][:5])

    def get_fields(self, request: HttpRequest, obj: object = None) -> Any:
        return tuple(_columns(self.model))

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


def show_tables_of(label: str) -> None:
    for model in apps.get_app_config(label).get_models():
        if not admin.site.is_registered(model):
            admin.site.register(model, ReadOnlyAdmin)


def _columns(model: type[Model]) -> list[str]:
    plain = [field for field in model._meta.get_fields() if isinstance(field, Field)]
    return [f.name for f in plain if f.name not in SECRET and not f.many_to_many]


show_tables_of("catalog")
