"""The web server: slow clients hold no thread, a stop drops nothing, killed processes come back."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.config.test_embedded import ROOT, eventually, runs

# Two processes of two threads serve an application that can sleep, and that can answer at length.
SERVER = """
import os, resource, socket, sys, time
import django
django.setup()
from django.conf import settings
from config import http_server, webserver

settings.ASSAY_WEB_THREADS, settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2, int(sys.argv[2])
if len(sys.argv) > 3:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)

def application(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    if path == "/file":
        start_response("200 OK", [("Content-Length", str(os.path.getsize(query)))])
        return environ["wsgi.file_wrapper"](open(query, "rb"))
    if path == "/sleep":
        open(query, "w").close()
        time.sleep(1)
    body = environ["wsgi.input"].read()
    size = int(query or 0) if path == "/large" else 0
    headers = sorted(name for name in environ if "FORWARDED" in name)
    answer = f"{os.getpid()} {len(body)} {environ['REMOTE_ADDR']} {headers}".encode()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer + b"." * size]

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024)
webserver.run((lambda beat: http_server.web_server(application, listener).serve(beat), 2))
"""
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass
class Server:
    """A running web server."""

    port: int
    process: subprocess.Popen[bytes]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def send(self, data: bytes, *, answers: int = 1) -> bytes:
        """Send bytes on a new connection and return what comes back, up to that many answers."""
        with closing(self.connect()) as client:
            client.sendall(data)
            received = b""
            while received.count(b"HTTP/1.1 ") < answers or not received.endswith(b"]"):
                if not (chunk := client.recv(65536)):
                    break
                received += chunk
            return received

    def answers(self) -> bool:
        try:
            return b"200 OK" in self.send(GET)
        except OSError:
            return False

    def pid_of_answer(self) -> int:
        return int(self.send(GET).partition(b"\r\n\r\n")[2].split()[0])


@pytest.fixture
def server(request) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port), *str(getattr(request, "param", 0)).split()],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    server = Server(port, process)
    assert eventually(server.answers)
    yield server
    process.kill()
    process.wait()


def test_slow_headers_bodies_and_readers_hold_no_thread(server):
    body = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"
    large = b"GET /large?30000000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as stack:
        for start in (b"", b"GET / HTTP/1.1\r\nX-Slow: ", body, large):
            for _ in range(8):
                client = stack.enter_context(closing(server.connect()))
                client.sendall(start)
        time.sleep(1)
        started = time.monotonic()

        answers = [server.send(GET) for _ in range(20)]

    assert all(b"200 OK" in answer for answer in answers)
    assert time.monotonic() - started < 5


def test_slow_readers_of_a_file_hold_no_thread(server, tmp_path):
    file = tmp_path / "large"
    with file.open("wb") as sparse:
        sparse.truncate(300 * 1024**2)
    with ExitStack() as stack:
        for _ in range(8):
            client = stack.enter_context(closing(server.connect()))
            client.sendall(f"GET /file?{file} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(1)
        started = time.monotonic()

        answers = [server.send(GET) for _ in range(20)]

    assert all(b"200 OK" in answer for answer in answers)
    assert time.monotonic() - started < 5


UPLOAD = (
    "PUT /api/v1/products/x/ports/y/data HTTP/1.1\r\nHost: localhost\r\n"
    "Content-Length: {}\r\n{}\r\n"
)
SIGNED_IN = "Authorization: Bearer t\r\n"


def upload(server: Server, announced: int, sent: int, headers: str = SIGNED_IN) -> bytes:
    """Send an upload without reading meanwhile, and return the answer."""
    with closing(server.connect()) as client:
        client.sendall(UPLOAD.format(announced, headers).encode())
        for _ in range(sent // 2**20):
            client.sendall(b"1" * 2**20)
        received = b""
        while chunk := client.recv(65536):
            received += chunk
            if received.endswith((b"]", b"}")):
                break
    return received


def test_an_upload_may_be_large_and_other_bodies_may_not(server):
    assert b"200 OK" in upload(server, 80 * 2**20, 80 * 2**20)
    unsigned = upload(server, 80 * 2**20, 80 * 2**20, headers="")

    assert b"413 " in unsigned
    assert b'"code":"too-large"' in unsigned


def test_an_upload_beyond_the_limit_is_answered_even_to_who_only_sends(server):
    """With an error, and not with a connection that is reset."""
    answer = upload(server, 10 * 2**30, 64 * 2**20)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"too-large"' in answer


def test_a_client_that_asks_before_it_sends_is_refused_at_once(server):
    answer = upload(server, 10 * 2**30, 0, f"{SIGNED_IN}Expect: 100-continue\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_an_upload_that_breaks_off_is_forgotten(server):
    with closing(server.connect()) as client:
        client.sendall(UPLOAD.format(2**20, SIGNED_IN).encode() + b"half")
    time.sleep(0.2)

    assert b"200 OK" in server.send(GET)


@pytest.mark.parametrize("server", [f"0 {4 * 2**20}"], indirect=True)
def test_a_body_for_which_the_disk_has_no_room_is_refused_with_the_reason(server):
    answer = upload(server, 16 * 2**20, 16 * 2**20)

    assert answer.startswith(b"HTTP/1.1 507 ")
    assert b'"code":"insufficient-storage"' in answer
    assert b"200 OK" in server.send(GET)


def test_many_requests_on_a_connection_are_answered_one_after_the_other(server):
    answer = server.send(GET * 20, answers=20)

    assert answer.count(b"HTTP/1.1 200 OK") == 20


def test_a_reader_that_does_not_read_has_one_answer_made_at_a_time(server, tmp_path):
    large = b"GET /large?9000000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    sleep = f"GET /sleep?{tmp_path}/was-called HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with closing(server.connect()) as client:
        client.sendall(large + sleep)
        time.sleep(1)
        was_called_before = (tmp_path / "was-called").exists()
        while not (tmp_path / "was-called").exists() and client.recv(1024 * 1024):
            pass

    assert not was_called_before
    assert (tmp_path / "was-called").exists()


def test_a_chunked_body_arrives_whole(server):
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = server.send(head + b"5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n")

    assert answer.partition(b"\r\n\r\n")[2].split()[1] == b"8"


def test_a_stop_answers_what_is_under_way_and_ends_every_process(server, tmp_path):
    pids = {server.pid_of_answer() for _ in range(20)}
    with closing(server.connect()) as client:
        called = tmp_path / "called"
        client.sendall(f"GET /sleep?{called} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert eventually(called.exists)

        server.process.send_signal(signal.SIGTERM)

        assert b"200 OK" in client.recv(65536)
    assert server.process.wait(timeout=10) == 0
    assert not any(runs(pid) for pid in pids)
    assert not server.answers()


def test_a_killed_process_is_replaced(server):
    killed = server.pid_of_answer()
    time.sleep(1)

    os.kill(killed, signal.SIGKILL)

    assert eventually(lambda: not runs(killed))
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    assert eventually(lambda: len(children.read_text().split()) == 2)
    assert all(server.answers() for _ in range(10))


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (b"GET /api/v1/products HTTP/1.1\r\nBad Header\r\n\r\n", b"400", "malformed-request"),
        (
            b"POST /api/v1/products HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            b"413",
            "too-large",
        ),
    ],
)
def test_what_the_server_refuses_is_a_problem_document_of_the_api(
    server, request_bytes, status, code
):
    head, _, body = server.send(request_bytes, answers=2).partition(b"\r\n\r\n")

    assert head.split()[1] == status
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == code


def test_headers_beyond_their_limit_are_refused(server):
    start = b"GET / HTTP/1.1\r\nX-Long: "

    answer = server.send(start + (64 * 1024 - len(start)) * b"a", answers=2)

    assert b"431 Request Header Fields Too Large" in answer
    assert b"waitress" not in answer.lower()


@pytest.mark.parametrize(
    ("server", "passed_on"),
    [(0, b"[]"), (1, b"['HTTP_X_FORWARDED_FOR']")],
    indirect=["server"],
)
def test_headers_of_proxies_reach_django_only_if_there_are_proxies(server, passed_on):
    answer = server.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")

    assert answer.endswith(b"127.0.0.1 " + passed_on)
