"""What is looked at once the storm is over, while nobody lends a hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.chaos.client import Client
from benchmarks.chaos.deployment import Installation
from benchmarks.chaos.history import State
from benchmarks.chaos.names import EVERYWHERE

# An engine may be slow to start; the index has a minute from its first answer.
LONGEST_DRIFT, LONGEST_WATCH = 60.0, 600.0


@dataclass(frozen=True, kw_only=True)
class Testimony:
    """What a witness beside the product saw; moments are those of the ledger."""

    answers_at: float | None
    equal_at: float | None
    differing: list[str]
    standing: Mapping[str, Mapping[str, State]]


def testimony(installation: Installation) -> Testimony:
    """Wait until index and database are equal, or have had a minute; say what stands."""
    arguments = ("-m", "benchmarks.chaos.consistency", "--seconds", str(LONGEST_DRIFT))
    done = installation.run(*arguments, seconds=LONGEST_WATCH)
    if done.returncode:
        raise RuntimeError(f"the witness fell silent:\n{done.stderr[-3000:]}")
    awaited, standing = map(json.loads, done.stdout.splitlines()[-2:])
    states = {
        kind: {key: State(**fields) for key, fields in rows.items()}
        for kind, rows in standing.items()
    }
    return Testimony(**awaited, standing=states)


def last_searches(installation: Installation, seeds: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Return the keys that each reader finds, page by page; the owners' together."""
    port = installation.port
    owners = [_found(port, token) for token in seeds["writers"]]
    return {
        "signed-out": _found(port, ""),
        "member": _found(port, seeds["member"]),
        "owner": frozenset().union(*owners),
    }


def command_drift(installation: Installation) -> list[str]:
    """Return what the operators' own command says, where it is not that all is well."""
    done = installation.run("manage.py", "verify_search_index", "--json")
    if done.returncode == 0:
        return []
    return [f"verify_search_index ended with {done.returncode}: {done.stdout}{done.stderr}"[:400]]


def _found(port: int, token: str) -> frozenset[str]:
    """Walk a whole search by its cursors."""
    keys: set[str] = set()
    path: str | None = f"/api/v1/search?q={EVERYWHERE}&sort=name&limit=100"
    with Client(port, token) as client:
        while path:
            answer = client.patiently(path).json
            keys |= {row["slug"] for row in answer["results"]}
            path = answer["next"]
    return frozenset(keys)
