"""A worker in a thread of its own."""

import threading


class Worker:
    """Runs `work` in a thread; `join` raises the error that ended it early."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def work(self) -> None:
        raise NotImplementedError

    def start(self) -> None:
        self._thread.start()

    def is_done(self, *, within: float) -> bool:
        """Wait up to `within` seconds; return True if the worker has ended."""
        self._thread.join(within)
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait for the end. Raises RuntimeError if an error ended the work."""
        self._thread.join()
        if self._error is not None:
            raise RuntimeError(f"the {self.name} failed") from self._error

    def _run(self) -> None:
        try:
            self.work()
        except BaseException as error:  # noqa: BLE001 - `join` raises it
            self._error = error
