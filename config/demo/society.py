"""Brings the society of the demo mesh into the catalog: domains, teams, people, roles, terms."""

from __future__ import annotations

from catalog.audit.actors import SystemActor
from catalog.authorization.models import Membership
from catalog.domains.models import Domain
from catalog.domains.services import add_to_team, create_domain, create_team, grant_role
from catalog.glossary.models import Term
from catalog.glossary.services import define_term
from catalog.people.models import Person, Team
from catalog.people.services import create_person
from config.demo.cast import CAST, PASSWORD, TEAMS, Part
from config.demo.notation import DomainSpec, Notes
from config.demo.terms import terms

LOADER = SystemActor("demo loader")


def settle(mesh: tuple[DomainSpec, ...]) -> None:
    """Create what is missing; what stands is left alone, so a second run changes nothing."""
    teams = {slug: _team(slug, name) for slug, name in TEAMS.items()}
    teams |= {sketch.slug: _team(sketch.slug, sketch.team) for sketch in mesh if sketch.team}
    domains: dict[str, Domain] = {}
    for sketch in mesh:
        domains[sketch.slug] = _domain(sketch, domains, teams)
    for part in CAST:
        _person(part, domains, teams)
    for notes in terms():
        _term(notes, domains)


def _team(slug: str, name: str) -> Team:
    standing = Team.objects.filter(slug=slug).first()
    return standing or create_team(slug=slug, name=name, actor=LOADER)


def _domain(sketch: DomainSpec, domains: dict[str, Domain], teams: dict[str, Team]) -> Domain:
    standing = Domain.objects.filter(slug=sketch.slug).first()
    return standing or create_domain(
        slug=sketch.slug,
        name=sketch.name,
        mission=sketch.description,
        parent=domains.get(sketch.parent),
        owner_team=teams.get(sketch.slug),
        is_external=sketch.is_external,
        actor=LOADER,
    )


def _person(part: Part, domains: dict[str, Domain], teams: dict[str, Team]) -> None:
    person = Person.objects.filter(username=part.username).first() or create_person(
        username=part.username,
        email=part.email,
        first_name=part.given,
        last_name=part.family,
        password=PASSWORD if part.sign_in else None,
        check_password=False,
        actor=LOADER,
    )
    for slug, role in part.roles.items():
        domain = domains[slug] if slug else None
        if not Membership.objects.filter(person=person, role=role.value, domain=domain).exists():
            grant_role(person=person, role=role, domain=domain, actor=LOADER)
    for slug in part.teams:
        if not teams[slug].members.filter(person=person).exists():
            add_to_team(team=teams[slug], person=person, actor=LOADER)


def _term(notes: Notes, domains: dict[str, Domain]) -> None:
    """Define a term for the mesh, and what the same word means in single domains."""
    meanings = {"": notes["definition"]} | dict(notes.get("elsewhere", {}))
    for slug, definition in meanings.items():
        domain = domains[slug] if slug else None
        if not Term.objects.filter(name=notes["name"], domain=domain).exists():
            define_term(
                name=notes["name"],
                definition=definition,
                synonyms=() if slug else notes.get("synonyms", ()),
                acronyms=() if slug else notes.get("acronyms", ()),
                domain=domain,
                actor=LOADER,
            )
