"""Roles that two people take at once, on both databases."""

from functools import partial

import pytest

from catalog.audit.models import AuditEvent
from catalog.authorization.models import Membership
from catalog.domains.services import grant_role, revoke_role
from catalog.exceptions import InvalidTransition, PermissionDenied
from catalog.people.models import Person
from catalog.permissions import Role
from tests.concurrency import run_concurrently
from tests.factories import FACTORY, make_person, make_users

pytestmark = pytest.mark.django_db(transaction=True)
RACES = 8


def test_two_governance_leads_who_take_each_others_role_leave_one_lead():
    ann, bob = make_person("ann"), make_person("bob")
    everywhere = Membership.objects.filter(role=Role.GOVERNANCE_LEAD.value, domain=None)
    everywhere.delete()

    for _race in range(RACES):
        anns, bobs = (
            grant_role(person=person, role=Role.GOVERNANCE_LEAD, actor=FACTORY)
            for person in (ann, bob)
        )

        results = run_concurrently(
            [partial(_is_revoked, bobs, ann), partial(_is_revoked, anns, bob)]
        )

        assert sorted(results) == [False, True]
        assert everywhere.count() == 1


def test_a_role_that_two_take_at_once_is_noted_once():
    users, person = make_users(), make_person()
    events = AuditEvent.objects.about("domain", str(users.domain.uuid))

    for _race in range(RACES):
        membership = grant_role(
            person=person, role=Role.CONTRIBUTOR, domain=users.domain, actor=FACTORY
        )
        had = events.count()

        run_concurrently(
            [
                partial(_is_revoked, membership, users.owner),
                partial(_is_revoked, membership, users.owner),
            ]
        )

        assert events.count() - had == 1


def _is_revoked(membership: Membership, actor: Person) -> bool:
    """Take a role as somebody; whether they were let."""
    try:
        revoke_role(membership=membership, actor=actor)
    except (PermissionDenied, InvalidTransition):
        return False
    return True
