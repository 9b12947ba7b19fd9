"""Plain functions that make what a test needs, through the services, with sensible defaults."""

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.contracts.projection import bump_version
from catalog.contracts.services import add_output_port, save_contract
from catalog.domains.models import Domain
from catalog.domains.services import create_domain, create_team, grant_role
from catalog.people.models import Person, Team
from catalog.people.services import create_person
from catalog.permissions import Role
from catalog.ports.services import ProbeSummary, update_probe_times
from catalog.products.models import DataProduct
from catalog.products.projection import new_tree, with_custom
from catalog.products.services import (
    edited_version,
    patch_document,
    register_product,
    replace_document,
)
from catalog.provenance.questions import CURRENT_SET
from catalog.publication.services import publish_product
from catalog.types import JSONObject

FACTORY = SystemActor("factory")
PASSWORD = "a long test password"
_numbers = count(1)


@dataclass(frozen=True)
class Users:
    """The four people of most tests, and the domain they meet in."""

    domain: Domain
    owner: Person
    steward: Person
    consumer: Person
    outsider: Person


def make_person(name: str = "", **fields: Any) -> Person:
    """Return somebody who can sign in with PASSWORD."""
    name = name or f"person{next(_numbers)}"
    return create_person(
        username=name,
        email=f"{name}@example.org",
        password=PASSWORD,
        actor=FACTORY,
        check_password=False,
        **fields,
    )


def make_lead(name: str = "") -> Person:
    """Return somebody who leads the mesh's governance."""
    person = make_person(name)
    grant_role(person=person, role=Role.GOVERNANCE_LEAD, actor=FACTORY)
    return person


def make_team(slug: str = "", **fields: Any) -> Team:
    """Return a team without members."""
    slug = slug or f"team-{next(_numbers)}"
    return create_team(slug=slug, name=slug.title(), actor=FACTORY, **fields)


def make_domain(slug: str = "", **fields: Any) -> Domain:
    """Return a domain without members."""
    slug = slug or f"domain-{next(_numbers)}"
    fields.setdefault("name", slug.title())
    return create_domain(slug=slug, actor=FACTORY, **fields)


def make_users(domain: Domain | None = None) -> Users:
    """Return an owner, a steward and a consumer of a domain, and an outsider to it."""
    domain = domain or make_domain()
    people = {
        name: make_person(f"{name}-{next(_numbers)}")
        for name in Users.__annotations__
        if name != "domain"
    }
    for role in (Role.OWNER, Role.STEWARD, Role.CONSUMER):
        grant_role(person=people[role.value], role=role, domain=domain, actor=FACTORY)
    return Users(domain=domain, **people)


def product_tree(name: str = "Orders", *, domain: str = "sales", **custom: Any) -> JSONObject:
    """Return the tree of a public product; `custom` has custom properties such as assaySlug."""
    tree = new_tree(
        identifier=str(uuid4()),
        name=name,
        domain=domain,
        description={"purpose": f"{name}, one row each."},
    )
    for key, value in ({"assayVisibility": "public"} | custom).items():
        tree = with_custom(tree, key, value)
    return tree


def make_product(
    name: str = "", *, domain: Domain | None = None, tree: JSONObject | None = None, **custom: Any
) -> DataProduct:
    """Return a draft."""
    domain = domain or make_domain()
    name = name or f"Product {next(_numbers)}"
    tree = tree or product_tree(name, domain=domain.slug)
    for key, value in custom.items():
        tree = with_custom(tree, key, value)
    return register_product(domain=domain, tree=tree, actor=FACTORY)


def with_answers(tree: JSONObject) -> JSONObject:
    """Return a tree in which every required provenance question is unknown."""
    answers = {code: {"state": "unknown"} for code in CURRENT_SET.required_codes}
    return with_custom(tree, "assayProvenance", {"answers": answers})


def write_file(domain: Domain, text: str | bytes, name: str = "orders.csv") -> Path:
    """Write a file into the folder of a domain and return its path."""
    path = Path(settings.ASSAY_FILES_ROOT) / domain.slug / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def with_port(product: DataProduct, name: str = "table", **server: Any) -> DataProduct:
    """Return a product with one more output port; a CSV file unless `server` says otherwise."""
    path = f"{product.domain.slug}/orders.csv"
    place = {"server": "files", "type": "local", "path": path, "format": "csv"} | server
    return add_output_port(
        product=product, name=name, server=place, edition=product.edition, actor=FACTORY
    )[1]


def with_good_checks(product: DataProduct) -> DataProduct:
    """Return a product all of whose ports have just passed a check."""
    check = ProbeSummary(at=timezone.now(), outcome="good", is_good=True)
    ports = product.output_ports.values_list("pk", flat=True)
    update_probe_times(probes=dict.fromkeys(ports, check))
    return product


def make_published_product(
    name: str = "", *, domain: Domain | None = None, tree: JSONObject | None = None, **custom: Any
) -> DataProduct:
    """Return a product that has passed the gate; its domain gains an owner and a steward."""
    domain = domain or make_domain()
    if not domain.memberships.exists():
        make_users(domain)
    name = name or f"Product {next(_numbers)}"
    tree = with_answers(tree or product_tree(name, domain=domain.slug))
    product = with_good_checks(with_port(make_product(domain=domain, tree=tree, **custom)))
    return publish_product(product=product, edition=product.edition, actor=FACTORY)


def publish_changes(product: DataProduct, **options: Any) -> DataProduct:
    """Return a product whose working copy is published, as its next version."""
    edited = edited_version(product)
    tree = edited.tree | {"version": bump_version(edited.version)}
    edited = replace_document(product=edited, tree=tree, edition=edited.edition, actor=FACTORY)
    return publish_product(product=edited, edition=edited.edition, actor=FACTORY, **options)


def edit_and_publish(product: DataProduct, *patch: JSONObject) -> DataProduct:
    """Return a product after a JSON Patch; a published one is published again with it."""
    edited = patch_document(product=product, patch=patch, edition=product.edition, actor=FACTORY)
    return publish_changes(edited) if edited.is_working_copy else edited


def give_schema(product: DataProduct, *columns: str, **fields: Any) -> DataProduct:
    """Give the product's first contract, still a draft, one table with the named text columns."""
    contract = product.contracts.order_by("id")[0]
    table = {
        "name": "rows",
        "properties": [{"name": column, "logicalType": "string", **fields} for column in columns],
    }
    tree = contract.tree | {"schema": [table]}
    return save_contract(product=product, tree=tree, edition=product.edition, actor=FACTORY)[1]
