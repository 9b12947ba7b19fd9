"""Fills the installation of its environment: people with tokens, shelves, entries from outside.

    python -m benchmarks.chaos.seeding --clients 4 --entries 40

Prints as JSON the tokens, and the products and domains that stand from the start.
"""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from typing import Any

import django
from django.db import transaction

FIRST_NUMBER = 4000


def main() -> None:
    """Seed and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--entries", type=int, required=True, help="per client")
    options = parser.parse_args()
    django.setup()
    with transaction.atomic():
        print(json.dumps(seed(options.clients, options.entries)))


def seed(clients: int, entries: int) -> dict[str, Any]:
    """Make a parent and a child domain for each client, and somebody without any role."""
    from catalog.provenance.questions import CURRENT_SET

    said: dict[str, Any] = {"writers": [], "member": _token(_person("member"))}
    said["products"], said["domains"] = [], []
    said["answers"] = {code: {"state": "unknown"} for code in CURRENT_SET.codes}
    for number in range(clients):
        owner, domains = _shelf(number)
        said["writers"].append(_token(owner))
        said["domains"] += [{"slug": domain.slug, "name": domain.name} for domain in domains]
        for place in range(entries):
            said["products"].append(_entry(number, place, domains[place % len(domains)]))
    return said


def _person(username: str) -> Any:
    from catalog.audit.actors import SystemActor
    from catalog.people.services import create_person

    return create_person(
        username=username,
        email=f"{username}@example.org",
        password=None,
        actor=SystemActor("chaos"),
        check_password=False,
    )


def _token(person: Any) -> str:
    from catalog.people.services import create_token

    lasts = timedelta(days=1)
    return create_token(person=person, name="chaos", scopes=("read", "write"), lasts=lasts)[1]


def _shelf(number: int) -> tuple[Any, list[Any]]:
    from catalog.audit.actors import SystemActor
    from catalog.domains.services import create_domain, grant_role
    from catalog.permissions import Role

    actor, parent, domains = SystemActor("chaos"), None, []
    owner, steward = _person(f"owner-{number}"), _person(f"steward-{number}")
    for suffix in ("", "-inner"):
        slug = f"shelf-{number}{suffix}"
        parent = create_domain(slug=slug, name=f"Shelf {slug}", parent=parent, actor=actor)
        domains.append(parent)
    for person, role in ((owner, Role.OWNER), (steward, Role.STEWARD)):
        for domain in domains:
            grant_role(person=person, role=role, domain=domain, actor=actor)
    return owner, domains


def _entry(client: int, place: int, domain: Any) -> dict[str, str]:
    from benchmarks.chaos.names import name_of, word
    from catalog.audit.actors import SystemActor
    from catalog.products.models import Status
    from catalog.products.projection import new_tree, with_custom
    from catalog.products.services import register_product

    key = word(client, FIRST_NUMBER + place)
    text = f"Rows of {key}, as found."
    tree = new_tree(
        identifier=key, name=name_of(key), domain=domain.slug, description={"purpose": text}
    )
    product = register_product(
        domain=domain,
        tree=with_custom(tree, "assaySlug", key),
        actor=SystemActor("chaos"),
        status=Status.EXTERNAL,
    )
    return {
        "key": key,
        "id": str(product.uuid),
        "domain": domain.slug,
        "name": product.name,
        "text": text,
    }


if __name__ == "__main__":
    main()
