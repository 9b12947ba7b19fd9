"""A seeded mesh of any size: domains, people, products, columns and lineage between ports.

The words come from the corpora next to the checkout where they exist, else from a small list
of our own, so that postings look like those of a real catalog. Rows are written in bulk, as the
services' projections would write them (a test compares the two); nothing here is a way to load
real data. Products are published without having passed the gate: no provenance is answered, no
version is frozen, no place is probed.

    python -m benchmarks.mesh --products 100000 --data DIR
    python -m benchmarks.mesh --products 1000 --seed 3 --data DIR
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

CHUNK = 2000
EACH_DOMAIN = 250
FEWEST_DOMAINS, MOST_DOMAINS = 6, 400


def set_up(data: Path) -> None:
    """Point Django at a data folder and make its tables."""
    data.mkdir(parents=True, exist_ok=True)
    os.environ["ASSAY_DATA_DIR"] = str(data)
    os.environ.setdefault("ASSAY_DEMO", "0")
    os.environ.setdefault("ASSAY_STATIC_HASHED", "0")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def build(products: int, *, seed: int = 7, hidden_share: float = 0.1) -> None:
    """Write a mesh of `n` products; every tenth is restricted to its domain.

    Equal sizes and seeds make equal meshes, keys of rows and moments aside.
    """
    from benchmarks.mesh_rows import Writing
    from benchmarks.mesh_trees import generate_products
    from catalog.search.services.sync import sync_domain_changes

    domains = _domains(max(FEWEST_DOMAINS, min(MOST_DOMAINS, products // EACH_DOMAIN)))
    sync_domain_changes()  # before there are products, else the first drain has all of them to do
    writing = Writing(domains)
    coming = generate_products(
        products, domains=sorted(domains), seed=seed, hidden_share=hidden_share
    )
    started, done = time.perf_counter(), 0
    while chunk := list(islice(coming, CHUNK)):
        writing.write(chunk)
        done += len(chunk)
        _say(done, done / (time.perf_counter() - started))


def _say(done: int, rate: float) -> None:
    if sys.stderr.isatty() or done % 10_000 == 0:
        print(f"{done:,} products, {rate:,.0f} a second", file=sys.stderr)


def _domains(count: int) -> dict[str, Any]:
    """Return the domains by slug: the existing ones, else a new tree with its people."""
    from django.db import transaction

    from catalog.audit.actors import SystemActor
    from catalog.domains.models import Domain

    with transaction.atomic():
        domains = list(Domain.objects.all()) or list(_new_domains(count, SystemActor("benchmark")))
    return {domain.slug: domain for domain in domains}


def _new_domains(count: int, actor: Any) -> Iterator[Any]:
    from catalog.domains.services import create_domain

    domains_so_far: list[Any] = []
    for number in range(count):
        parent = domains_so_far[number // 8] if number >= 8 else None
        slug, name = f"domain-{number}", f"Domain {number}"
        domains_so_far.append(create_domain(slug=slug, name=name, parent=parent, actor=actor))
        _give_people(domains_so_far[-1], number, actor)
        yield domains_so_far[-1]


def _give_people(domain: Any, number: int, actor: Any) -> None:
    from catalog.domains.services import grant_role
    from catalog.people.services import create_person
    from catalog.permissions import Role

    for role in (Role.OWNER, Role.STEWARD):
        name = f"{role.value}{number}"
        person = create_person(
            username=name,
            email=f"{name}@example.org",
            password=None,
            actor=actor,
            check_password=False,
        )
        grant_role(person=person, role=role, domain=domain, actor=actor)


def main() -> None:
    """Build a mesh from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--products", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", type=Path, required=True, help="the data folder to fill")
    options = parser.parse_args()
    set_up(options.data)
    build(options.products, seed=options.seed)


if __name__ == "__main__":
    main()
