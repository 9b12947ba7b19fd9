"""A seeded mesh of any size: domains, people, products, columns and lineage between ports.

The words come from the corpora beside the checkout where they are there, else from a small list
of our own, so that postings look like those of a real catalog. Rows are written in bulk, as the
services' projections would write them; nothing here is a way to load real data.

    python -m benchmarks.mesh --products 100000 --data /tmp/assay-mesh
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[2] / "shared" / "corpora"
NOUNS = ("orders", "parcels", "visits", "sensors", "payments", "returns", "routes", "claims")
KINDS = ("daily", "hourly", "regional", "cleaned", "raw", "joined", "forecast", "audited")
TYPES = ("string", "integer", "number", "date", "timestamp", "boolean")
WORDS = ("id", "name", "date", "amount", "country", "status", "email", "age", "score", "weight")
COLUMNS_EACH = 10
CHUNK = 1000


def set_up(data: Path) -> None:
    """Point Django at a data folder and make its tables."""
    data.mkdir(parents=True, exist_ok=True)
    os.environ["ASSAY_DATA_DIR"] = str(data)
    os.environ.setdefault("ASSAY_DEMO", "0")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def texts() -> list[dict[str, Any]]:
    """Return the entries whose words the mesh is made of."""
    path = SHARED / "aws_open_data.jsonl"
    if path.exists():
        return [json.loads(line) for line in path.open(encoding="utf-8")]
    return [
        {
            "name": f"{kind} {noun}",
            "description": f"{kind} {noun} of all regions, one row each.",
            "tags": [noun, kind],
        }
        for kind in KINDS
        for noun in NOUNS
    ]


def build(products: int, *, seed: int = 7, hidden_share: float = 0.1) -> None:
    """Write a mesh of so many products; every tenth is restricted to its domain."""
    from catalog.audit.actors import Worker
    from catalog.domains.models import Domain

    generator, actor = random.Random(seed), Worker("benchmark")
    domains = list(Domain.objects.all()) or _domains(max(6, min(400, products // 250)), actor)
    entries = texts()
    started, made = time.perf_counter(), 0
    while made < products:
        count = min(CHUNK, products - made)
        _chunk(made, count, entries, domains, generator, hidden_share)
        made += count
        if sys.stderr.isatty() or made % 10_000 == 0:
            rate = made / (time.perf_counter() - started)
            print(f"\r{made:,} products, {rate:,.0f} a second", end="", file=sys.stderr)
    print(file=sys.stderr)


def _domains(count: int, actor: Any) -> list[Any]:
    from catalog.domains.services import create_domain, give_role
    from catalog.people.services import create_person
    from catalog.permissions import Role

    domains: list[Any] = []
    for number in range(count):
        parent = domains[number // 8] if number >= 8 else None
        domain = create_domain(
            slug=f"domain-{number}", name=f"Domain {number}", parent=parent, actor=actor
        )
        domains.append(domain)
        for role in (Role.OWNER, Role.STEWARD):
            person = create_person(
                username=f"{role.value}{number}",
                email=f"{role.value}{number}@example.org",
                password=None,
                actor=actor,
                check_password=False,
            )
            give_role(person=person, role=role, domain=domain, actor=actor)
    return domains


def _trees(
    start: int,
    count: int,
    entries: list[dict[str, Any]],
    domains: list[Any],
    generator: random.Random,
    hidden_share: float,
) -> Iterator[tuple[Any, dict[str, Any], dict[str, Any]]]:
    """Yield a domain, a product's tree and its contract's tree."""
    from catalog.products.projection import new_tree, with_custom

    for number in range(start, start + count):
        entry = entries[number % len(entries)]
        other = entries[generator.randrange(len(entries))]
        domain = domains[generator.randrange(len(domains))]
        identifier = f"bench-{number}"
        words = other["description"].split()
        cut = generator.randrange(max(1, len(words) - 40))
        tree = new_tree(
            identifier=identifier,
            name=f"{entry['name'][:150]} {number}",
            domain=domain.slug,
            version="1.0.0",
            description={
                "purpose": f"{entry['description'][:900]} {' '.join(words[cut : cut + 40])}"
            },
            tags=[tag[:100] for tag in entry["tags"]][:8],
            outputPorts=[{"name": "table", "version": "1.0.0", "contractId": identifier}],
        )
        if number:
            source = f"bench-{generator.randrange(number)}"
            tree["inputPorts"] = [{"name": "source", "version": "1.0.0", "contractId": source}]
        tree = with_custom(tree, "assaySlug", f"product-{number}")
        if generator.random() < hidden_share:
            tree = with_custom(tree, "assayVisibility", "restricted")
        yield domain, tree, _contract(identifier, generator)


def _contract(identifier: str, generator: random.Random) -> dict[str, Any]:
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
        "id": identifier,
        "version": "1.0.0",
        "status": "active",
        "servers": [],
        "schema": [{"name": "rows", "properties": columns}],
    }


def _chunk(
    start: int,
    count: int,
    entries: list[dict[str, Any]],
    domains: list[Any],
    generator: random.Random,
    hidden_share: float,
) -> None:
    from django.db import transaction
    from django.utils import timezone

    from catalog.products.models import DataProduct, Status
    from catalog.products.projection import columns_of

    made = list(_trees(start, count, entries, domains, generator, hidden_share))
    rows = []
    for domain, tree, _ in made:
        columns = columns_of(tree)
        rows.append(
            DataProduct(
                uuid=uuid.UUID(int=generator.getrandbits(128), version=4),
                domain=domain,
                slug=columns.slug,
                name=columns.name,
                version=columns.version,
                status=Status.PUBLISHED,
                purpose=columns.purpose,
                tags=list(columns.tags),
                sensitivity=columns.sensitivity,
                visibility=columns.visibility,
                tree=tree,
                published_at=timezone.now(),
            )
        )
    with transaction.atomic():
        DataProduct.objects.bulk_create(rows, batch_size=200)
        _beside(rows, [contract for _, _, contract in made])


def _beside(rows: list[Any], contracts: list[dict[str, Any]]) -> None:
    from catalog.contracts.models import DataContract, PortContract, SchemaObject, SchemaProperty
    from catalog.ports.models import InputPort, OutputPort
    from catalog.products.projection import digest_of
    from catalog.provenance.models import ProvenanceRecord

    ports = OutputPort.objects.bulk_create(
        OutputPort(product=row, name="table", version="1.0.0", contract_identifier=row.tree["id"])
        for row in rows
    )
    InputPort.objects.bulk_create(
        InputPort(
            product=row,
            name="source",
            version="1.0.0",
            contract_identifier=row.tree["inputPorts"][0]["contractId"],
        )
        for row in rows
        if "inputPorts" in row.tree
    )
    made = DataContract.objects.bulk_create(
        (
            DataContract(
                product=row,
                identifier=tree["id"],
                version="1.0.0",
                tree=tree,
                digest=digest_of(tree),
            )
            for row, tree in zip(rows, contracts, strict=True)
        ),
        batch_size=200,
    )
    PortContract.objects.bulk_create(
        PortContract(port=port, contract=contract)
        for port, contract in zip(ports, made, strict=True)
    )
    tables = SchemaObject.objects.bulk_create(
        SchemaObject(contract=contract, name="rows") for contract in made
    )
    SchemaProperty.objects.bulk_create(
        (
            SchemaProperty(
                schema_object=table,
                position=place,
                path=column["name"],
                name=column["name"],
                logical_type=column["logicalType"],
                description=column["description"],
            )
            for table, contract in zip(tables, contracts, strict=True)
            for place, column in enumerate(contract["schema"][0]["properties"])
        ),
        batch_size=500,
    )
    ProvenanceRecord.objects.bulk_create(
        ProvenanceRecord(product=row, question_set="2026.1") for row in rows
    )


def main() -> None:
    """Build a mesh from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", type=Path, required=True, help="the data folder to fill")
    options = parser.parse_args()
    set_up(options.data)
    build(options.products, seed=options.seed)


if __name__ == "__main__":
    main()
