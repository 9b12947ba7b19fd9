"""A malicious or slow database costs only its child's limits and gives a true reason."""

import os
import random
import socket
import sqlite3
import struct
import threading
import time
from contextlib import closing, contextmanager, suppress

import pytest

from governance.sandbox.groups import Grouping, GroupRequest
from governance.sandbox.runner import WALL_SECONDS, run_child, run_group_child
from governance.sandbox.types import Source, SourceUnreadable

DRIVERS = {"postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}
# What a child may take in all: its wall clock, and to be started on a busy machine.
MAX_SECONDS = WALL_SECONDS + 20


@contextmanager
def server(answer):
    """A server on loopback that treats every connection by `answer`; yields port and received."""
    received = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    answer(Peer(connection, received))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], received
        listening.shutdown(socket.SHUT_RDWR)


class Peer:
    """One connection; what the client sends is kept."""

    def __init__(self, connection, received):
        self.connection, self.received = connection, received

    def receive(self):
        part = self.connection.recv(65536)
        if not part:
            raise ConnectionResetError
        self.received += part
        return part

    def send(self, content):
        self.connection.sendall(content)

    def send_forever(self, content):
        while True:
            self.send(content)


def outcome(kind, answer, read=run_child, **options):
    """Return the code of the failure, what the server received, and the seconds it took."""
    with server(answer) as (port, received):
        database = {
            "dialect": DRIVERS[kind],
            "host": "127.0.0.1",
            "hostaddr": "127.0.0.1",
            "port": str(port),
            "dbname": "x",
            "user": "reader",
            "password": "secret",
        }
        begins_at = time.monotonic()
        with pytest.raises(SourceUnreadable) as error:
            read(Source(kind=kind, database=database, **options))
        return error.value.code, bytes(received), time.monotonic() - begins_at


def silent(peer):
    time.sleep(MAX_SECONDS)


def closing_at_once(peer):
    return


def garbage(peer):
    peer.send(random.Random(7).randbytes(100_000))
    peer.receive()


@pytest.mark.slow
@pytest.mark.parametrize("kind", DRIVERS)
@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (silent, {"unreachable", "connection-lost"}),
        (closing_at_once, {"connection-lost", "not-understood"}),
        (garbage, {"not-understood", "connection-lost", "not-counted"}),
    ],
    ids=["silent", "closing", "garbage"],
)
def test_what_is_no_database_is_given_up_in_time(kind, answer, codes):
    code, _, seconds = outcome(kind, answer)

    assert code in codes
    assert seconds < MAX_SECONDS


@pytest.mark.parametrize("kind", DRIVERS)
def test_groups_of_what_is_no_database_are_not_counted(kind):
    request = GroupRequest(table="x", attributes=(Grouping(column="sex", name="sex"),))

    code, _, seconds = outcome(kind, garbage, read=run_group_child, groups=request)

    assert code in {"not-understood", "connection-lost", "not-counted"}
    assert seconds < MAX_SECONDS


def postgres_message(kind, content):
    return kind + struct.pack(">i", len(content) + 4) + content


def sign_in_to_postgres(peer):
    """Refuse TLS, accept the login and be ready."""
    if peer.receive()[4:8] == struct.pack(">i", 80877103):
        peer.send(b"N")
        peer.receive()
    peer.send(postgres_message(b"R", struct.pack(">i", 0)))
    peer.send(postgres_message(b"Z", b"I"))
    peer.receive()


def postgres_rows_without_end(peer):
    sign_in_to_postgres(peer)
    column = b"v\0" + struct.pack(">ihihih", 0, 0, 25, -1, -1, 0)
    peer.send(postgres_message(b"T", struct.pack(">h", 1) + column))
    row = postgres_message(b"D", struct.pack(">hi", 1, 60_000) + b"x" * 60_000)
    peer.send_forever(row)


def postgres_notices_without_end(peer):
    sign_in_to_postgres(peer)
    peer.send_forever(postgres_message(b"N", b"SNOTICE\0C00000\0M" + b"x" * 60_000 + b"\0\0"))


def mysql_packet(number, content):
    return struct.pack("<I", len(content))[:3] + bytes([number % 256]) + content


def sign_in_to_mysql(peer):
    scramble = b"12345678"
    greeting = b"\x0a8.0.30\0" + struct.pack("<I", 1) + scramble + b"\0"
    greeting += struct.pack("<H", 0xA205) + b"\x21" + struct.pack("<HH", 2, 0x0008) + b"\x15"
    greeting += b"\0" * 10 + b"123456789012\0" + b"mysql_native_password\0"
    peer.send(mysql_packet(0, greeting))
    peer.receive()
    peer.send(mysql_packet(2, b"\0\0\0\2\0\0\0"))
    peer.receive()


def mysql_rows_without_end(peer):
    sign_in_to_mysql(peer)
    peer.send(mysql_packet(1, b"\1"))
    column = b"\3def\0\0\0\1v\1v\x0c\x21\0" + struct.pack("<IBHB", 100, 0xFD, 0, 0) + b"\0\0"
    peer.send(mysql_packet(2, column) + mysql_packet(3, b"\xfe\0\0\2\0"))
    peer.send_forever(mysql_packet(4, b"\xfd" + struct.pack("<I", 60_000)[:3] + b"x" * 60_000))


def mysql_asks_for_a_file(peer):
    sign_in_to_mysql(peer)
    for number in range(20):
        peer.send(mysql_packet(1, b"\xfb/etc/passwd"))
        peer.receive()
        peer.send(mysql_packet(number + 3, b"\0\0\0\2\0\0\0"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("postgres", postgres_rows_without_end),
        ("postgres", postgres_notices_without_end),
        ("mysql", mysql_rows_without_end),
    ],
)
def test_an_answer_without_end_costs_the_limits_of_the_child(kind, answer):
    code, _, seconds = outcome(kind, answer)

    assert code in {"too-costly", "connection-lost", "not-understood", "not-counted"}
    assert seconds < MAX_SECONDS


def test_a_server_that_asks_for_a_file_of_ours_gets_none():
    code, received, _ = outcome("mysql", mysql_asks_for_a_file)

    assert b"root:" not in received
    assert code in {"not-understood", "connection-lost", "not-counted"}


@pytest.mark.slow
def test_a_damaged_sqlite_file_gives_what_can_be_read_or_a_reason(tmp_path):
    path, rng = tmp_path / "a.db", random.Random(11)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("CREATE INDEX i ON a (name)")
        connection.executemany("INSERT INTO a (name) VALUES (?)", [(f"n{n}",) for n in range(5000)])
    sound = path.read_bytes()
    for _ in range(10):
        content = bytearray(sound)
        for _ in range(200):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(content)
        descriptor = os.open(path, os.O_RDONLY)
        with suppress(SourceUnreadable):
            tables = run_child(Source(kind="sqlite", descriptor=descriptor)).tables
            assert all(table.rows is not None or table.reason for table in tables)
        os.close(descriptor)
