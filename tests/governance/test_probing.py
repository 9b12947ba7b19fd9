"""Probes against real places, recorded: HTTP servers that fail in their ways, and files."""

import gzip
import os
import time
from pathlib import Path

import pytest
from django.utils import timezone

from governance.slo.models import Measurement, ProbeSchedule
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeTask
from governance.slo.probes.file import probe_file
from governance.slo.probes.measuring import measure
from governance.slo.services import ProbeQueue, claim_due, probe, probe_ports
from governance.tasks import as_message, from_message
from tests.catalog.endpoints import (
    OK,
    bombing,
    flooding,
    hanging,
    redirecting,
    resetting,
    saying,
    sending,
    serving,
    unused_place,
)
from tests.factories import make_domain, make_product, write_file
from tests.governance.measuring import START, make_port

GOOD_FILES = {
    "parquet": b"PAR1" + bytes(20) + b"PAR1",
    "sqlite": b"SQLite format 3\x00" + bytes(84),
    "json": b'\xef\xbb\xbf  [{"a": 1}]',
    "csv": b"id,name\n1,one\n",
    "xml": b"<rows/>",
}


@pytest.fixture
def files(tmp_path: Path, settings) -> Path:
    settings.ASSAY_FILES_ROOT = tmp_path / "files"
    folder = settings.ASSAY_FILES_ROOT / "sales"
    folder.mkdir(parents=True)
    return folder


def outcome_of(folder: Path, location: str, file_format: str = "csv") -> Outcome:
    """Return the outcome of a path below the folder of the only domain that may be read."""
    return outcome_below(folder.parent, f"{folder.name}/{location}", file_format)


def outcome_below(root: Path, location: str, file_format: str = "csv") -> Outcome:
    outcome, phases = probe_file(location, file_format, root=root, folders={"sales"})
    assert phases.total >= 0
    return outcome


@pytest.mark.parametrize("file_format", GOOD_FILES)
def test_a_file_that_begins_as_its_format_does_is_good(files, file_format):
    (files / "data").write_bytes(GOOD_FILES[file_format])

    assert outcome_of(files, "data", file_format) == Outcome.GOOD
    assert outcome_below(files.parent, "./sales/data", file_format.upper()) == Outcome.GOOD


@pytest.mark.parametrize("file_format", ["parquet", "sqlite", "json", "csv"])
def test_a_file_of_another_format_is_told_apart(files, file_format):
    (files / "data").write_bytes(b"\x7fELF\x00\x00")

    assert outcome_of(files, "data", file_format) == Outcome.WRONG_FORMAT


@pytest.mark.parametrize("file_format", [*GOOD_FILES, ""])
def test_an_empty_file_is_not_good(files, file_format):
    (files / "data").touch()

    assert outcome_of(files, "data", file_format) == Outcome.WRONG_FORMAT


def test_a_parquet_file_that_is_still_being_written_is_not_good(files):
    (files / "data").write_bytes(b"PAR1" + bytes(5000))

    assert outcome_of(files, "data", "parquet") == Outcome.WRONG_FORMAT


def test_a_compressed_text_file_is_good(files):
    (files / "data.csv.gz").write_bytes(gzip.compress(b"id\n1\n"))

    assert outcome_of(files, "data.csv.gz") == Outcome.GOOD


@pytest.mark.parametrize("location", ["absent.csv", "absent/data.csv", "a\x00b", "circle"])
def test_a_file_that_is_not_there_is_missing(files, location):
    (files / "circle").symlink_to(files / "circle")

    assert outcome_of(files, location) == Outcome.MISSING


@pytest.mark.parametrize(
    "location",
    [
        "../secret",
        "sales/../../secret",
        "sales/../secret",
        "/etc/passwd",
        "sales/way-out",
        "sales/door/secret",
        "sales/absolute",
        "sales/",
        "sales",
        ".",
        "",
        "secret",
        "people/secret",
        "SALES/data",
    ],
)
def test_a_path_that_leads_out_of_the_folder_is_refused(files, location):
    (files.parent / "people").mkdir()
    for folder in (files.parent.parent, files.parent, files.parent / "people"):
        (folder / "secret").write_text("a,b\n")
    (files / "data").write_text("a,b\n")
    (files / "absolute").symlink_to(files.parent / "people" / "secret")
    (files / "inner").mkdir()
    (files / "way-out").symlink_to("../secret")
    (files / "door").symlink_to("..", target_is_directory=True)

    assert outcome_below(files.parent, location) == Outcome.REFUSED


def test_a_link_within_the_folder_is_followed(files):
    (files / "data.csv").write_text("a,b\n")
    (files / "latest.csv").symlink_to("data.csv")

    assert outcome_of(files, "latest.csv") == Outcome.GOOD


def test_a_pipe_or_a_folder_is_no_file_and_does_not_hang(files):
    os.mkfifo(files / "pipe")
    (files / "folder").mkdir()

    assert outcome_of(files, "pipe") == Outcome.WRONG_FORMAT
    assert outcome_of(files, "folder") == Outcome.WRONG_FORMAT


def due_at(url: str, *, port_id: int = 1, interval: int = 60) -> ProbeTask:
    return ProbeTask(port_id=port_id, slot=START, type="api", location=url, interval=interval)


WAYS = {
    "good": (saying(), Outcome.GOOD, 200),
    "good without content": (saying(204, b""), Outcome.GOOD, 204),
    "good and endless": (flooding(OK + b"\r\n", bytes(65536)), Outcome.GOOD, 200),
    "good and swelling": (bombing(50), Outcome.GOOD, 200),
    "not found": (saying(404), Outcome.HTTP_ERROR, 404),
    "broken": (saying(500), Outcome.HTTP_ERROR, 500),
    "pointing nowhere": (saying(302, b""), Outcome.BAD_ANSWER, 302),
    "pointing inside": (redirecting("http://169.254.169.254/"), Outcome.REFUSED, None),
    "going round": (redirecting("/again"), Outcome.BAD_ANSWER, None),
    "speaking something else": (sending(b"220 ready\r\n"), Outcome.BAD_ANSWER, None),
    "resetting": (resetting, Outcome.UNREACHABLE, None),
    "hanging": (hanging, Outcome.TIMEOUT, None),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_endpoint_is_classed_as_a_consumer_would_meet_it(way, settings):
    behaviour, outcome, status = WAYS[way]
    with serving(behaviour) as endpoint:
        settings.ASSAY_ALLOWED_NETS = (endpoint.place,)

        [results] = measure([due_at(endpoint.url, interval=5)])

    assert (results.outcome, results.status_code) == (outcome, status)
    assert 0 <= results.timings.total <= 2.5


def test_an_address_that_may_not_be_called_is_refused_by_the_probe_too():
    [results] = measure([due_at("http://127.0.0.1/")])

    assert results.outcome == Outcome.REFUSED


@pytest.mark.slow
def test_healthy_ports_are_measured_at_once_among_many_dead_ones(settings):
    with serving(saying()) as good, serving(hanging) as dead:
        settings.ASSAY_ALLOWED_NETS = (good.place, dead.place)
        urls = [dead.url] * 150 + [good.url] * 50
        heard: list[float] = []
        started = time.monotonic()

        results = measure(
            [due_at(url, port_id=number, interval=6) for number, url in enumerate(urls)],
            on_result=lambda result: (
                heard.append(time.monotonic() - started) if result.is_good else None
            ),
        )

    assert [result.outcome for result in results] == [Outcome.TIMEOUT] * 150 + [Outcome.GOOD] * 50
    assert max(heard) < 3
    assert time.monotonic() - started < 6


@pytest.mark.django_db
def test_a_batch_is_claimed_measured_and_recorded_once(settings, files):
    product = make_product(domain=make_domain("sales"))
    write_file(product.domain, "id\n1\n")
    place = unused_place()
    with serving(saying()) as endpoint:
        settings.ASSAY_ALLOWED_NETS = (endpoint.place, place)
        good = make_port(type="api", location=endpoint.url)
        dead = make_port(type="api", location=f"http://{place}/")
        file = make_port(product, type="local", path="sales/orders.csv", format="csv")

        due = claim_due(limit=10, queue=ProbeQueue.HEALTHY, now=timezone.now())
        message = as_message(due)
        probe(tasks=from_message(message))
        probe(tasks=from_message(message))

    outcomes = dict(Measurement.objects.values_list("port_id", "outcome"))
    assert outcomes == {good.pk: "good", dead.pk: "unreachable", file.pk: "good"}
    assert Measurement.objects.count() == 3
    assert not ProbeSchedule.objects.claimed(timezone.now()).exists()


@pytest.mark.django_db
def test_a_batch_that_comes_too_late_is_dropped():
    port = make_port()
    late = ProbeTask(port_id=port.pk, slot=START, type="local", location="x.csv", interval=60)

    assert probe(tasks=[late]) == []
    assert not Measurement.objects.exists()


@pytest.mark.django_db
def test_ports_are_measured_in_the_foreground_whether_or_not_they_are_due(settings, files):
    product = make_product(domain=make_domain("sales"))
    write_file(product.domain, "id\n1\n")
    one = make_port(product, type="local", path="sales/orders.csv", format="csv")
    other = make_port(product, type="local", path="sales/absent.csv", format="csv")
    results = []

    for _ in range(2):
        probe_ports(on_result=results.append)
    probe_ports(port_ids=[other.pk])

    assert [result.outcome for result in results] == ["good", "missing"] * 2
    assert (one.measurements.count(), other.measurements.count()) == (2, 3)
    one.refresh_from_db()
    assert one.last_good_at is not None
