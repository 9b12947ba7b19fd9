"""The documents of a seeded mesh: product and contract trees made of the corpora's words; pure."""

import json
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.products.projection import new_tree, with_custom
from catalog.types import JSONObject

SHARED = Path(__file__).resolve().parents[2] / "shared" / "corpora"
NOUNS = ("orders", "parcels", "visits", "sensors", "payments", "returns", "routes", "claims")
KINDS = ("daily", "hourly", "regional", "cleaned", "raw", "joined", "forecast", "audited")
TYPES = ("string", "integer", "number", "date", "timestamp", "boolean")
WORDS = ("id", "name", "date", "amount", "country", "status", "email", "age", "score", "weight")
COLUMNS_EACH = 10


@dataclass(frozen=True, kw_only=True)
class GeneratedProduct:
    """One product of the mesh: its documents, its domain's slug and the product it is made from."""

    number: int
    uuid: uuid.UUID
    domain: str
    tree: JSONObject
    contract: JSONObject
    source: int | None


def texts() -> list[dict[str, Any]]:
    """Return the entries whose words the mesh is made of: the corpus, else a small list."""
    path = SHARED / "aws_open_data.jsonl"
    if path.exists():
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        {
            "name": f"{kind} {noun}",
            "description": f"{kind} {noun} of all regions, one row each.",
            "tags": [noun, kind],
        }
        for kind in KINDS
        for noun in NOUNS
    ]


def generate_products(
    count: int, *, domains: Sequence[str], seed: int, hidden_share: float
) -> Iterator[GeneratedProduct]:
    """Yield documents of products; equal arguments give equal ones, with a common start."""
    entries, generator = texts(), random.Random(seed)
    for number in range(count):
        entry = entries[number % len(entries)]
        other = entries[generator.randrange(len(entries))]
        domain = domains[generator.randrange(len(domains))]
        source = generator.randrange(number) if number else None
        tree = _product(number, entry, _cut(other["description"], generator), domain, source)
        is_hidden = generator.random() < hidden_share
        tree = with_custom(tree, "assayVisibility", "restricted" if is_hidden else "public")
        yield GeneratedProduct(
            number=number,
            uuid=uuid.UUID(int=generator.getrandbits(128), version=4),
            domain=domain,
            tree=tree,
            contract=_contract(number, generator),
            source=source,
        )


def _cut(text: str, generator: random.Random) -> str:
    words = text.split()
    start = generator.randrange(max(1, len(words) - 40))
    return " ".join(words[start : start + 40])


def _product(
    number: int, entry: dict[str, Any], more: str, domain: str, source: int | None
) -> JSONObject:
    tree = new_tree(
        identifier=_identifier(number),
        name=f"{entry['name'][:150]} {number}",
        domain=domain,
        version="1.0.0",
        description={"purpose": f"{entry['description'][:900]} {more}"},
        tags=[tag[:100] for tag in entry["tags"]][:8],
        outputPorts=[_port("table", number)],
    )
    if source is not None:
        tree["inputPorts"] = [_port("source", source)]
    return with_custom(tree, "assaySlug", f"product-{number}")


def _port(name: str, number: int) -> dict[str, str]:
    return {"name": name, "version": "1.0.0", "contractId": _identifier(number)}


def _identifier(number: int) -> str:
    return f"bench-{number}"


def _contract(number: int, generator: random.Random) -> JSONObject:
    columns = [
        {
            "name": f"{generator.choice(WORDS)}_{place}",
            "logicalType": generator.choice(TYPES),
            "description": f"The {generator.choice(WORDS)} of the row.",
        }
        for place in range(COLUMNS_EACH)
    ]
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": _identifier(number),
        "version": "1.0.0",
        "status": "active",
        "servers": [],
        "schema": [{"name": "rows", "properties": columns}],
    }
