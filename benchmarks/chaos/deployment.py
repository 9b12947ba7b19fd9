"""A real deployment on one machine: `manage.py start`, its servers, and the parts to kill."""

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
from benchmarks.chaos.config import Config
from benchmarks.chaos.servers import ROOT, Database, Server, free_port

STRIPPED_PREFIXES = ("ASSAY_", "DATABASE_URL", "REDIS_URL", "ELASTICSEARCH_URL", "DJANGO_")
READY_SECONDS = 180


class Deployment:
    """A deployment in a temporary folder; a context manager that removes it at the end."""

    def __init__(self, config: Config) -> None:
        self.config, self.port = config, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="assay-chaos-"))
        self.folder.chmod(0o711)
        self.output_path = self.folder / "output.log"
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(STRIPPED_PREFIXES)
            },
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

    def __enter__(self) -> Deployment:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def parts(self) -> dict[str, Callable[[], None]]:
        """Return the parts that are running, each with a function that kills it."""
        kills: dict[str, Callable[[], None]] = {}
        for pid in _children(self.supervisor.pid):
            command = _command(pid)
            name = _name_of(command)
            if name:
                kills[name] = _kill_function(pid)
            children = [child for child in _children(pid) if _command(child)]
            if name == "web server" and len(children) > 1:
                kills["web worker"] = _kill_function(children[0])
                kills["alert watch"] = _kill_function(children[-1])
            if name == "index worker" and children:
                kills["index writer"] = _kill_function(children[0])
        for name, server in self.servers.items():
            kills[name] = server.kill
        if self.database is not None:
            kills["database session"] = self.database.end_session
        return kills

    def restart_servers(self) -> None:
        """Restart the servers that have ended, as an init system does."""
        for server in self.servers.values():
            server.restart_if_ended()

    def run(self, *arguments: str, seconds: float = 180) -> subprocess.CompletedProcess[str]:
        """Run a Python program in the environment of the deployment."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def seed(self, *, clients: int, external_products: int) -> dict[str, Any]:
        """Create people, domains and products; return tokens and what was created."""
        numbers = ("--clients", str(clients), "--external-products", str(external_products))
        process = self.run("-m", "benchmarks.chaos.seeding", *numbers)
        if process.returncode:
            raise RuntimeError(f"seeding failed:\n{process.stderr[-3000:]}")
        seeds: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
        return seeds

    def stop(self) -> None:
        """Stop everything and remove the folder."""
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
        if not self.config.keep_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def supervisor(self) -> subprocess.Popen[bytes]:
        """Return the process of `manage.py start`."""
        assert self._supervisor is not None
        return self._supervisor

    def _start_servers(self) -> None:
        if self.config.database == "postgres":
            self.database = Database(self.config.postgres_url)
            self.environment["DATABASE_URL"] = self.database.url
            port = free_port()
            self.servers["broker"] = servers.start_redis(self.folder, port)
            self.environment["REDIS_URL"] = f"redis://127.0.0.1:{port}"
        if self.config.engine == "elasticsearch":
            port = free_port()
            self.servers["engine"] = servers.start_elasticsearch(self.folder, port)
            self.environment["ELASTICSEARCH_URL"] = f"http://127.0.0.1:{port}"

    def _start(self) -> None:
        with self.output_path.open("wb") as output:
            self._supervisor = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "start"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + READY_SECONDS
        while f"Assay is ready: http://127.0.0.1:{self.port}" not in self.output_path.read_text():
            if self.supervisor.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Assay did not start:\n{self.output_path.read_text()[-3000:]}")
            self.restart_servers()
            time.sleep(0.2)


def _children(pid: int) -> list[int]:
    try:
        pids = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in pids.split()]


def _command(pid: int) -> str:
    """Return the command line of a process, empty if it has ended or is a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _name_of(command: str) -> str:
    """Return the part that runs a command, empty if it is none to kill."""
    patterns = {
        " config.webserver ": "web server",
        " --queues index ": "index worker",
        " --queues default ": "default worker",
        " beat ": "beat",
        "valkey": "broker",
    }
    return next((name for pattern, name in patterns.items() if pattern in command), "")


def _kill_function(pid: int) -> Callable[[], None]:
    def kill() -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    return kill
