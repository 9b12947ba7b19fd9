"""What runs in a thread of its own during a storm."""

from __future__ import annotations

import threading


class Actor:
    """Acts until it is done; what ended it early is kept in `error` and raised by `join`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._act, name=name, daemon=True)

    def act(self) -> None:
        """Do all that is to be done."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def is_done(self, *, within: float) -> bool:
        """Wait so many seconds at most; say whether the actor has ended."""
        self._thread.join(within)
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait for the end. Raises RuntimeError where it came too early."""
        self._thread.join()
        if self._error is not None:
            raise RuntimeError(f"the {self.name} could not go on") from self._error

    def _act(self) -> None:
        try:
            self.act()
        except BaseException as error:  # noqa: BLE001 - it is raised where the actor is joined
            self._error = error
