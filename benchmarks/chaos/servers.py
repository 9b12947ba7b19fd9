"""Servers of a run's own, as an init system keeps them: started again whenever they end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

from benchmarks.chaos.plan import Plan

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("ASSAY_CI_CACHE") or "/var/cache/assay-ci")
ELASTICSEARCH = CACHE / "elasticsearch-8.19.8"


def postgres_of(environment: Mapping[str, str]) -> str:
    """Return the address of the Postgres server to test on; empty where there is none."""
    return environment.get("ASSAY_TEST_POSTGRES_URL", "")


def lacking(plan: Plan) -> str:
    """Return why a plan cannot be run here; empty where it can."""
    if plan.engine == "elasticsearch" and not (ELASTICSEARCH / "bin").is_dir():
        return "no unpacked Elasticsearch; `.ci/servers start` brings it (ASSAY_CI_CACHE)"
    if plan.database == "postgres" and not plan.postgres_url.startswith("postgres"):
        return "ASSAY_TEST_POSTGRES_URL is not set"
    if plan.database == "postgres" and not shutil.which("redis-server"):
        return "no redis-server in PATH"
    return ""


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Server:
    """One process in a session of its own."""

    def __init__(self, command: list[str], log: Path, environment: Mapping[str, str]) -> None:
        self._command, self._log, self._environment = command, log, environment
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it; what it says goes to its log."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **self._environment},
            )

    def keep(self) -> None:
        """Start it again if it has ended."""
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def kill(self) -> None:
        """End it and all that it started, without a word of warning."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def elasticsearch(folder: Path, port: int) -> Server:
    """Start an Elasticsearch whose data lie in the folder, which its user must reach."""
    own = folder / "elasticsearch"
    own.mkdir(exist_ok=True)
    environment = {"ASSAY_CI_RUN": str(own), "ASSAY_CI_CACHE": str(CACHE)}
    command = [str(ROOT / ".ci/servers"), "elasticsearch", str(port)]
    return Server(command, folder / "elasticsearch.log", environment)


def redis(folder: Path, port: int) -> Server:
    """Start a Redis that keeps nothing: whoever kills it loses every message."""
    own = folder / "redis"
    own.mkdir(exist_ok=True)
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(own)]
    return Server([*command, "--save", "", "--appendonly", "no"], folder / "redis.log", {})


class Database:
    """A database of a run's own on a Postgres server that others use too."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self.name = f"assay_chaos_{uuid4().hex[:10]}"
        self.url = urlunsplit(urlsplit(server_url)._replace(path=f"/{self.name}"))
        self._run(f'CREATE DATABASE "{self.name}"')

    def end_session(self) -> None:
        """End one session of the run, rather one that is at work."""
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            " ORDER BY state = 'idle', random() LIMIT 1",
            self.name,
        )

    def drop(self) -> None:
        """Remove the database."""
        self._run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def _run(self, statement: str, *values: str) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(statement, values or None)
