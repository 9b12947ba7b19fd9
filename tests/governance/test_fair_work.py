"""Work that one domain causes: slow sources and ports of one leave all others their schedule."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from config.heartbeats import QUEUES, WORKER_QUEUES
from governance.inspection.models import Inspection, SourceSchedule
from governance.inspection.services import (
    claim_sources,
    inspect_port,
    read_batch,
    schedule_missing_sources,
)
from governance.schedules.services import Batch
from governance.slo.models import Measurement, ProbeSchedule
from governance.slo.probe_types import HEALTHY_DEADLINE
from governance.slo.services import ProbeQueue, claim_due, probe
from governance.tasks import QUEUES as PROBE_QUEUES
from governance.tasks import as_message, from_message
from tests.catalog.api_client import Program
from tests.catalog.endpoints import hanging, saying, serving
from tests.factories import FACTORY, make_domain, make_product, make_users, with_port
from tests.governance.measuring import make_port

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.ASSAY_FILES_ROOT = tmp_path
    return tmp_path


def hanging_databases(endpoint, count, domain):
    product = make_product(domain=domain)
    for number in range(count):
        product = with_port(
            product,
            f"db{number}",
            type="postgres",
            path=None,
            format=None,
            host="127.0.0.1",
            port=endpoint.port,
            database="sales",
            schema="public",
        )
    return list(product.output_ports.all())


def folder_of(domain):
    folder = Path(settings.ASSAY_FILES_ROOT) / domain.slug
    folder.mkdir(exist_ok=True)
    return folder


def file_ports(count, domain):
    (folder_of(domain) / "orders.csv").write_text("id,paid\n1,1.5\n2,2.5\n")
    product = make_product(domain=domain)
    for number in range(count):
        product = with_port(product, f"file{number}")
    return list(product.output_ports.all())


def ids(ports):
    return {port.pk for port in ports}


def test_a_domain_has_one_batch_of_sources_under_way_and_others_get_the_next_process():
    first, second = make_domain(), make_domain()
    slow, healthy = file_ports(25, first), file_ports(2, second)
    schedule_missing_sources()
    now = timezone.now()

    batches = claim_sources(now=now)

    assert [len(batch.port_ids) for batch in batches] == [20, 2]
    assert set(batches[0].port_ids) < ids(slow)
    assert set(batches[1].port_ids) == ids(healthy)
    assert claim_sources(now=now) == []


@pytest.mark.slow
def test_25_databases_that_never_answer_leave_healthy_sources_and_ports_their_schedule(settings):
    bad, good = make_domain(), make_domain()
    with serving(hanging) as dead, serving(saying()) as api:
        settings.ASSAY_ALLOWED_NETS = (dead.place, api.place)
        dead_ports, files = hanging_databases(dead, 25, bad), file_ports(3, good)
        healthy = make_port(type="api", location=api.url)
        schedule_missing_sources()
        first, second = claim_sources(now=timezone.now())

        # One of the two processes reads the sources that never answer.
        assert read_batch(first, seconds=0.1) == 1
        # The other reads those of the other domain, and the probes have workers of their own.
        assert read_batch(second) == 3
        ProbeSchedule.objects.update(next_due_at=timezone.now())
        tasks = claim_due(limit=400, queue=ProbeQueue.HEALTHY, now=timezone.now())
        results = {result.port_id: result for result in probe(tasks=tasks)}

    assert results[healthy.pk].is_good
    assert Inspection.objects.filter(port__in=files, failure="").count() == 3
    assert Inspection.objects.get(port__in=dead_ports).failure == "unreachable"
    # What the batch had no time for is due at once; what failed is due tomorrow.
    assert SourceSchedule.objects.due(timezone.now()).count() == 24
    assert not SourceSchedule.objects.claimed(timezone.now()).exists()


def test_domains_with_failing_sources_wait_for_those_without():
    failing, healthy, third = make_domain(), make_domain(), make_domain()
    broken, good, other = file_ports(3, failing), file_ports(1, healthy), file_ports(1, third)
    schedule_missing_sources()
    SourceSchedule.objects.filter(port=broken[0]).update(failures=1)

    batches = claim_sources(now=timezone.now())

    assert [set(batch.port_ids) for batch in batches] == [ids(good), ids(other)]


def test_a_circular_link_costs_its_own_source_only():
    domain = make_domain()
    (folder_of(domain) / "circle").symlink_to("circle")
    product = with_port(make_product(domain=domain), "circle", path=f"{domain.slug}/circle")
    circle = product.output_ports.get()
    others = file_ports(2, domain)
    schedule_missing_sources()

    [batch] = claim_sources(now=timezone.now())

    assert read_batch(batch) == 3
    assert Inspection.objects.get(port=circle).failure == "not-found"
    assert Inspection.objects.filter(port__in=others, failure="").count() == 2


def test_a_circular_link_is_an_answer_of_the_api_not_an_error():
    users = make_users()
    (folder_of(users.domain) / "circle").symlink_to("circle")
    path = f"{users.domain.slug}/circle"
    product = with_port(make_product(domain=users.domain), "circle", path=path)

    answer = Program(users.owner).send("POST", f"/ports/{product.output_ports.get().pk}/inspection")

    assert (answer.status_code, answer.json()["failure"]["code"]) == (200, "not-found")


def test_a_batch_that_comes_twice_reads_no_source_twice():
    file_ports(2, make_domain())
    schedule_missing_sources()
    [batch] = claim_sources(now=timezone.now())

    assert read_batch(batch) == 2
    assert read_batch(batch) == 0
    assert read_batch(Batch(batch.claim, batch.port_ids)) == 0


def test_a_batch_that_is_lost_comes_back_when_its_claim_ends():
    file_ports(2, make_domain())
    schedule_missing_sources()
    now = timezone.now()
    SourceSchedule.objects.update(interval=60)
    claim_sources(now=now)

    assert claim_sources(now=now + timedelta(minutes=2)) == []
    [batch] = claim_sources(now=now + SourceSchedule.CLAIM_DURATION + timedelta(minutes=1))
    assert len(batch.port_ids) == 2


def test_a_port_that_was_removed_meanwhile_is_skipped():
    ports = file_ports(2, make_domain())
    schedule_missing_sources()
    [batch] = claim_sources(now=timezone.now())
    ports[0].delete()

    assert read_batch(batch) == 1
    assert Inspection.objects.get().port == ports[1]


def test_reading_by_hand_postpones_the_daily_reading():
    [port] = file_ports(1, make_domain())
    schedule_missing_sources()

    inspect_port(port=port, actor=FACTORY)

    assert claim_sources(now=timezone.now()) == []
    assert len(claim_sources(now=timezone.now() + timedelta(hours=25))) == 1


def test_people_of_a_domain_have_one_source_read_at_a_time(client):
    users = make_users()
    [port] = file_ports(1, users.domain)
    client.force_login(users.owner)
    cache.add(f"source-reading:{users.domain.pk}", 1)

    busy = Program(users.owner).send("POST", f"/ports/{port.pk}/inspection")
    page = client.post(f"/ports/{port.pk}/read", follow=True).content.decode()
    cache.delete(f"source-reading:{users.domain.pk}")
    free = Program(users.owner).send("POST", f"/ports/{port.pk}/inspection")

    assert (busy.status_code, free.status_code) == (409, 200)
    assert "Another source of this domain is being read." in page
    assert client.post(f"/ports/{port.pk}/read").status_code == 302


def test_due_ports_of_many_domains_take_turns():
    crowded, small = make_domain(), make_domain()
    many, few = file_ports(8, crowded), file_ports(2, small)
    now = timezone.now()
    ProbeSchedule.objects.filter(port__in=many).update(next_due_at=now - HOUR)

    tasks = claim_due(limit=4, queue=ProbeQueue.HEALTHY, now=now)

    claimed = {task.port_id for task in tasks}
    assert len(claimed & ids(many)) == 2
    assert claimed & ids(few) == ids(few)


def test_a_domain_with_its_share_under_way_waits():
    crowded, small = make_domain(), make_domain()
    many, few = file_ports(2, crowded), file_ports(1, small)
    now = timezone.now()
    claim = {"claimed_until": now + timedelta(minutes=1)}
    ProbeSchedule.objects.filter(port=many[0]).update(**claim)

    assert ProbeSchedule.objects.busy_domains(now, share=1) == [crowded.pk]
    assert ProbeSchedule.objects.busy_domains(now, share=2) == []
    assert {task.port_id for task in claim_due(limit=9, queue=ProbeQueue.HEALTHY, now=now)} == {
        many[1].pk,
        few[0].pk,
    }


@pytest.mark.slow
def test_a_port_that_stops_answering_holds_the_healthy_queue_up_for_seconds_only(settings):
    with serving(hanging) as dead, serving(saying()) as api:
        settings.ASSAY_ALLOWED_NETS = (dead.place, api.place)
        slow = make_port(type="api", location=dead.url)
        ProbeSchedule.objects.filter(port=slow).update(interval=8)
        healthy = make_port(type="api", location=api.url)
        tasks = claim_due(limit=400, queue=ProbeQueue.HEALTHY, now=timezone.now())
        slot = next(task.slot for task in tasks if task.port_id == slow.pk)
        started = time.monotonic()

        [result] = probe(tasks=from_message(as_message(tasks)))

        assert time.monotonic() - started < HEALTHY_DEADLINE + 1.5
        assert (result.port_id, result.is_good) == (healthy.pk, True)
        assert not Measurement.objects.filter(port=slow).exists()

        again = claim_due(limit=400, queue=ProbeQueue.SLOW, now=timezone.now())
        probe(tasks=again)

    assert [(task.port_id, task.slot) for task in again] == [(slow.pk, slot)]
    measured = Measurement.objects.get(port=slow)
    assert (measured.slot, measured.outcome, measured.total) == (slot, "timeout", 4.0)


@pytest.mark.slow
def test_a_port_that_answers_late_but_well_is_good_and_stays_in_the_slow_queue(settings):
    def late(connection):
        time.sleep(HEALTHY_DEADLINE + 0.3)
        saying()(connection)

    with serving(late) as endpoint:
        settings.ASSAY_ALLOWED_NETS = (endpoint.place,)
        port = make_port(type="api", location=endpoint.url)
        probe(tasks=claim_due(limit=9, queue=ProbeQueue.HEALTHY, now=timezone.now()))
        probe(tasks=claim_due(limit=9, queue=ProbeQueue.SLOW, now=timezone.now()))

    assert Measurement.objects.get(port=port).outcome == "good"
    assert ProbeSchedule.objects.slow().filter(port=port).exists()


def test_every_queue_has_a_worker_and_slow_work_shares_none_with_the_rest():
    assert {*PROBE_QUEUES.values(), "sources", "default", "index"} == set(QUEUES)
    assert WORKER_QUEUES["slow"] == ("slow_probes", "sources")
