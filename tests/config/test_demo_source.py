"""The demo's HTTP source: healthy, slow, flaky, leaking and broken endpoints."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.ports.http_client import fetch
from catalog.ports.http_types import Request, Response
from config.demo.data import endpoint_of, write_files
from config.demo.manifests import read_products
from config.demo.source import BEHAVIOURS, SLOT_SECONDS, Source, open_server

DAY = date(2026, 11, 2)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_files(read_products(), files=folder / "files", answers=folder / "answers", day=DAY)
    return folder / "answers"


class Clock:
    """A clock that the test moves, and a sleep that only counts."""

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
    results = []
    for _ in range(slots):
        clock.now += SLOT_SECONDS
        results.append(source.answer(f"/v1/{name}", "")[0][:3])
    return results


def test_every_endpoint_has_rows_and_every_api_port_an_endpoint(answers):
    endpoints = {
        endpoint_of(server)
        for product in read_products()
        for contract in product.contracts
        for server in contract["servers"]
        if server["type"] == "api"
    }

    assert endpoints == set(BEHAVIOURS)
    for name in BEHAVIOURS:
        assert json.loads((answers / f"{name}.json").read_bytes())


def test_pages_link_to_the_next_until_the_last_row(source):
    _, first = source.answer("/v1/hub-capacity", "limit=150")
    path, _, query = first["next"].partition("?")
    _, second = source.answer(path, query)

    assert first["count"] == 196
    assert len(first["rows"]) + len(second["rows"]) == 196
    assert second["next"] is None


def test_an_invalid_limit_is_a_bad_request_and_an_unknown_endpoint_is_not_found(source):
    assert source.answer("/v1/hub-capacity", "limit=all")[0].startswith("400")
    assert source.answer("/v1/nothing", "")[0].startswith("404")
    assert source.answer("/hub-capacity", "")[0].startswith("404")


def test_the_flaky_endpoint_fails_about_one_time_in_twelve_and_the_healthy_one_never(source, clock):
    flaky = statuses(source, clock, "parcel-events", 2000)

    assert 0.06 < flaky.count("503") / 2000 < 0.10
    assert set(statuses(source, clock, "customer-lifetime-value", 300)) == {"200"}


def test_the_leaking_endpoint_answers_after_a_start_and_then_rarely(source, clock):
    fresh = statuses(source, clock, "exchange-rates", 9)
    later = statuses(source, clock, "exchange-rates", 400)

    assert set(fresh) == {"200"}
    assert 0.6 < later.count("503") / 400 < 0.8


def test_the_slow_endpoint_waits_and_the_broken_one_always_fails(source, clock):
    source.answer("/v1/hub-capacity", "")

    assert clock.slept >= 0.9
    assert set(statuses(source, clock, "medicine-recalls", 50)) == {"503"}


@pytest.fixture
def netloc(answers: Path, settings: Any) -> Iterator[str]:
    with open_server(0, answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        netloc = f"127.0.0.1:{server.server_port}"
        settings.ASSAY_ALLOWED_NETS = (netloc,)
        yield netloc
        server.shutdown()


def test_the_source_answers_the_probes_over_a_socket(netloc: str) -> None:
    healthy = get(netloc, "/v1/customer-lifetime-value?limit=3")
    broken = get(netloc, "/v1/medicine-recalls")

    assert len(json.loads(healthy.body)["rows"]) == 3
    assert (healthy.status, broken.status) == (200, 503)
    assert broken.headers["retry-after"] == "15"


def get(netloc: str, path: str) -> Response:
    return fetch(Request(url=f"http://{netloc}{path}", deadline=10, max_bytes=100_000))
