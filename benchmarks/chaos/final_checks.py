"""What is checked at the end, while the deployment recovers without help."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.chaos.client import Client
from benchmarks.chaos.deployment import Deployment
from benchmarks.chaos.history import State
from benchmarks.chaos.names import COMMON_WORD

# An engine may be slow to start; the index has a minute from its first answer.
MAX_DRIFT_SECONDS, CHECK_TIMEOUT = 60.0, 600.0


@dataclass(frozen=True, kw_only=True)
class FinalState:
    """What the database and the index hold; times are of the monotonic clock."""

    answers_at: float | None
    equal_at: float | None
    differences: list[str]
    stored: Mapping[str, Mapping[str, State]]


def wait_for_final_state(deployment: Deployment) -> FinalState:
    """Wait up to a minute until index and database are equal; return what they hold."""
    arguments = ("-m", "benchmarks.chaos.consistency", "--seconds", str(MAX_DRIFT_SECONDS))
    process = deployment.run(*arguments, seconds=CHECK_TIMEOUT)
    if process.returncode:
        raise RuntimeError(f"the consistency check failed:\n{process.stderr[-3000:]}")
    comparison, stored = map(json.loads, process.stdout.splitlines()[-2:])
    states = {
        entity_type: {key: State(**fields) for key, fields in rows.items()}
        for entity_type, rows in stored.items()
    }
    return FinalState(**comparison, stored=states)


def final_searches(deployment: Deployment, seeds: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Return the keys that each reader finds; those of all owners together."""
    port = deployment.port
    owners = [_search_all(port, token) for token in seeds["writers"]]
    return {
        "signed-out": _search_all(port, ""),
        "member": _search_all(port, seeds["member"]),
        "owner": frozenset().union(*owners),
    }


def verify_index(deployment: Deployment) -> list[str]:
    """Return the output of `verify_search_index` if it reports a difference."""
    process = deployment.run("manage.py", "verify_search_index", "--json")
    if process.returncode == 0:
        return []
    output = f"{process.stdout}{process.stderr}"[:400]
    return [f"verify_search_index ended with {process.returncode}: {output}"]


def _search_all(port: int, token: str) -> frozenset[str]:
    """Read all pages of a search."""
    keys: set[str] = set()
    path: str | None = f"/api/v1/search?q={COMMON_WORD}&sort=name&limit=100"
    with Client(port, token) as client:
        while path:
            page = client.get_with_retries(path).json
            keys |= {row["slug"] for row in page["results"]}
            path = page["next"]
    return frozenset(keys)
