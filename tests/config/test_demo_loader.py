"""Loading the demo mesh: the result, a second load, and what can prevent it."""

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.authorization.access import ANONYMOUS, access_for
from catalog.glossary.models import Term
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.ports.models import InputPort
from catalog.products.following import followers_of
from catalog.products.models import DataProduct, Follow, Status
from catalog.provenance.contradiction_tasks import contradiction_tasks
from catalog.provenance.models import Imbalance
from catalog.publication.services import publication_findings
from config.demo.loader import SourceBusy, load_mesh, source_running, summary_lines
from config.demo.users import PASSWORD, sign_ins
from governance.quality.models import QualityRun
from governance.quality.services import latest_reported
from governance.representation.models import RepresentationRun
from governance.slo.models import MaintenanceWindow, Objective

DAY = date(2026, 11, 2)


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> Iterator[socket.socket]:
    """A data folder, and the socket that keeps the source's port free until it is closed."""
    settings.ASSAY_DEMO, settings.ASSAY_DATA_DIR = True, tmp_path
    settings.ASSAY_FILES_ROOT = tmp_path / "files"
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        settings.ASSAY_DEMO_PORT = reserved.getsockname()[1]
        settings.ASSAY_ALLOWED_NETS = (f"127.0.0.1:{settings.ASSAY_DEMO_PORT}",)
        yield reserved


@pytest.mark.slow
@pytest.mark.django_db
def test_a_load_shows_every_state_and_a_second_one_changes_nothing(demo):
    demo.close()
    lines: list[str] = []

    results = load_mesh(log=lines.append, day=DAY)

    # Progress: the steps are numbered, in order, and no line comes twice.
    steps = [int(line[0]) for line in lines]
    assert steps == sorted(steps)
    assert set(steps) == set(range(1, 8))
    assert len(set(lines)) == len(lines)
    statuses = Counter(DataProduct.objects.values_list("status", flat=True))
    assert set(statuses) == set(Status.values)
    assert statuses[Status.PUBLISHED] >= 40
    findings = {r.address: {f.code for f in r.findings} for r in results if r.findings}
    assert findings == {
        "facilities/energy-meters": {"steward-is-not-owner"},
        "health/medicine-recalls": {"port-is-live"},
        "marketing/lookalike-audience": {"provenance-is-answered"},
    }
    verdicts = set(DataProduct.objects.values_list("slo_verdict", flat=True))
    assert {"collecting", "no_data"} <= verdicts
    check_links()
    check_readers()
    check_people()
    check_representation()
    check_service_levels()

    before = everything()
    load_mesh(log=lines.append, day=DAY)
    assert everything() == before
    assert not [line for line in lines if "error" in line]
    assert any("stays a draft" in line for line in summary_lines(results))


def check_links() -> None:
    old = DataProduct.objects.get(slug="household-segments-2023")
    retired = DataProduct.objects.get(slug="api-access-log")

    assert not InputPort.objects.filter(source=None).exists()
    assert (old.status, old.successor and old.successor.slug) == (
        Status.DEPRECATED,
        "household-segments",
    )
    assert (retired.status, retired.successor and retired.successor.slug) == (
        Status.RETIRED,
        "service-telemetry",
    )


def check_readers() -> None:
    open_to_all = DataProduct.objects.visible_to(ANONYMOUS)
    marketer = Person.objects.get(username="emma")
    outsider = Person.objects.get(username="sami")
    register = DataProduct.objects.filter(slug="consent-register")

    assert open_to_all.filter(slug="customer-lifetime-value").exists()
    assert not open_to_all.filter(slug="workforce").exists()
    assert not open_to_all.filter(slug="site-search-log").exists()
    assert register.visible_to(marketer).exists()
    assert not register.visible_to(outsider).exists()


def check_people() -> None:
    for _, username, password in sign_ins():
        assert Person.objects.get(username=username).check_password(password)

    assert not Person.objects.get(username="erik").check_password(PASSWORD)
    assert Term.objects.filter(name="Customer").count() == 4


def check_representation() -> None:
    measured = Imbalance.objects.measured().filter(reference_share__isnull=False)
    decisions = measured.filter(record__product__slug="credit-decisions", attribute="sex")
    wrong = DataProduct.objects.get(slug="contact-centre-cases")
    findings = {finding.code: finding for finding in publication_findings(wrong)}
    olav = access_for(Person.objects.get(username="olav"))
    tasks = contradiction_tasks(olav.domains_with(Permission.EDIT_PRODUCTS), limit=5)

    assert set(decisions.values_list("reference_name", flat=True)) == {"sex in Customer master"}
    assert findings["declaration-contradicted"].location == "provenance.imbalances.0"
    assert [task.product for task in tasks] == [wrong]
    assert not RepresentationRun.objects.exclude(state="ok").exists()


def check_service_levels() -> None:
    rates = DataProduct.objects.get(slug="exchange-rates")
    inherited = Objective.objects.of_products([rates.pk]).exclude(origin=None)
    [window] = MaintenanceWindow.objects.planned()
    orders = DataProduct.objects.get(slug="orders")
    [run] = latest_reported(orders.output_ports.get())

    assert [objective.status.verdict for objective in inherited] == ["collecting"]
    assert timedelta(days=1) < window.starts_at - timezone.now() < timedelta(days=3)
    assert {outcome.state for outcome in run.outcomes.all()} == {"passed", "failed"}
    assert [person.username for person in followers_of(rates)] == ["ana", "gunnar"]


def everything() -> tuple[Any, ...]:
    """Everything that people decide; measurements change with each probe."""
    return (
        list(DataProduct.objects.order_by("pk").values_list("slug", "status", "edition")),
        AuditEvent.objects.exclude(actor_id="worker:slo").count(),
        Person.objects.count(),
        Term.objects.count(),
        QualityRun.objects.count(),
        Follow.objects.count(),
    )


def test_a_load_does_not_start_when_another_program_uses_the_port_of_the_source(demo):
    demo.listen()

    with pytest.raises(SourceBusy, match="ASSAY_DEMO_PORT"), source_running():
        pass


def test_a_source_that_runs_already_is_used(demo):
    demo.close()

    with source_running(), source_running():
        pass


def test_nothing_is_loaded_when_the_demo_is_switched_off(settings):
    settings.ASSAY_DEMO = False

    with pytest.raises(CommandError, match="ASSAY_DEMO=1"):
        call_command("load_demo", stdout=StringIO())
