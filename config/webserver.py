"""How gunicorn serves Assay; `gunicorn --config python:config.webserver` reads this module."""

import os
from typing import Any

from django.conf import settings
from django.urls import get_resolver

from config.embedded.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

wsgi_app = "config.wsgi:application"
host = f"[{settings.ASSAY_HOST}]" if ":" in settings.ASSAY_HOST else settings.ASSAY_HOST
bind = f"{host}:{settings.ASSAY_PORT}"
worker_class = "gthread"
workers = settings.ASSAY_WEB_PROCESSES
threads = settings.ASSAY_WEB_THREADS
# Loaded once, before the workers are forked, so that a killed one is replaced at once.
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 5
control_socket_disable = True
# Heartbeat files on a slow disk would stall the workers.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108


def when_ready(server: Any) -> None:
    """Load the routes and their views before the first request of each worker needs them."""
    assert get_resolver().url_patterns


def post_fork(server: Any, worker: object) -> None:
    """End a worker with its master, even if that one is killed while the worker starts.

    An orphan would hold the port for seconds, and the next master could not listen on it.
    """
    die_with_parent(server.pid)
