"""The tree of domains, roles, and who may see and do what."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from guardian.shortcuts import get_groups_with_perms

from catalog.authorization.access import access_for, can
from catalog.domains.models import Domain
from catalog.domains.services import (
    add_to_team,
    create_domain,
    deactivate_person,
    edit_domain,
    grant_role,
    remove_member,
    revoke_role,
)
from catalog.exceptions import EditConflict, NameConflict, PermissionDenied, ValidationFailed
from catalog.permissions import DOMAIN_ROLES, ROLE_PERMISSIONS, Permission, Role
from catalog.products.models import DataProduct
from catalog.products.services import share_product
from tests.factories import (
    FACTORY,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_team,
    make_users,
)

pytestmark = pytest.mark.django_db


def test_a_domain_cannot_lie_below_itself():
    top = make_domain("top")
    middle = make_domain("middle", parent=top)
    low = make_domain("low", parent=middle)

    with pytest.raises(ValidationFailed) as refused:
        edit_domain(domain=top, edition=top.edition, actor=FACTORY, parent=low)

    assert refused.value.issues[0].location == "parent"
    assert Domain.objects.get(slug="top").parent is None


def test_a_renamed_domain_keeps_its_old_slug_for_itself():
    domain = make_domain("sales")

    edit_domain(domain=domain, edition=1, actor=FACTORY, slug="commerce")

    assert domain.former_slugs.get().slug == "sales"
    with pytest.raises(NameConflict):
        make_domain("sales")


def test_of_two_edits_of_one_edition_the_second_is_refused():
    domain = make_domain("sales")
    edit_domain(domain=domain, edition=1, actor=FACTORY, mission="Sell.")

    with pytest.raises(EditConflict) as refused:
        edit_domain(domain=Domain.objects.get(), edition=1, actor=FACTORY, mission="Buy.")

    assert (refused.value.sent, refused.value.current) == (1, 2)
    assert Domain.objects.get().mission == "Sell."


@pytest.mark.parametrize("slug", ["Sales", "-x", "a b", "ä", "a" * 121])
def test_an_ill_formed_slug_is_named(slug):
    with pytest.raises(ValidationFailed) as refused:
        make_domain(slug, name="X")

    assert [issue.location for issue in refused.value.issues] == ["slug"]


def test_an_outsider_creates_no_domain():
    with pytest.raises(PermissionDenied):
        create_domain(slug="mine", name="Mine", actor=make_person())


def test_a_role_of_the_mesh_is_not_given_in_a_domain():
    with pytest.raises(ValidationFailed):
        grant_role(person=make_person(), role=Role.AUDITOR, domain=make_domain(), actor=FACTORY)


def test_a_role_reaches_down_the_tree_and_never_up():
    top = make_domain("top")
    low = make_domain("low", parent=top)
    above, below = make_person(), make_person()
    grant_role(person=above, role=Role.OWNER, domain=top, actor=FACTORY)
    grant_role(person=below, role=Role.OWNER, domain=low, actor=FACTORY)

    assert can(above, Permission.EDIT_PRODUCTS, low.pk)
    assert not can(below, Permission.EDIT_PRODUCTS, top.pk)


def test_a_member_of_several_domains_has_the_union_of_their_rights():
    first, second, third = make_domain(), make_domain(), make_domain()
    person = make_person()
    grant_role(person=person, role=Role.STEWARD, domain=first, actor=FACTORY)
    grant_role(person=person, role=Role.CONSUMER, domain=second, actor=FACTORY)

    tokens = access_for(person).tokens

    assert {f"domain:{first.pk}", f"domain:{second.pk}"} <= tokens
    assert f"domain:{third.pk}" not in tokens


def test_an_end_date_and_a_taken_role_bite_at_once():
    domain, person = make_domain(), make_person()
    membership = grant_role(
        person=person,
        role=Role.OWNER,
        domain=domain,
        actor=FACTORY,
        ends_at=timezone.now() - timedelta(seconds=1),
    )
    ended = can(person, Permission.EDIT_PRODUCTS, domain.pk)
    membership = grant_role(person=person, role=Role.OWNER, domain=domain, actor=FACTORY)
    may_edit = can(person, Permission.EDIT_PRODUCTS, domain.pk)

    revoke_role(membership=membership, actor=FACTORY)

    assert (ended, may_edit) == (False, True)
    assert not can(person, Permission.EDIT_PRODUCTS, domain.pk)


def test_the_owner_teams_people_contribute_while_they_are_in_it():
    team, person = make_team(), make_person()
    domain = make_domain(owner_team=team)
    add_to_team(team=team, person=person, actor=FACTORY)
    inside = can(person, Permission.EDIT_PRODUCTS, domain.pk)

    remove_member(team=team, person=person, actor=FACTORY)

    assert inside
    assert not can(person, Permission.EDIT_PRODUCTS, domain.pk)


def test_a_deactivated_person_reads_like_a_visitor():
    users = make_users()
    deactivate_person(person=users.owner, actor=FACTORY)

    assert access_for(users.owner).tokens == access_for(AnonymousUser()).tokens == {"public"}


@pytest.mark.parametrize("role", DOMAIN_ROLES)
def test_a_role_allows_what_its_permissions_say_and_nothing_else(role):
    domain, person = make_domain(), make_person()
    grant_role(person=person, role=role, domain=domain, actor=FACTORY)

    assert {p for p in Permission if can(person, p, domain.pk)} == ROLE_PERMISSIONS[role]


def test_a_grant_to_a_domain_ends_with_the_role_through_which_it_is_read():
    parent = make_domain("guests")
    child, team = make_domain("guests-child", parent=parent), make_team()
    person, member, outsider = make_person(), make_person(), make_person()
    membership = grant_role(person=person, role=Role.CONSUMER, domain=parent, actor=FACTORY)
    add_to_team(team=team, person=member, actor=FACTORY)
    product = make_published_product("closed", assayVisibility="restricted")

    share_product(
        product=product, domains=[child], teams=[team], edition=product.edition, actor=FACTORY
    )

    assert get_groups_with_perms(product, attach_perms=True) == {
        child.group: ["read_product"],
        team.group: ["read_product"],
    }
    assert _visible_to(person) == _visible_to(member) == {"closed"}
    assert _visible_to(outsider) == set()

    revoke_role(membership=membership, actor=FACTORY)
    remove_member(team=team, person=member, actor=FACTORY)

    assert _visible_to(person) == _visible_to(member) == set()


def _visible_to(visitor) -> set[str]:
    by_query = set(DataProduct.objects.visible_to(visitor).values_list("name", flat=True))
    reader = access_for(visitor)
    by_token = {product.name for product in DataProduct.objects.all() if reader.can_read(product)}
    assert by_query == by_token
    return by_query


def test_each_visibility_has_its_readers():
    users = make_users(make_domain("sales"))
    make_product("draft", domain=users.domain)
    make_published_product("open", domain=users.domain)
    make_published_product("members", domain=users.domain, assayVisibility="members")
    make_published_product("closed", domain=users.domain, assayVisibility="restricted")

    assert _visible_to(AnonymousUser()) == {"open"}
    assert _visible_to(users.outsider) == {"open", "members"}
    assert _visible_to(users.consumer) == {"open", "members", "closed"}
    assert _visible_to(users.owner) == {"draft", "open", "members", "closed"}
