"""The routes of the API, version 1, to the views of each slice."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path, re_path
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.contracts import Contracts, ProductContracts
from catalog.api.domains import DomainMembers, Domains, DomainTree
from catalog.api.glossary import Terms
from catalog.api.manifests import ContractManifest, Manifests, ProductManifest
from catalog.api.people import Me, Teams, Tokens
from catalog.api.ports import Ports, ProductPorts
from catalog.api.products import ProductHistory, ProductReaders, Products, ProductUses
from catalog.api.provenance import ProductProvenance
from catalog.api.publication import ProductVersions, Publication
from catalog.api.rest.docs import OpenAPIDocument
from catalog.api.search import Search, SimilarProducts
from config.ops.views import SystemStatus
from governance.api.inspection import PortInspection
from governance.api.slo import Measurements, Objectives, ProductSLO

V1 = "v1/"
PRODUCT = f"{V1}products/<uuid:uuid>"
DOMAIN = f"{V1}domains/<str:slug>"


class NotFoundView(APIView):
    """Answers every other path with a problem document."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound

    def get(self, request: Request) -> Response:
        raise NotFound


def route(address: str, view: Any, name: str, **actions: str) -> URLPattern:
    """Return the route of a view set; `actions` are by HTTP method."""
    pattern: URLPattern = path(address, view.as_view(actions), name=name)
    return pattern


app_name = "api"
urlpatterns = [
    path(f"{V1}search", Search.as_view(), name="search"),
    path(f"{V1}status", SystemStatus.as_view(), name="status"),
    path(f"{V1}openapi.json", OpenAPIDocument.as_view(), name="openapi"),
    route(f"{V1}products", Products, "products", get="list", post="create"),
    route(
        PRODUCT,
        Products,
        "product",
        get="retrieve",
        put="update",
        patch="partial_update",
        delete="destroy",
    ),
    route(f"{PRODUCT}/move", Products, "product_move", post="move"),
    route(f"{PRODUCT}/uses", ProductUses, "product_uses", get="list", post="create"),
    route(f"{PRODUCT}/publish", Publication, "product_publish", post="publish"),
    route(f"{PRODUCT}/deprecate", Publication, "product_deprecate", post="deprecate"),
    route(f"{PRODUCT}/retire", Publication, "product_retire", post="retire"),
    route(f"{PRODUCT}/adopt", Publication, "product_adopt", post="adopt"),
    route(f"{PRODUCT}/findings", Publication, "product_findings", get="findings"),
    route(f"{PRODUCT}/versions", ProductVersions, "product_versions", get="list"),
    route(f"{PRODUCT}/versions/<path:version>", ProductVersions, "product_version", get="retrieve"),
    route(f"{PRODUCT}/readers", ProductReaders, "product_readers", get="retrieve", put="update"),
    route(f"{PRODUCT}/history", ProductHistory, "product_history", get="list"),
    route(f"{PRODUCT}/similar", SimilarProducts, "product_similar", get="retrieve"),
    route(f"{PRODUCT}/ports", ProductPorts, "product_ports", get="retrieve", post="create"),
    route(f"{PRODUCT}/contracts", ProductContracts, "product_contracts", get="list", post="create"),
    route(
        f"{PRODUCT}/provenance",
        ProductProvenance,
        "product_provenance",
        get="retrieve",
        put="update",
    ),
    route(f"{V1}ports", Ports, "ports", get="list"),
    route(f"{V1}ports/<int:pk>", Ports, "port", get="retrieve"),
    route(f"{V1}objectives", Objectives, "objectives", get="list"),
    route(f"{V1}objectives/<int:pk>", Objectives, "objective", get="retrieve"),
    path(f"{PRODUCT}/slo", ProductSLO.as_view(), name="product_slo"),
    route(f"{V1}measurements", Measurements, "measurements", get="list"),
    route(f"{V1}measurements/<int:pk>", Measurements, "measurement", get="retrieve"),
    route(
        f"{V1}ports/<int:pk>/inspection",
        PortInspection,
        "port_inspection",
        get="retrieve",
        post="create",
    ),
    route(f"{V1}ports/<int:pk>/inspection/adopt", PortInspection, "port_adoption", post="adopt"),
    route(f"{V1}contracts", Contracts, "contracts", get="list"),
    route(
        f"{V1}contracts/<uuid:uuid>",
        Contracts,
        "contract",
        get="retrieve",
        put="update",
        delete="destroy",
    ),
    path(f"{V1}manifests", Manifests.as_view(), name="manifests"),
    path(f"{PRODUCT}/manifest", ProductManifest.as_view(), name="product_manifest"),
    path(
        f"{V1}contracts/<uuid:uuid>/manifest", ContractManifest.as_view(), name="contract_manifest"
    ),
    path(
        f"{V1}contracts/<uuid:uuid>.odcs.yaml",
        ContractManifest.as_view(),
        name="contract_manifest_yaml",
    ),
    route(f"{V1}domains", Domains, "domains", get="list", post="create"),
    path(f"{V1}domain-tree", DomainTree.as_view(), name="domain_tree"),
    route(DOMAIN, Domains, "domain", get="retrieve", patch="partial_update"),
    route(f"{DOMAIN}/memberships", DomainMembers, "domain_members", get="list", post="create"),
    route(
        f"{DOMAIN}/memberships/<int:membership>", DomainMembers, "domain_member", delete="destroy"
    ),
    route(f"{V1}terms", Terms, "terms", get="list", post="create"),
    route(
        f"{V1}terms/<uuid:uuid>",
        Terms,
        "term",
        get="retrieve",
        patch="partial_update",
        delete="destroy",
    ),
    route(f"{V1}teams", Teams, "teams", get="list"),
    route(f"{V1}teams/<str:slug>", Teams, "team", get="retrieve"),
    route(f"{V1}tokens", Tokens, "tokens", get="list", post="create"),
    route(f"{V1}tokens/<uuid:uuid>", Tokens, "token", get="retrieve", delete="destroy"),
    path(f"{V1}me", Me.as_view(), name="me"),
    re_path("", NotFoundView.as_view(), name="nowhere"),
]
