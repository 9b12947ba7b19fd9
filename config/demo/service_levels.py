"""Sets standards, maintenance, reported checks, routes and followers of the demo."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils import timezone

from catalog.domains.models import Domain
from catalog.manifests.readers import read_documents
from catalog.people.models import Person, Team
from catalog.products.services import follow
from catalog.types import JSONObject
from config.demo.paths import DEMO
from config.demo.people import LOADER, product_at
from config.demo.representation import port_at
from governance.alerts.models import Channel, Route
from governance.alerts.services import RouteFields, create_route
from governance.quality.services import latest_reported
from governance.quality.services.reporting import record_reports
from governance.slo.models import MaintenanceWindow, ObjectiveStandard
from governance.slo.services import plan_maintenance, set_standards


def load_service_levels() -> None:
    """Load what `service_levels.yaml` says where there is none yet.

    The checks of contracts are not run here: the workers run them once they are started.
    """
    path = DEMO / "service_levels.yaml"
    tree = read_documents(path.read_bytes(), name=path.name)[0].tree
    for slug, declared in tree["standards"].items():
        domain = Domain.objects.get(slug=slug)
        if not ObjectiveStandard.objects.filter(domain=domain).exists():
            set_standards(domain=domain, declared=declared, edition=domain.edition, actor=LOADER)
    for entry in tree["maintenance"]:
        _plan_maintenance(entry)
    for entry in tree["reports"]:
        _report(entry)
    for entry in tree["routes"]:
        _add_route(entry)
    _follow(tree["followers"])


def _plan_maintenance(entry: JSONObject) -> None:
    product, now = product_at(entry["product"]), timezone.now()
    if MaintenanceWindow.objects.of_subject(product).exists():
        return
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts_at = midnight + timedelta(days=entry["days"], hours=entry["hour"])
    plan_maintenance(
        subject=product,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=entry["hours"]),
        summary=entry["summary"],
        actor=LOADER,
        now=now,
    )


def _report(entry: JSONObject) -> None:
    port, now = port_at(entry["port"]), timezone.now()
    if not latest_reported(port):
        item = {"run": entry["run"] | {"at": now.isoformat()}}
        record_reports(port=port, items=[item], actor=LOADER, now=now)


def _add_route(entry: JSONObject) -> None:
    domain = Domain.objects.get(slug=entry["domain"]) if "domain" in entry else None
    if Route.objects.filter(domain=domain, name=entry["name"]).exists():
        return
    fields = RouteFields(
        name=entry["name"],
        channel=Channel.IN_APP,
        person=Person.objects.get(username=entry["person"]) if "person" in entry else None,
        team=Team.objects.get(slug=entry["team"]) if "team" in entry else None,
        severities=entry.get("severities", ()),
        quiet_hours=entry.get("quiet_hours", {}),
        receives_synthetic=entry.get("receives_synthetic", False),
    )
    create_route(
        domain=domain, fields=fields, actor=Person.objects.get(username=entry["created_by"])
    )


def _follow(followers: Mapping[str, Sequence[str]]) -> None:
    for address, usernames in followers.items():
        product = product_at(address)
        if not product.follows.exists():
            for person in Person.objects.filter(username__in=usernames):
                follow(product=product, person=person)
