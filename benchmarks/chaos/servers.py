"""The servers of a run, restarted whenever they end."""

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

from benchmarks.chaos.config import Config

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("ASSAY_CI_CACHE") or "/var/cache/assay-ci")
ELASTICSEARCH = CACHE / "elasticsearch-8.19.8"


def postgres_url_from(environment: Mapping[str, str]) -> str:
    """Return the URL of the Postgres server for tests, empty if there is none."""
    return environment.get("ASSAY_TEST_POSTGRES_URL", "")


def missing_requirement(config: Config) -> str:
    """Return why a run is not possible here, empty if it is."""
    if config.engine == "elasticsearch" and not (ELASTICSEARCH / "bin").is_dir():
        return "no unpacked Elasticsearch; `.ci/servers start` brings it (ASSAY_CI_CACHE)"
    if config.database == "postgres" and not config.postgres_url.startswith("postgres"):
        return "ASSAY_TEST_POSTGRES_URL is not set"
    if config.database == "postgres" and not shutil.which("redis-server"):
        return "no redis-server in PATH"
    return ""


def free_port() -> int:
    """Return a loopback port that is not in use."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Server:
    """A process in its own session."""

    def __init__(self, command: list[str], log: Path, environment: Mapping[str, str]) -> None:
        self._command, self._log, self._environment = command, log, environment
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the process; its output goes to the log."""
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

    def restart_if_ended(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def kill(self) -> None:
        """Kill the process and all that it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def start_elasticsearch(folder: Path, port: int) -> Server:
    """Start an Elasticsearch with its data in the folder, which its user must be able to read."""
    data_folder = folder / "elasticsearch"
    data_folder.mkdir(exist_ok=True)
    environment = {"ASSAY_CI_RUN": str(data_folder), "ASSAY_CI_CACHE": str(CACHE)}
    command = [str(ROOT / ".ci/servers"), "elasticsearch", str(port)]
    return Server(command, folder / "elasticsearch.log", environment)


def start_redis(folder: Path, port: int) -> Server:
    """Start a Redis without persistence: killing it loses every message."""
    data_folder = folder / "redis"
    data_folder.mkdir(exist_ok=True)
    address = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(data_folder)]
    command = ["redis-server", *address, "--save", "", "--appendonly", "no"]
    return Server(command, folder / "redis.log", {})


class Database:
    """A temporary database on a shared Postgres server."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self.name = f"assay_chaos_{uuid4().hex[:10]}"
        self.url = urlunsplit(urlsplit(server_url)._replace(path=f"/{self.name}"))
        self._run(f'CREATE DATABASE "{self.name}"')

    def end_session(self) -> None:
        """Terminate one session of the run, preferably an active one."""
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            " ORDER BY state = 'idle', random() LIMIT 1",
            self.name,
        )

    def drop(self) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def _run(self, statement: str, *values: str) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(statement, values or None)
