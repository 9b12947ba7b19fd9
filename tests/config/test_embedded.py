"""One machine's installation: nothing taken twice, nothing orphaned, all stopped in order."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config.embedded.locks import StartupError, lock_data_dir, require_free_port
from config.embedded.paths import valkey_socket
from config.embedded.processes import Process, ProcessSpec
from config.embedded.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
# A small supervisor with two programs that note their start, their end and their process number.
SUPERVISED = """
import sys
from contextlib import suppress
from pathlib import Path
from config.embedded.processes import ProcessSpec
from config.embedded.supervisor import StopRequested, Supervisor, print_line

folder = Path(sys.argv[1])

def noting(name):
    script = (
        f'echo up-{name} >> notes; echo $$ > {name}.pid; '
        f'trap "echo down-{name} >> notes; exit 0" TERM; while :; do sleep 0.05; done'
    )
    return ProcessSpec(name=name, command=("sh", "-c", script), folder=folder, stop_seconds=10)

supervisor = Supervisor(folder / "logs", log=print_line)
with suppress(StopRequested), supervisor.signals():
    supervisor.start([noting("first"), noting("second")])
    print_line("up")
    supervisor.watch()
print_line("stopped")
"""


def eventually(holds: Callable[[], bool], *, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def start_supervised(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    assert eventually(lambda: len(list(folder.glob("*.pid"))) == 2)
    assert eventually(lambda: all(path.read_text().strip() for path in folder.glob("*.pid")))
    return process


def missing(path: Path) -> list[str]:
    return [] if path.exists() else [f"no {path.name}"]


def program(script: str, folder: Path, name: str = "part") -> ProcessSpec:
    return ProcessSpec(name=name, command=("sh", "-c", script), folder=folder, stop_seconds=1)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_programs_last_started_first(tmp_path, signal_number):
    process = start_supervised(tmp_path)

    process.send_signal(signal_number)
    output, _ = process.communicate(timeout=30)

    notes = (tmp_path / "notes").read_text().split()
    assert notes[2:] == ["down-second", "down-first"]
    assert output.splitlines()[-2:] == ["Stopping ... (Ctrl-C again stops at once)", "stopped"]
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_a_killed_supervisor_leaves_no_orphan(tmp_path):
    process = start_supervised(tmp_path)
    pids = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    assert all(runs(pid) for pid in pids)

    process.kill()
    process.communicate()

    assert eventually(lambda: not any(runs(pid) for pid in pids))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_a_web_worker_whose_master_died_before_it_began_ends_at_once():
    # The process takes itself for its own child, so its parent is another one.
    script = (
        "import django, os; django.setup(); from config.webserver import WebProcess;"
        "os.fork = lambda: 0; WebProcess(lambda beat: print('an orphan lives')).start()"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )

    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "")


def test_a_program_that_ends_is_started_again_and_said_to_have_ended(tmp_path):
    messages: list[str] = []
    supervisor = Supervisor(tmp_path / "logs", log=messages.append)
    second_time = "if [ -e once ]; then touch again; sleep 60; fi; touch once; exit 7"
    supervisor.start([program(second_time, tmp_path)])

    supervisor.wait_until(lambda: missing(tmp_path / "again"), seconds=20)
    supervisor.stop()

    assert messages == ["part ended (exit code 7); restarting it."]


def test_a_program_that_never_starts_ends_the_start_with_its_last_words(tmp_path):
    supervisor = Supervisor(tmp_path / "logs", log=lambda line: None)
    supervisor.start([program("echo no such disk; exit 3", tmp_path)])

    with pytest.raises(StartupError, match=r"part does not start(.|\n)*no such disk"):
        supervisor.wait_until(lambda: ["it is not up"], seconds=60)

    supervisor.stop()


def test_a_start_that_takes_too_long_says_what_is_missing(tmp_path):
    supervisor = Supervisor(tmp_path / "logs", log=lambda line: None)

    with pytest.raises(StartupError, match=r"Not ready after 0 s: index: silent\..*logs"):
        supervisor.wait_until(lambda: ["index: silent"], seconds=0)


def test_tries_come_after_1_2_4_and_at_most_15_seconds_and_ten_of_life_forgive(tmp_path):
    now = 1000.0
    child = Process(program("true", tmp_path), tmp_path / "log", clock=lambda: now)

    waits = []
    for _ in range(7):
        child.started_at = now
        child.record_exit()
        waits.append(child.restart_at - now)
    child.started_at = now - 11
    child.record_exit()

    assert waits == [1, 2, 4, 8, 15, 15, 15]
    assert child.restart_at - now == 1


def test_a_program_deaf_to_the_signal_is_forced_with_what_it_started(tmp_path):
    deaf = "trap '' TERM; sleep 300 & echo $! > grandchild.pid; wait; wait; sleep 300"
    child = Process(program(deaf, tmp_path), tmp_path / "log")
    child.start()
    assert eventually((tmp_path / "grandchild.pid").exists)
    assert eventually(lambda: bool((tmp_path / "grandchild.pid").read_text().strip()))
    grandchild = int((tmp_path / "grandchild.pid").read_text())

    child.stop(seconds=0.3)

    assert not child.is_alive()
    assert eventually(lambda: not runs(grandchild))


def test_a_log_grown_too_large_moves_aside_and_the_program_writes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("config.embedded.processes.MAX_LOG_BYTES", 100)
    child = Process(
        program("while :; do echo line; sleep 0.01; done", tmp_path), tmp_path / "it.log"
    )
    child.start()
    assert eventually(lambda: child.log.stat().st_size > 100)

    child.trim_log()

    assert eventually(lambda: child.log.stat().st_size > 0)
    assert child.log.with_suffix(".log.1").stat().st_size > 100
    assert b"\0" not in child.log.read_bytes()
    child.stop(seconds=1)


def test_a_data_folder_serves_one_start_at_a_time(tmp_path):
    with lock_data_dir(tmp_path):
        with pytest.raises(StartupError, match=f"already runs.*{os.getpid()}.*ASSAY_DATA_DIR"):
            with lock_data_dir(tmp_path):
                pass

    with lock_data_dir(tmp_path):
        pass


def test_a_port_in_use_is_refused_with_the_setting_that_changes_it():
    with socket.create_server(("127.0.0.1", 0)) as used_port:
        port = used_port.getsockname()[1]

        with pytest.raises(StartupError, match=rf"Port {port}.*ASSAY_PORT={port + 10} make run"):
            require_free_port("127.0.0.1", port, setting="ASSAY_PORT")

    require_free_port("127.0.0.1", port, setting="ASSAY_PORT")


def test_a_deep_data_folder_still_gets_a_socket_that_the_kernel_takes(tmp_path):
    deep = tmp_path / ("d" * 120)

    short, long = valkey_socket(Path("/srv/assay")), valkey_socket(deep)

    assert short == Path("/srv/assay/run/valkey.sock")
    assert len(bytes(long)) < 108
    assert long == valkey_socket(deep) != valkey_socket(deep / "other")
    assert stat.S_ISDIR(long.parent.parent.stat().st_mode)
