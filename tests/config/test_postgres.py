"""A kept connection to Postgres is known to stand, or to be gone, without a question."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def kept() -> Iterator[Any]:
    """A connection of its own, with all it asks kept in its log."""
    other = connection.copy()
    other.ensure_connection()
    other.force_debug_cursor = True
    yield other
    other.close()


def pid_of(other: Any) -> int:
    return int(other.connection.info.backend_pid)


def end(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_connection_that_stands_is_asked_nothing(kept):
    assert kept.is_usable()
    assert list(kept.queries_log) == []


def test_a_connection_that_the_server_ended_is_not_used_again(kept):
    end(pid_of(kept))

    until = time.monotonic() + 20
    while kept.is_usable() and time.monotonic() < until:
        time.sleep(0.01)

    assert not kept.is_usable()


def test_a_notice_from_the_server_is_no_end(kept):
    with kept.cursor() as cursor:
        cursor.execute("LISTEN word")
    with kept.cursor() as cursor:
        cursor.execute("NOTIFY word")

    assert kept.is_usable()


def test_a_closed_connection_is_not_usable(kept):
    kept.close()

    assert not kept.is_usable()
