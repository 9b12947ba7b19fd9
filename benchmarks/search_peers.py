"""Search over HTTP on 1,190 records: Assay, pycsw and DataHub Lite, each a server of its own.

The peers are installed into venvs of their own and loaded with the same names, descriptions and
tags; a peer that cannot be installed or started is left out, and the reason is said. All of Assay
runs as `manage.py start` runs it, and answers with facets and highlights, which the peers lack.
The same words are asked in interleaved rounds on open connections, the first 20 hits of each.

    python -m benchmarks.search_peers --peers DIR      # keeps what it installs and loads there
    python -m benchmarks.search_peers --rounds 3 --json
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.cli import (
    command_line,
    interleaved,
    milliseconds,
    report,
)
from benchmarks.peers import LOADED, PEERS, Peer, records
from benchmarks.processes import product, until, valkey
from benchmarks.timing import ROOT

WORDS = """sentinel climate genome ocean weather satellite cancer radar census elevation imagery
traffic bird forest protein language soil earthquake energy wildfire""".split()
LIMIT = 20


class Asking:
    """One client of one server, on a connection that stays open."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self.port, self.headers = port, headers or {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str) -> bytes:
        """Return what an address answers. Raises RuntimeError for anything but 200."""
        try:
            answer = self._sent(path)
        except (http.client.HTTPException, ConnectionError):  # a server that keeps none open
            self.connection.close()  # one that failed takes no other request
            answer = self._sent(path)
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return body

    def _sent(self, path: str) -> http.client.HTTPResponse:
        self.connection.request("GET", path, headers=self.headers)
        return self.connection.getresponse()


@contextmanager
def assay(data: Path) -> Iterator[Callable[[str], bytes]]:
    """Run Assay with the records imported, once in a folder, and indexed; yields how to ask."""
    from benchmarks.create_api import enter

    _, tokens = enter(data)
    if not (data / LOADED).exists():
        with valkey(data):  # the import hints at each entry, and waits for a broker that is down
            subprocess.run(
                [sys.executable, "manage.py", "import_aws_open_data", str(records())],
                cwd=ROOT,
                env={**os.environ, "ASSAY_DATA_DIR": str(data), "ASSAY_DEMO": "0"},
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        (data / LOADED).touch()
    with product(data) as running:
        client = Asking(running.port, {"Authorization": f"Bearer {tokens[0]}"})

        def ask(word: str) -> bytes:
            return client.get(f"/api/v1/search?q={quote(word)}&limit={LIMIT}")

        until(lambda: b'"results":[{' in ask(WORDS[0]), seconds=120)
        yield ask


@contextmanager
def peer(kind: Peer, folder: Path) -> Iterator[Callable[[str], bytes]]:
    """Run a peer with the records loaded; yields how a word is asked."""
    kind.install(folder)
    kind.load(folder)
    with kind.running(folder) as port:
        client = Asking(port)

        def ask(word: str) -> bytes:
            return client.get(kind.address(word))

        until(lambda: answers(ask), seconds=90)
        yield ask


def answers(ask: Callable[[str], bytes]) -> bool:
    """Say whether a server answers a search at all."""
    try:
        return len(ask(WORDS[0])) > 100
    except (OSError, RuntimeError, http.client.HTTPException):
        return False


def measure(options: argparse.Namespace, data: Path, peers: Path) -> dict[str, Any]:
    """Return each system's times, and how much faster Assay is than the faster peer."""
    left_out: dict[str, str] = {}
    with ExitStack() as running:
        systems = {"assay": running.enter_context(assay(data))}
        for name, kind in PEERS.items():
            try:
                systems[name] = running.enter_context(peer(kind, peers / name))
            except (subprocess.SubprocessError, OSError) as reason:
                left_out[name] = str(reason)[:300]
        spent: dict[str, list[float]] = {name: [] for name in systems}
        for word in WORDS:
            works = {name: lambda ask=ask, word=word: ask(word) for name, ask in systems.items()}
            for name, times in interleaved(works, rounds=options.rounds, warm=1).items():
                spent[name] += times
    times_by_system = {name: milliseconds(times) for name, times in spent.items()}
    others = [statistics.median(times) for name, times in spent.items() if name != "assay"]
    ratio = min(others) / statistics.median(spent["assay"]) if others else None
    return {
        "words": len(WORDS),
        "rounds": options.rounds,
        "times": times_by_system,
        "left_out": left_out,
        "faster_than_the_faster_peer": round(ratio, 1) if ratio else None,
    }


def main() -> None:
    """Measure and print."""
    parser = command_line(__doc__)
    parser.add_argument("--peers", type=Path, help="where the peers are installed and kept")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        peers = (options.peers or Path(folder)).absolute()
        (peers / "assay").mkdir(parents=True, exist_ok=True)
        result = measure(options, peers / "assay", peers)
    lines = [
        f"{name:14} p50 {figures['p50_ms']:8.2f} ms  p95 {figures['p95_ms']:8.2f} ms"
        for name, figures in result["times"].items()
    ]
    lines += [f"{name} was left out: {reason}" for name, reason in result["left_out"].items()]
    lines.append(
        f"{result['faster_than_the_faster_peer']} times as fast as the faster peer;"
        f" {result['words']} words, {result['rounds']} rounds"
    )
    report(result, lines, options)


if __name__ == "__main__":
    main()
