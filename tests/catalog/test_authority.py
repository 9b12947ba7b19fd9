"""One question of authority has the answer that the whole list of roles gives."""

import random

import pytest

from catalog.authorization.access import access_for, can
from catalog.domains.services import add_to_team, grant_role
from catalog.permissions import DOMAIN_ROLES, MESH_ROLES, Permission
from tests.factories import FACTORY, make_domain, make_person, make_team

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(3))
def test_what_one_may_do_somewhere_is_what_the_roles_everywhere_say(seed):
    generator = random.Random(seed)
    team, domains = make_team(), [make_domain()]
    for _ in range(8):
        parent = generator.choice([None, *domains])
        owner_team = team if generator.random() < 0.3 else None
        domains.append(make_domain(parent=parent, owner_team=owner_team))
    people = [make_person() for _ in range(4)]
    add_to_team(team=team, person=people[0], actor=FACTORY)
    for person in people[:3]:
        role = generator.choice(DOMAIN_ROLES)
        grant_role(person=person, role=role, domain=generator.choice(domains), actor=FACTORY)
    grant_role(person=people[2], role=generator.choice(MESH_ROLES), actor=FACTORY)

    for person in people:
        reader = access_for(person)
        for domain_id in [None, *(domain.pk for domain in domains)]:
            for permission in Permission:
                assert can(person, permission, domain_id) == reader.can(permission, domain_id)
