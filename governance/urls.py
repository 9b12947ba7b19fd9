"""Routes of governance's pages."""

from django.urls import path

from governance.inspection.views import (
    port_adopt,
    port_read,
    product_source,
    product_source_json,
)
from governance.slo.views.promising import Objectives

PRODUCT = "p/<str:domain>/<str:product>"

urlpatterns = [
    path(f"{PRODUCT}/edit/objectives", Objectives.as_view(), name="product_objectives"),
    path(f"{PRODUCT}/source.json", product_source_json, name="product_source_json"),
    path(f"{PRODUCT}/source", product_source, name="product_source"),
    path("ports/<int:pk>/read", port_read, name="port_read"),
    path("ports/<int:pk>/adopt", port_adopt, name="port_adopt"),
]
