"""The process that watches the poller and delivers what no worker has.

It is forked by the web server's parent, like the processes that serve: so it shares their memory,
is replaced when it ends or is stuck, and needs neither broker, beat nor Celery.
"""

import logging
import time
from collections.abc import Callable

from django.db import close_old_connections
from django.utils import timezone
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)
INTERVAL_SECONDS = 10


def watch_forever(beat: Callable[[], None]) -> None:
    """Watch every ten seconds; `beat` says that the process is not stuck."""
    while True:
        time.sleep(INTERVAL_SECONDS)
        beat()
        watch_once()


def watch_once() -> None:
    # The web server's parent imports this module before Django's apps are loaded.
    watch = import_string("governance.alerts.services.watch")
    close_old_connections()
    try:
        watch(now=timezone.now())
    except Exception:
        # The database may be away for a while.
        logger.exception("the watch failed")
