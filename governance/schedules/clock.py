"""The clocks of this host: the wall clock may be set, the monotonic one only goes on; pure."""

import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

# A clock that is adjusted gently, or drifts, is off by less than this.
TOLERANCE = timedelta(seconds=2)
_STARTED_AT, _STARTED = timezone.now(), time.monotonic()


def boot_id() -> str:
    """Return what names this start of this host: all its processes share one monotonic clock."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{uuid.getnode():x}"


BOOT_ID = boot_id()


def steady_now() -> datetime:
    """Return the start of this process plus the monotonic time since: it never jumps."""
    return _STARTED_AT + timedelta(seconds=time.monotonic() - _STARTED)
