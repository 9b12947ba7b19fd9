"""Creates the demo's domains, teams, people, roles and terms where they are missing."""

from catalog.audit.actors import SystemActor
from catalog.authorization.models import Membership
from catalog.domains.models import Domain
from catalog.domains.services import (
    add_to_team,
    create_domain,
    create_team,
    grant_role,
    request_team,
)
from catalog.manifests.services.terms import import_terms
from catalog.manifests.terms import parse_terms
from catalog.people.models import Person, Team
from catalog.people.services import create_person
from catalog.permissions import Role
from catalog.products.models import DataProduct
from catalog.products.services import share_product
from config.demo.manifests import read_domains
from config.demo.paths import DEMO
from config.demo.users import MESH, PASSWORD, DemoUser, demo_users, read_society

LOADER = SystemActor("demo loader")


def load_people() -> None:
    """Create what is missing and leave the rest alone, so a second run changes nothing."""
    teams = {slug: _team(slug, name) for slug, name in read_society()["teams"].items()}
    domains: dict[str, Domain] = {}
    for entry in read_domains():
        slug = entry["slug"]
        if "team" in entry:
            teams[slug] = _team(slug, entry["team"])
        domains[slug] = Domain.objects.filter(slug=slug).first() or create_domain(
            slug=slug,
            name=entry["name"],
            mission=entry["description"],
            parent=domains.get(entry.get("parent", "")),
            owner_team=teams.get(slug),
            is_external=entry.get("external", False),
            actor=LOADER,
        )
    for user in demo_users():
        _load_user(user, domains, teams)
    for domain_slug, team_slug in read_society()["team_requests"].items():
        _request_team(domains[domain_slug], teams[team_slug])
    glossary = DEMO / "glossary.yaml"
    entries = parse_terms(glossary.read_bytes(), name=glossary.name)
    for _ in import_terms(entries=entries, actor=LOADER):
        pass


def share_products() -> None:
    """Let the domains of `readers` read the restricted products that nobody shares yet."""
    for address, slugs in read_society()["readers"].items():
        product = product_at(address)
        if not product.readers.exists():
            share_product(
                product=product,
                domains=list(Domain.objects.filter(slug__in=slugs)),
                teams=[],
                edition=product.edition,
                actor=LOADER,
            )


def product_at(address: str) -> DataProduct:
    """Return a product by `<domain>/<product>`."""
    domain, _, slug = address.partition("/")
    return DataProduct.objects.select_related("domain").get(domain__slug=domain, slug=slug)


def _team(slug: str, name: str) -> Team:
    team = Team.objects.filter(slug=slug).first()
    return team or create_team(slug=slug, name=name, actor=LOADER)


def _load_user(user: DemoUser, domains: dict[str, Domain], teams: dict[str, Team]) -> None:
    person = Person.objects.filter(username=user.username).first() or create_person(
        username=user.username,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        password=PASSWORD if user.sign_in else None,
        check_password=False,
        actor=LOADER,
    )
    for slug, role in user.roles.items():
        domain = None if slug == MESH else domains[slug]
        if not Membership.objects.filter(person=person, role=role.value, domain=domain).exists():
            grant_role(person=person, role=role, domain=domain, actor=LOADER)
    for slug in (*user.teams, *user.manages):
        if not teams[slug].members.filter(person=person).exists():
            is_manager = slug in user.manages
            add_to_team(team=teams[slug], person=person, is_manager=is_manager, actor=LOADER)


def _request_team(domain: Domain, team: Team) -> None:
    """Let an owner of the domain ask the team, unless one was asked or the team works for it."""
    owners = Membership.objects.active().filter(domain=domain, role=Role.OWNER.value)
    owner = owners.order_by("pk").first()
    if owner and domain.owner_team != team and not hasattr(domain, "team_request"):
        request_team(domain=domain, team=team, actor=owner.person)
