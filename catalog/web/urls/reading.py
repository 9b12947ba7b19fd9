"""Routes of what everybody reads: products by tab, domains, and the permanent identifier."""

from django.urls import path

from catalog.web.audit import product_history, product_history_feed
from catalog.web.domains.feeds import domain_feed
from catalog.web.domains.pages import (
    domain_list,
    domain_page,
)
from catalog.web.products.lookup import product_permanent
from catalog.web.products.overview import product_overview
from catalog.web.products.provenance import product_provenance
from catalog.web.products.schema import product_schema

PRODUCT = "p/<str:domain>/<str:product>"

urlpatterns = [
    path("domains", domain_list, name="domain_list"),
    path("d/<str:domain>.atom", domain_feed, name="domain_feed"),
    path("d/<str:domain>", domain_page, name="domain_page"),
    path("id/product/<uuid:uuid>", product_permanent, name="product_permanent"),
    path(PRODUCT, product_overview, name="product_overview"),
    path(f"{PRODUCT}/schema", product_schema, name="product_schema"),
    path(f"{PRODUCT}/provenance", product_provenance, name="product_provenance"),
    path(f"{PRODUCT}/history.atom", product_history_feed, name="product_history_feed"),
    path(f"{PRODUCT}/history", product_history, name="product_history"),
]
