"""Fills the deployment of its environment: people with tokens, domains, external products.

    python -m benchmarks.chaos.seeding --clients 4 --external-products 40

Prints as JSON the tokens, and the products and domains that were created.
"""

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.db import transaction

FIRST_NUMBER = 4000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--external-products", type=int, required=True, help="per client")
    options = parser.parse_args()
    django.setup()
    with transaction.atomic():
        print(json.dumps(seed(options.clients, options.external_products)))


def seed(clients: int, external_products: int) -> dict[str, Any]:
    """Create a parent and a child domain for each client, and a member without any role."""
    from catalog.provenance.questions import CURRENT_SET

    seeds: dict[str, Any] = {"writers": [], "member": _create_token(_create_person("member"))}
    seeds["products"], seeds["domains"] = [], []
    seeds["answers"] = {code: {"state": "unknown"} for code in CURRENT_SET.codes}
    for number in range(clients):
        owner, domains = _create_domains(number)
        seeds["writers"].append(_create_token(owner))
        seeds["domains"] += [{"slug": domain.slug, "name": domain.name} for domain in domains]
        for index in range(external_products):
            domain = domains[index % len(domains)]
            seeds["products"].append(_create_external_product(number, index, domain))
    return seeds


def _create_person(username: str) -> Any:
    from catalog.audit.actors import SystemActor
    from catalog.people.services import create_person

    return create_person(
        username=username,
        email=f"{username}@example.org",
        password=None,
        actor=SystemActor("chaos"),
        check_password=False,
    )


def _create_token(person: Any) -> str:
    from catalog.people.services import create_token

    lasts = timedelta(days=1)
    return create_token(person=person, name="chaos", scopes=("read", "write"), lasts=lasts)[1]


def _create_domains(number: int) -> tuple[Any, list[Any]]:
    from django.conf import settings

    from catalog.audit.actors import SystemActor
    from catalog.domains.services import create_domain, grant_role
    from catalog.permissions import Role

    actor, parent, domains = SystemActor("chaos"), None, []
    owner = _create_person(f"owner-{number}")
    steward = _create_person(f"steward-{number}")
    for suffix in ("", "-inner"):
        slug = f"shelf-{number}{suffix}"
        parent = create_domain(slug=slug, name=f"Shelf {slug}", parent=parent, actor=actor)
        domains.append(parent)
        # What the ports of its products serve: a product is published once a port passed a check.
        folder = Path(settings.ASSAY_FILES_ROOT) / slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rows.csv").write_text("id\n1\n")
    for person, role in ((owner, Role.OWNER), (steward, Role.STEWARD)):
        for domain in domains:
            grant_role(person=person, role=role, domain=domain, actor=actor)
    return owner, domains


def _create_external_product(client: int, index: int, domain: Any) -> dict[str, str]:
    from benchmarks.chaos.names import name_of, unique_word
    from catalog.audit.actors import SystemActor
    from catalog.products.models import Status
    from catalog.products.projection import new_tree, with_custom
    from catalog.products.services import register_product

    key = unique_word(client, FIRST_NUMBER + index)
    text = f"Rows of {key}."
    tree = new_tree(
        identifier=key, name=name_of(key), domain=domain.slug, description={"purpose": text}
    )
    product = register_product(
        domain=domain,
        tree=with_custom(with_custom(tree, "assaySlug", key), "assayVisibility", "public"),
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
