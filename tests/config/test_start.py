"""`manage.py start` as people use it: from an empty folder to the ready line, and down again."""

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.config.test_embedded import eventually, runs

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    """An installation without the demo, in a folder and on a port of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.output = data_dir.parent / "said.txt"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.starts: list[subprocess.Popen[bytes]] = []

    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ASSAY_DATA_DIR": str(self.data_dir),
            "ASSAY_PORT": str(self.port),
            "ASSAY_DEMO": "0",
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]

    def start(self) -> subprocess.Popen[bytes]:
        """Start and wait for the ready line."""
        with self.output.open("wb") as output:
            process = subprocess.Popen(
                self.command("start"),
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.starts.append(process)
        ready = f"Assay is ready: http://127.0.0.1:{self.port}"
        assert eventually(
            lambda: ready in self.lines() or process.poll() is not None, seconds=150
        ), self.lines()
        assert ready in self.lines(), self.lines()
        return process

    def lines(self) -> list[str]:
        return self.output.read_text(encoding="utf-8").splitlines()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()


@pytest.fixture
def installation(tmp_path) -> Iterator[Installation]:
    installation = Installation(tmp_path / "var")
    yield installation
    for process in installation.starts:
        process.kill()
        process.wait()


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [one for child in map(int, children) for one in [child, *descendants(child)]]


def test_a_start_gets_ready_refuses_a_second_one_keeps_its_data_and_leaves_nothing(installation):
    process = installation.start()
    programs = descendants(process.pid)
    status, body = installation.get("/readyz")
    second = installation.run("start")

    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)

    assert status == 200
    assert all(part["ok"] for part in json.loads(body)["parts"].values())
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert process.returncode == 0
    assert installation.lines()[-1] == "Assay has stopped."
    assert len(programs) >= 7
    assert eventually(lambda: not any(runs(pid) for pid in programs))

    installation.start()

    assert "Preparing the database ..." not in installation.lines()


def test_a_killed_start_takes_every_program_with_it_and_the_next_one_works(installation):
    process = installation.start()
    programs = descendants(process.pid)

    process.kill()
    process.wait()

    assert eventually(lambda: not any(runs(pid) for pid in programs))
    installation.start()
    assert installation.get("/livez")[0] == 200


def test_an_unfinished_first_start_is_set_aside_and_begun_again(installation):
    installation.data_dir.mkdir()
    (installation.data_dir / "first-start.begun").touch()
    (installation.data_dir / "assay.sqlite3").write_bytes(b"half a database")

    run = installation.run("prepare")

    assert run.returncode == 0, run.stderr
    aside = next(installation.data_dir.glob("unfinished-*"))
    assert f"Its files are now in {aside}" in run.stdout
    assert (aside / "assay.sqlite3").read_bytes() == b"half a database"
    assert (installation.data_dir / "first-start.done").exists()
    assert not (installation.data_dir / "first-start.begun").exists()


def test_a_finished_installation_is_never_set_aside(installation):
    installation.run("prepare")
    before = (installation.data_dir / "assay.sqlite3").stat().st_ino

    run = installation.run("prepare")

    assert run.returncode == 0
    assert (installation.data_dir / "assay.sqlite3").stat().st_ino == before
    assert not list(installation.data_dir.glob("unfinished-*"))


@pytest.mark.parametrize(
    "damage", ["ALTER TABLE catalog_term DROP COLUMN definition", "DELETE FROM django_migrations"]
)
def test_a_start_with_such_a_database_ends_with_a_sentence(installation, damage: str):
    assert installation.run("prepare").returncode == 0
    with sqlite3.connect(installation.data_dir / "assay.sqlite3") as database:
        database.execute(damage)
    database.close()

    run = installation.run("prepare")

    assert run.returncode == 1
    assert "another" in run.stderr
    assert "ASSAY_DATA_DIR" in run.stderr
    assert "Traceback" not in run.stderr
