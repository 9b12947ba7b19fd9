"""The routes of the API, version 1, to the views of each slice."""

from typing import Any

from django.urls import URLPattern, path, re_path
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.audit import Audit
from catalog.api.contracts import Contracts, ProductContracts
from catalog.api.croissant import CroissantDataset
from catalog.api.domains import DomainMembers, Domains, DomainTeamRequest, DomainTree
from catalog.api.exports import (
    ContractConversion,
    ContractManifest,
    ProductConversion,
    ProductManifest,
)
from catalog.api.glossary import TermProposals, Terms
from catalog.api.manifests import Manifests
from catalog.api.openslo import ProductOpenSlo
from catalog.api.originals import Original, ProductOriginals
from catalog.api.people import Me, People, TeamRequests, Teams, Tokens
from catalog.api.port_data import PortData
from catalog.api.ports import PortConfirmation, Ports, ProductPorts
from catalog.api.products import ProductHistory, ProductReaders, Products, ProductUses
from catalog.api.products.follows import Follows, ProductFollow
from catalog.api.provenance import ProductProvenance, QuestionSets
from catalog.api.publication import ProductVersions, Publication
from catalog.api.rest.docs import OpenAPIDocument
from catalog.api.search import Search, SimilarProducts
from catalog.api.working_copy import WorkingCopy
from config.ops.views import SystemStatus
from governance.api.alerts.alerts import Alerts
from governance.api.alerts.deliveries import Deliveries
from governance.api.alerts.routes import AlertRoutes
from governance.api.alerts.rules import AlertKinds, AlertRules
from governance.api.classification import ClassificationSuggestions
from governance.api.inbox import Inbox, InboxPreferences
from governance.api.inspection import PortInspection
from governance.api.maintenance import DomainMaintenance, ProductMaintenance
from governance.api.quality import CheckProposals, PortChecks, ProductQuality
from governance.api.representation import (
    PortRepresentation,
    PortRepresentationPlan,
    RepresentationRuns,
)
from governance.api.results import PortResults
from governance.api.slo import Measurements, Objectives, ProductSLO
from governance.api.standards import DomainStandards

V1 = "v1/"
PRODUCT = f"{V1}products/<uuid:uuid>"
CONTRACT = f"{V1}contracts/<uuid:uuid>"
DOMAIN = f"{V1}domains/<str:slug>"
TEAM_REQUEST = f"{V1}teams/<str:slug>/requests/<int:pk>"
INSPECTION = f"{V1}ports/<int:pk>/inspection"
REPRESENTATION = f"{V1}ports/<int:pk>/representation"
ALERT = f"{V1}alerts/<uuid:uuid>"
ALERT_ROUTE = f"{V1}alert-routes/<uuid:uuid>"
RUNS = f"{V1}ports/<int:port>/representation/runs"


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


def rows(address: str, view: Any, name: str) -> URLPattern:
    """Return the route of a list, with what the view set can do with it."""
    return _standard_route(address, view, name, get="list", post="create")


def row(address: str, view: Any, name: str) -> URLPattern:
    """Return the route of one row, with what the view set can do with it."""
    return _standard_route(
        address,
        view,
        name,
        get="retrieve",
        put="update",
        patch="partial_update",
        delete="destroy",
    )


def _standard_route(address: str, view: Any, name: str, **actions: str) -> URLPattern:
    known = {method: action for method, action in actions.items() if hasattr(view, action)}
    return route(address, view, name, **known)


app_name = "api"
urlpatterns = [
    path(f"{V1}search", Search.as_view(), name="search"),
    path(f"{V1}status", SystemStatus.as_view(), name="status"),
    path(f"{V1}openapi.json", OpenAPIDocument.as_view(), name="openapi"),
    rows(f"{V1}products", Products, "products"),
    row(PRODUCT, Products, "product"),
    row(f"{PRODUCT}/working-copy", WorkingCopy, "product_working_copy"),
    route(f"{PRODUCT}/move", Products, "product_move", post="move"),
    rows(f"{PRODUCT}/uses", ProductUses, "product_uses"),
    route(f"{PRODUCT}/uses/<int:pk>", ProductUses, "product_use", delete="destroy"),
    row(f"{PRODUCT}/follow", ProductFollow, "product_follow"),
    rows(f"{V1}follows", Follows, "follows"),
    route(f"{PRODUCT}/publish", Publication, "product_publish", post="publish"),
    route(f"{PRODUCT}/deprecate", Publication, "product_deprecate", post="deprecate"),
    route(f"{PRODUCT}/retire", Publication, "product_retire", post="retire"),
    route(f"{PRODUCT}/adopt", Publication, "product_adopt", post="adopt"),
    route(f"{PRODUCT}/findings", Publication, "product_findings", get="findings"),
    rows(f"{PRODUCT}/versions", ProductVersions, "product_versions"),
    row(f"{PRODUCT}/versions/<path:version>", ProductVersions, "product_version"),
    route(f"{PRODUCT}/changes", ProductVersions, "product_changes", get="changes"),
    row(f"{PRODUCT}/readers", ProductReaders, "product_readers"),
    rows(f"{PRODUCT}/history", ProductHistory, "product_history"),
    row(f"{PRODUCT}/similar", SimilarProducts, "product_similar"),
    route(f"{PRODUCT}/ports", ProductPorts, "product_ports", get="retrieve", post="create"),
    route(
        f"{PRODUCT}/ports/<path:port>/data",
        PortData,
        "port_data",
        get="retrieve",
        put="update",
        post="create",
    ),
    path(f"{PRODUCT}/ports/<path:port>/results", PortResults.as_view(), name="port_results"),
    route(
        f"{PRODUCT}/ports/<path:port>/croissant.json",
        CroissantDataset,
        "port_croissant",
        get="retrieve",
    ),
    route(
        f"{PRODUCT}/ports/<path:port>/croissant-report",
        CroissantDataset,
        "port_croissant_report",
        get="report",
    ),
    route(f"{PRODUCT}/openslo.yaml", ProductOpenSlo, "product_openslo", get="retrieve"),
    route(f"{PRODUCT}/openslo-report", ProductOpenSlo, "product_openslo_report", get="report"),
    rows(f"{PRODUCT}/contracts", ProductContracts, "product_contracts"),
    route(
        f"{PRODUCT}/classification-suggestions",
        ClassificationSuggestions,
        "classification_suggestions",
        get="retrieve",
        post="create",
    ),
    row(f"{PRODUCT}/provenance", ProductProvenance, "product_provenance"),
    path(f"{V1}provenance-questions", QuestionSets.as_view(), name="provenance_questions"),
    row(f"{PRODUCT}/quality", ProductQuality, "product_quality"),
    route(f"{PRODUCT}/ports/<path:port>/checks/run", PortChecks, "port_checks_run", post="run"),
    route(
        f"{PRODUCT}/ports/<path:port>/checks/proposals",
        CheckProposals,
        "port_check_proposals",
        get="retrieve",
        post="create",
    ),
    path(f"{PRODUCT}/slo", ProductSLO.as_view(), name="product_slo"),
    rows(f"{PRODUCT}/maintenance", ProductMaintenance, "product_maintenance_windows"),
    row(f"{PRODUCT}/maintenance/<uuid:window>", ProductMaintenance, "product_maintenance_window"),
    path(f"{PRODUCT}/manifest", ProductManifest.as_view(), name="product_manifest"),
    path(f"{PRODUCT}/conversion", ProductConversion.as_view(), name="product_conversion"),
    rows(f"{V1}ports", Ports, "ports"),
    row(f"{V1}ports/<int:pk>", Ports, "port"),
    route(f"{V1}ports/<int:pk>/confirm", PortConfirmation, "port_confirm", post="create"),
    route(INSPECTION, PortInspection, "port_inspection", get="retrieve", post="create"),
    route(f"{INSPECTION}/adopt", PortInspection, "port_adoption", post="adopt"),
    route(REPRESENTATION, PortRepresentation, "representation", get="retrieve", post="create"),
    row(f"{REPRESENTATION}/plan", PortRepresentationPlan, "representation_plan"),
    rows(f"{V1}alerts", Alerts, "alerts"),
    row(ALERT, Alerts, "alert"),
    route(f"{ALERT}/events", Alerts, "alert_events", get="events"),
    route(f"{ALERT}/acknowledge", Alerts, "alert_acknowledge", post="acknowledge"),
    route(f"{ALERT}/assign", Alerts, "alert_assign", post="assign"),
    route(f"{ALERT}/resolve", Alerts, "alert_resolve", post="resolve"),
    route(f"{ALERT}/silence", Alerts, "alert_silence", post="silence"),
    path(f"{V1}alert-kinds", AlertKinds.as_view(), name="alert_kinds"),
    rows(f"{V1}alert-rules", AlertRules, "alert_rules"),
    row(f"{V1}alert-rules/<uuid:uuid>", AlertRules, "alert_rule"),
    rows(f"{V1}alert-routes", AlertRoutes, "alert_routes"),
    row(ALERT_ROUTE, AlertRoutes, "alert_route"),
    route(f"{ALERT_ROUTE}/test", AlertRoutes, "alert_route_test", post="test"),
    route(f"{ALERT_ROUTE}/secret", AlertRoutes, "alert_route_secret", post="secret"),
    rows(f"{V1}alert-deliveries", Deliveries, "alert_deliveries"),
    rows(RUNS, RepresentationRuns, "representation_runs"),
    row(f"{RUNS}/<int:pk>", RepresentationRuns, "representation_run"),
    rows(f"{V1}objectives", Objectives, "objectives"),
    row(f"{V1}objectives/<int:pk>", Objectives, "objective"),
    rows(f"{V1}measurements", Measurements, "measurements"),
    row(f"{V1}measurements/<int:pk>", Measurements, "measurement"),
    rows(f"{V1}contracts", Contracts, "contracts"),
    row(CONTRACT, Contracts, "contract"),
    path(f"{CONTRACT}/manifest", ContractManifest.as_view(), name="contract_manifest"),
    path(f"{CONTRACT}/conversion", ContractConversion.as_view(), name="contract_conversion"),
    path(f"{CONTRACT}.odcs.yaml", ContractManifest.as_view(), name="contract_manifest_yaml"),
    path(f"{V1}manifests", Manifests.as_view(), name="manifests"),
    path(f"{V1}documents/<str:sha256>", Original.as_view(), name="document"),
    path(f"{PRODUCT}/documents", ProductOriginals.as_view(), name="product_documents"),
    rows(f"{V1}domains", Domains, "domains"),
    path(f"{V1}domain-tree", DomainTree.as_view(), name="domain_tree"),
    row(DOMAIN, Domains, "domain"),
    row(f"{DOMAIN}/objective-standards", DomainStandards, "domain_standards"),
    rows(f"{DOMAIN}/maintenance", DomainMaintenance, "domain_maintenance_windows"),
    row(f"{DOMAIN}/maintenance/<uuid:window>", DomainMaintenance, "domain_maintenance_window"),
    rows(f"{DOMAIN}/memberships", DomainMembers, "domain_members"),
    row(f"{DOMAIN}/memberships/<int:membership>", DomainMembers, "domain_member"),
    route(
        f"{DOMAIN}/team-request",
        DomainTeamRequest,
        "domain_team_request",
        post="create",
        delete="destroy",
    ),
    rows(f"{V1}terms", Terms, "terms"),
    row(f"{V1}terms/<uuid:uuid>", Terms, "term"),
    rows(f"{V1}term-proposals", TermProposals, "term_proposals"),
    row(f"{V1}term-proposals/<uuid:uuid>", TermProposals, "term_proposal"),
    route(f"{V1}term-proposals/<uuid:uuid>/accept", TermProposals, "term_accept", post="accept"),
    route(f"{V1}term-proposals/<uuid:uuid>/reject", TermProposals, "term_reject", post="reject"),
    rows(f"{V1}people", People, "people"),
    rows(f"{V1}teams", Teams, "teams"),
    row(f"{V1}teams/<str:slug>", Teams, "team"),
    rows(f"{V1}teams/<str:slug>/requests", TeamRequests, "team_requests"),
    route(f"{TEAM_REQUEST}/accept", TeamRequests, "team_request_accept", post="accept"),
    route(f"{TEAM_REQUEST}/decline", TeamRequests, "team_request_decline", post="decline"),
    rows(f"{V1}tokens", Tokens, "tokens"),
    row(f"{V1}tokens/<uuid:uuid>", Tokens, "token"),
    rows(f"{V1}audit", Audit, "audit"),
    path(f"{V1}inbox", Inbox.as_view(), name="inbox"),
    path(f"{V1}inbox/settings", InboxPreferences.as_view(), name="inbox_settings"),
    path(f"{V1}me", Me.as_view(), name="me"),
    re_path("", NotFoundView.as_view(), name="nowhere"),
]
