"""The demo's HTTP source: sound, slow, flaky, leaking and broken endpoints."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.ports.http_client import fetch
from catalog.ports.http_types import Request, Response
from config.demo.notation import read_mesh
from config.demo.rows import write_files
from config.demo.source import BEHAVIOURS, SLOT_SECONDS, Source, open_server

DAY = date(2026, 11, 2)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_files(read_mesh(), files=folder / "files", answers=folder / "answers", day=DAY)
    return folder / "answers"


class Clock:
    """Time that moves by hand, and a sleep that remembers."""

    def __init__(self) -> None:
        self.now, self.slept = 1_800_000_000.0, 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def source(answers: Path, clock: Clock) -> Source:
    return Source(answers, clock=clock, sleep=clock.sleep)


def statuses(source: Source, clock: Clock, name: str, slots: int) -> list[str]:
    found = []
    for _ in range(slots):
        clock.now += SLOT_SECONDS
        found.append(source.answer(f"/v1/{name}", "")[0][:3])
    return found


def test_every_endpoint_has_rows_and_every_api_port_an_endpoint(answers):
    paths = {
        port.path
        for sketch in read_mesh()
        for product in sketch.products
        for port in product.ports
        if port.path
    }

    assert paths == set(BEHAVIOURS)
    for name in BEHAVIOURS:
        assert json.loads((answers / f"{name}.json").read_bytes())


def test_pages_follow_each_other_until_all_rows_were_given(source):
    _, first = source.answer("/v1/hub-capacity", "limit=150")
    path, _, query = first["next"].partition("?")
    _, second = source.answer(path, query)

    assert first["count"] == 196
    assert len(first["rows"]) + len(second["rows"]) == 196
    assert second["next"] is None


def test_a_page_that_is_no_number_is_refused_and_an_unknown_endpoint_is_not_found(source):
    assert source.answer("/v1/hub-capacity", "limit=all")[0].startswith("400")
    assert source.answer("/v1/nothing", "")[0].startswith("404")
    assert source.answer("/hub-capacity", "")[0].startswith("404")


def test_the_flaky_endpoint_fails_about_one_time_in_twelve_and_the_sound_one_never(source, clock):
    flaky = statuses(source, clock, "parcel-events", 2000)

    assert 0.06 < flaky.count("503") / 2000 < 0.10
    assert set(statuses(source, clock, "customer-lifetime-value", 300)) == {"200"}


def test_the_leaking_endpoint_answers_after_a_start_and_then_seldom(source, clock):
    fresh = statuses(source, clock, "exchange-rates", 9)
    later = statuses(source, clock, "exchange-rates", 400)

    assert set(fresh) == {"200"}
    assert 0.6 < later.count("503") / 400 < 0.8


def test_the_slow_endpoint_waits_and_the_broken_one_never_answers_well(source, clock):
    source.answer("/v1/hub-capacity", "")

    assert clock.slept >= 0.9
    assert set(statuses(source, clock, "medicine-recalls", 50)) == {"503"}


@pytest.fixture
def place(answers: Path, settings: Any) -> Iterator[str]:
    with open_server(0, answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"127.0.0.1:{server.server_port}"
        settings.ASSAY_ALLOWED_NETS = (place,)
        yield place
        server.shutdown()


def test_the_source_answers_the_probes_over_a_socket(place: str) -> None:
    sound = get(place, "/v1/customer-lifetime-value?limit=3")
    broken = get(place, "/v1/medicine-recalls")

    assert len(json.loads(sound.body)["rows"]) == 3
    assert (sound.status, broken.status) == (200, 503)
    assert broken.headers["retry-after"] == "15"


def get(place: str, path: str) -> Response:
    return fetch(Request(url=f"http://{place}{path}", deadline=10, max_bytes=100_000))
