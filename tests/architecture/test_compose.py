"""The containers run the same commands as the supervisor, on the versions that CI tests."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # noqa: TID251  (no word in the file is read as a truth value)

from config.embedded.commands import beat_program, web_program, worker_program

ROOT = Path(__file__).resolve().parents[2]
OURS = ("web", "worker", "probes", "slow", "index", "beat")
SERVERS = ("postgres", "elasticsearch", "redis")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


def without(command: tuple[str, ...] | list[str], *options: str) -> list[str]:
    """Return a command without some options and their values."""
    remaining = list(command)
    for option in options:
        index = remaining.index(option)
        del remaining[index : index + 2]
    return remaining


@pytest.mark.parametrize("name", [*OURS, *SERVERS])
def test_every_service_has_a_health_check(compose, name):
    check = compose["services"][name]["healthcheck"]

    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout"} <= check.keys()


@pytest.mark.parametrize("name", ["worker", "probes", "slow", "index"])
def test_a_worker_container_runs_the_command_of_the_supervisor(compose, name):
    ours = worker_program(name).command[1:]

    theirs = compose["services"][name]["command"][1:]

    assert without(theirs, "--concurrency") == without(ours, "--concurrency")


def test_the_index_has_one_process_in_a_container_too(compose):
    command = compose["services"]["index"]["command"]

    assert command[command.index("--concurrency") + 1] == "1"


def test_web_and_beat_containers_run_the_commands_of_the_supervisor(compose):
    web, beat = web_program().command[1:], beat_program().command[1:]

    services = compose["services"]

    assert services["web"]["command"][1:] == list(web)
    assert services["beat"]["command"][1:] == list(beat)


def test_our_services_wait_for_the_tables(compose):
    for name in OURS:
        waits_for = compose["services"][name]["depends_on"]
        assert waits_for == {"prepare": {"condition": "service_completed_successfully"}}


def test_elasticsearch_is_the_version_that_ci_tests(compose):
    image = compose["services"]["elasticsearch"]["image"]

    assert image.rsplit(":", 1)[1] in (ROOT / ".ci/servers").read_text(encoding="utf-8")


def test_no_password_has_a_default(compose):
    database = compose["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"]

    assert database.startswith("${POSTGRES_PASSWORD:?")
    assert "${POSTGRES_PASSWORD:?" in compose["x-assay"]["environment"]["DATABASE_URL"]


def test_the_build_context_has_every_folder_that_the_image_copies():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    copied = [
        line.split()[1]
        for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if line.startswith("COPY")
    ]

    assert {f"!{name}" for name in copied} == {
        line for line in ignored.splitlines() if line.startswith("!")
    }
    assert all((ROOT / name).exists() for name in copied)
