"""A rebuild that kills itself at a step, as a power cut would; the tests run it as a program."""

import os
import signal
import sys

import django

django.setup()

from catalog.search.backends import serving  # noqa: E402  Django must be set up first
from catalog.search.services import Step, rebuild  # noqa: E402


def main(step: Step) -> None:
    def end_here(at: Step, count: int) -> None:
        if at is step:
            os.kill(os.getpid(), signal.SIGKILL)

    rebuild(serving(), end_here)


if __name__ == "__main__":
    main(Step(sys.argv[1]))
