"""Rebuilds that are killed, each at another step, as by a power cut; the tests run it as a program.

Prints one line for each: the step and the signal that ended it. A child has all its connections
to itself, for none is open when it begins.
"""

import os
import signal
import traceback

import django

django.setup()

from catalog.search.backends import active_backend  # noqa: E402  Django must be set up first
from catalog.search.services.rebuild import RebuildPhase, rebuild  # noqa: E402


def rebuild_and_die(step: RebuildPhase) -> None:
    def end_here(at: RebuildPhase, count: int) -> None:
        if at is step:
            os.kill(os.getpid(), signal.SIGKILL)

    rebuild(active_backend(), end_here)


def main() -> None:
    for step in RebuildPhase:
        child = os.fork()
        if child == 0:
            try:
                rebuild_and_die(step)
            finally:
                traceback.print_exc()
                os._exit(1)
        _, status = os.waitpid(child, 0)
        print(step.value, os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
