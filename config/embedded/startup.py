"""A start of Assay on one machine, from the first check to the line that says it is ready."""

import os
import signal
import subprocess
from contextlib import suppress

import redis
from django.conf import settings

from config import heartbeats
from config.demo.users import sign_ins
from config.embedded.commands import installed_programs, manage, valkey_program
from config.embedded.healthcheck_client import failing_checks
from config.embedded.locks import StartupError, lock_data_dir, require_free_port
from config.embedded.paths import logs_folder
from config.embedded.processes import die_with_parent
from config.embedded.supervisor import StopRequested, Supervisor, print_line

MAX_STARTUP_SECONDS = 180


def start() -> int:
    """Run Assay until a signal comes; return 0 after an ordered stop.

    Raises StartupError if it cannot start.
    """
    if os.environ.get("ASSAY_TETHERED") == "1":
        die_with_parent(os.getppid(), signal.SIGTERM)
    with lock_data_dir(settings.ASSAY_DATA_DIR):
        require_free_port(settings.ASSAY_HOST, settings.ASSAY_PORT, setting="ASSAY_PORT")
        if settings.ASSAY_DEMO:
            require_free_port("127.0.0.1", settings.ASSAY_DEMO_PORT, setting="ASSAY_DEMO_PORT")
        supervisor = Supervisor(logs_folder(settings.ASSAY_DATA_DIR), log=print_line)
        with suppress(StopRequested), supervisor.signals():
            run(supervisor)
    print_line("Assay has stopped.")
    return 0


def run(supervisor: Supervisor) -> None:
    if not settings.REDIS_URL:
        supervisor.start([valkey_program(settings.ASSAY_DATA_DIR)])
        supervisor.wait_until(check_bundled_broker, seconds=20)
    # Heartbeats of the last run would make workers seem alive before they are.
    heartbeats.clear((*heartbeats.QUEUES, heartbeats.BEAT))
    prepare_in_child()
    print_line("Starting web server and workers (some seconds) ...")
    supervisor.start(installed_programs())
    supervisor.wait_until(failing_checks, seconds=MAX_STARTUP_SECONDS)
    announce()
    supervisor.watch()


def prepare_in_child() -> None:
    """Prepare the data folder in a process of its own, which frees its memory afterwards."""
    parent = os.getpid()
    child = subprocess.Popen(  # noqa: S603  our own command
        manage("prepare"),
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(parent),  # noqa: PLW1509  one thread only
    )
    try:
        if child.wait():
            raise StartupError(
                "The data folder could not be prepared; the reason is above. "
                f"The next start tries again with {settings.ASSAY_DATA_DIR}."
            )
    except StopRequested:
        child.kill()
        child.wait()
        raise


def check_bundled_broker() -> list[str]:
    """Return why the bundled server does not answer, or an empty list."""
    try:
        redis.Redis(unix_socket_path=str(settings.VALKEY_SOCKET)).ping()
    except redis.RedisError as error:
        return [f"the bundled Valkey does not answer ({error})"]
    return []


def announce() -> None:
    print_line(f"Assay is ready: http://127.0.0.1:{settings.ASSAY_PORT}")
    if settings.ASSAY_DEMO:
        print_line("Sign in to the demo as one of these (username / password):")
        for role, username, password in sign_ins():
            print_line(f"  {username:8} / {password}   {role}")
    print_line(f"Logs: {logs_folder(settings.ASSAY_DATA_DIR)}. Press Ctrl-C to stop.")
