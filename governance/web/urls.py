"""Routes of governance's pages."""

from django.urls import path

from governance.web.alerts.alert import alert_act, alert_page
from governance.web.alerts.alerting import alerting
from governance.web.alerts.board import alert_feed, alert_list
from governance.web.alerts.routes import (
    route_delete,
    route_edit,
    route_new,
    route_page,
    route_rotate,
    route_test,
)
from governance.web.alerts.rules import rule_delete, rule_edit, rule_new
from governance.web.classification import Classification
from governance.web.inbox.feeds import inbox_alert_feed, inbox_feed
from governance.web.inbox.page import inbox
from governance.web.inbox.settings import digest_end, feed_create, feed_revoke, inbox_settings
from governance.web.inspection import (
    port_adopt,
    port_read,
    product_source,
)
from governance.web.publishing.checking import port_check
from governance.web.publishing.reading import ReadSource
from governance.web.publishing.sources import Database, Endpoint, File, FileUpload, ObjectStorage
from governance.web.quality.product import (
    port_quality_add,
    port_quality_run,
    product_quality,
    product_quality_csv,
)
from governance.web.quality.rule_pages import Rules
from governance.web.representation.bias import product_bias, product_bias_csv
from governance.web.representation.datasheet_views import product_datasheet
from governance.web.representation.measuring import port_representation_measure
from governance.web.representation.plan import MeasurementPlan
from governance.web.slo.badge import slo_badge
from governance.web.slo.board import slo_board, slo_board_csv
from governance.web.slo.feeds import domain_slo_feed, product_slo_feed
from governance.web.slo.maintenance import (
    domain_calendar,
    domain_maintenance,
    product_calendar,
    product_maintenance,
)
from governance.web.slo.objectives_form import Objectives
from governance.web.slo.product import (
    product_measurements_csv,
    product_slo,
    product_slo_csv,
)
from governance.web.slo.standards import domain_standards

PRODUCT = "p/<str:domain>/<str:product>"
VERSION = f"{PRODUCT}@<str:version>"

# Before the catalog's routes: there every other tab of a version leads to the version's page.
version_urlpatterns = [
    path("inbox", inbox, name="inbox"),
    path("alerts", alert_list, name="alert_list"),
    path("alerts.atom", alert_feed, name="alert_feed"),
    path("alerts/<uuid:uuid>", alert_page, name="alert_page"),
    path("alerts/<uuid:uuid>/<str:act>", alert_act, name="alert_act"),
    path("alerting", alerting, name="alerting"),
    path("d/<str:domain>/alerting", alerting, name="domain_alerting"),
    path("alerting/rules/new/<str:kind>", rule_new, name="rule_new"),
    path("d/<str:domain>/alerting/rules/new/<str:kind>", rule_new, name="domain_rule_new"),
    path("alerting/rules/<uuid:uuid>", rule_edit, name="rule_edit"),
    path("alerting/rules/<uuid:uuid>/delete", rule_delete, name="rule_delete"),
    path("alerting/routes/new", route_new, name="route_new"),
    path("d/<str:domain>/alerting/routes/new", route_new, name="domain_route_new"),
    path("alerting/routes/<uuid:uuid>", route_page, name="route_page"),
    path("alerting/routes/<uuid:uuid>/edit", route_edit, name="route_edit"),
    path("alerting/routes/<uuid:uuid>/delete", route_delete, name="route_delete"),
    path("alerting/routes/<uuid:uuid>/test", route_test, name="route_test"),
    path("alerting/routes/<uuid:uuid>/secret", route_rotate, name="route_rotate"),
    path("inbox/<str:secret>.atom", inbox_feed, name="inbox_feed"),
    path("inbox/<str:secret>/alerts.atom", inbox_alert_feed, name="inbox_alert_feed"),
    path("settings/inbox", inbox_settings, name="inbox_settings"),
    path("settings/inbox/feed", feed_create, name="feed_create"),
    path("settings/inbox/feed/revoke", feed_revoke, name="feed_revoke"),
    path("digest/<str:token>/end", digest_end, name="digest_end"),
    path(f"{VERSION}/datasheet", product_datasheet, name="version_datasheet"),
    path(f"{VERSION}/datasheet.<str:suffix>", product_datasheet, name="version_datasheet_file"),
]
urlpatterns = [
    path("publish/upload", FileUpload.as_view(), name="publish_upload"),
    path("publish/file", File.as_view(), name="publish_file"),
    path("publish/s3", ObjectStorage.as_view(), name="publish_s3"),
    path("publish/database", Database.as_view(), name="publish_database"),
    path("publish/endpoint", Endpoint.as_view(), name="publish_endpoint"),
    path(f"{PRODUCT}/edit/source", ReadSource.as_view(), name="product_read_source"),
    path(
        f"{PRODUCT}/edit/ports/<int:port>/source", ReadSource.as_view(), name="product_port_source"
    ),
    path(f"{PRODUCT}/edit/objectives", Objectives.as_view(), name="product_objectives"),
    path(
        f"{PRODUCT}/edit/schema/<uuid:contract>/tables/<int:table>/rules",
        Rules.as_view(),
        name="product_rules",
    ),
    path(f"{PRODUCT}/edit/classification", Classification.as_view(), name="product_classification"),
    path("d/<str:domain>/standards", domain_standards, name="domain_standards"),
    path("d/<str:domain>/maintenance", domain_maintenance, name="domain_maintenance"),
    path("d/<str:domain>/maintenance.ics", domain_calendar, name="domain_calendar"),
    path(f"{PRODUCT}/maintenance", product_maintenance, name="product_maintenance"),
    path(f"{PRODUCT}/maintenance.ics", product_calendar, name="product_calendar"),
    path("slo", slo_board, name="slo_board"),
    path("slo.csv", slo_board_csv, name="slo_board_csv"),
    path("badge/<uuid:uuid>.svg", slo_badge, name="slo_badge"),
    path("d/<str:domain>/slo.atom", domain_slo_feed, name="domain_slo_feed"),
    path(f"{PRODUCT}/slo.atom", product_slo_feed, name="product_slo_feed"),
    path(f"{PRODUCT}/slo.csv", product_slo_csv, name="product_slo_csv"),
    path(
        f"{PRODUCT}/slo/measurements.csv", product_measurements_csv, name="product_measurements_csv"
    ),
    path(f"{PRODUCT}/slo", product_slo, name="product_slo"),
    path(f"{PRODUCT}/quality", product_quality, name="product_quality"),
    path(f"{PRODUCT}/quality.csv", product_quality_csv, name="product_quality_csv"),
    path("ports/<int:pk>/quality/run", port_quality_run, name="port_quality_run"),
    path("ports/<int:pk>/quality/add", port_quality_add, name="port_quality_add"),
    path(f"{PRODUCT}/source", product_source, name="product_source"),
    path(f"{PRODUCT}/bias", product_bias, name="product_bias"),
    path(f"{PRODUCT}/bias.csv", product_bias_csv, name="product_bias_csv"),
    path(
        f"{PRODUCT}/bias/plan/<int:port>",
        MeasurementPlan.as_view(),
        name="port_representation_plan",
    ),
    path(
        "ports/<int:pk>/representation/measure",
        port_representation_measure,
        name="port_representation_measure",
    ),
    path(f"{PRODUCT}/datasheet", product_datasheet, name="product_datasheet"),
    path(f"{PRODUCT}/datasheet.<str:suffix>", product_datasheet, name="product_datasheet_file"),
    path("ports/<int:pk>/read", port_read, name="port_read"),
    path("ports/<int:pk>/check", port_check, name="port_check"),
    path("ports/<int:pk>/adopt", port_adopt, name="port_adopt"),
]
