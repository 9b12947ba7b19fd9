"""The real product on one machine: `manage.py start`, its servers, and the parts that can die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.chaos import servers
from benchmarks.chaos.plan import Plan
from benchmarks.chaos.servers import ROOT, Database, Server, free_port

FOREIGN = ("ASSAY_", "DATABASE_URL", "REDIS_URL", "ELASTICSEARCH_URL", "DJANGO_")
READY_SECONDS = 180


class Installation:
    """An installation in a folder of its own; used as a context, it leaves nothing behind."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.port = plan, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="assay-chaos-"))
        self.folder.chmod(0o711)
        self.said = self.folder / "said.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ASSAY_DATA_DIR": str(self.folder / "var"),
            "ASSAY_PORT": str(self.port),
            "ASSAY_DEMO": "0",
            "ASSAY_STATIC_HASHED": "0",
            "ASSAY_TETHERED": "1",
        }
        self.servers: dict[str, Server] = {}
        self.database: Database | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        try:
            self._start_servers()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Installation:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def parts(self) -> dict[str, Callable[[], None]]:
        """Return the parts that live now, each with what kills it without warning."""
        found: dict[str, Callable[[], None]] = {}
        for pid in _children(self.supervisor.pid):
            command = _command(pid)
            name = _name_of(command)
            if name:
                found[name] = _killing(pid)
            below = [child for child in _children(pid) if _command(child)]
            if name == "web server" and below:
                found["web worker"] = _killing(below[0])
            if name == "index worker" and below:
                found["index writer"] = _killing(below[0])
        for name, server in self.servers.items():
            found[name] = server.kill
        if self.database is not None:
            found["database session"] = self.database.end_session
        return found

    def keep_servers(self) -> None:
        """Start the servers again that have ended, as an init system does."""
        for server in self.servers.values():
            server.keep()

    def run(self, *arguments: str, seconds: float = 180) -> subprocess.CompletedProcess[str]:
        """Run a Python program in the installation's environment."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def seed(self, *, clients: int, entries: int) -> dict[str, Any]:
        """Fill it, and return the tokens and what stands."""
        numbers = ("--clients", str(clients), "--entries", str(entries))
        done = self.run("-m", "benchmarks.chaos.seeding", *numbers)
        if done.returncode:
            raise RuntimeError(f"the seed did not grow:\n{done.stderr[-3000:]}")
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said

    def stop(self) -> None:
        """End everything and remove the folder."""
        if self._supervisor is not None:
            self._supervisor.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._supervisor.wait(timeout=60)
            self._supervisor.kill()
            self._supervisor.wait()
        for server in self.servers.values():
            server.kill()
        if self.database is not None:
            self.database.drop()
        if not self.plan.keeps_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def supervisor(self) -> subprocess.Popen[bytes]:
        """Return the process of `manage.py start`."""
        assert self._supervisor is not None
        return self._supervisor

    def _start_servers(self) -> None:
        if self.plan.database == "postgres":
            self.database = Database(self.plan.postgres_url)
            self.environment["DATABASE_URL"] = self.database.url
            port = free_port()
            self.servers["broker"] = servers.redis(self.folder, port)
            self.environment["REDIS_URL"] = f"redis://127.0.0.1:{port}"
        if self.plan.engine == "elasticsearch":
            port = free_port()
            self.servers["engine"] = servers.elasticsearch(self.folder, port)
            self.environment["ELASTICSEARCH_URL"] = f"http://127.0.0.1:{port}"

    def _start(self) -> None:
        with self.said.open("wb") as output:
            self._supervisor = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "start"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + READY_SECONDS
        while f"Assay is ready: http://127.0.0.1:{self.port}" not in self.said.read_text():
            if self.supervisor.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"it did not start:\n{self.said.read_text()[-3000:]}")
            self.keep_servers()
            time.sleep(0.2)


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in listed.split()]


def _command(pid: int) -> str:
    """Return the command line of a process; empty for one that is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _name_of(command: str) -> str:
    """Return which part a program of the supervisor is."""
    marks = {
        " gunicorn ": "web server",
        " --queues index ": "index worker",
        " beat ": "beat",
        "valkey": "broker",
    }
    return next((name for mark, name in marks.items() if mark in command), "")


def _killing(pid: int) -> Callable[[], None]:
    def kill() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    return kill
