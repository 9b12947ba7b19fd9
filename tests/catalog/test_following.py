"""Following a product: who may, who is told, and what happens when they may no longer read it."""

import pytest

from catalog.exceptions import NotFound
from catalog.products.following import followers_of, is_following
from catalog.products.models import DataProduct, Follow
from catalog.products.services import follow, unfollow
from tests.factories import make_product, make_published_product, make_users

pytestmark = pytest.mark.django_db


@pytest.fixture
def users():
    return make_users()


@pytest.fixture
def product(users):
    return make_published_product(domain=users.domain, assayVisibility="members")


def test_following_twice_is_following_once(users, product):
    follow(product=product, person=users.outsider)
    follow(product=product, person=users.outsider)

    assert followers_of(product) == [users.outsider]
    assert is_following(users.outsider, product)


def test_unfollowing_says_whether_there_was_anything_to_end(users, product):
    follow(product=product, person=users.outsider)

    assert unfollow(product=product, person=users.outsider)
    assert not unfollow(product=product, person=users.outsider)
    assert followers_of(product) == []


def test_nobody_follows_what_they_cannot_read(users):
    draft = make_product(domain=users.domain)

    with pytest.raises(NotFound):
        follow(product=draft, person=users.outsider)

    assert not Follow.objects.exists()


def test_who_can_read_it_no_longer_is_not_told(users, product):
    for person in (users.owner, users.outsider):
        follow(product=product, person=person)
    DataProduct.objects.filter(pk=product.pk).update(visibility="restricted")
    product.refresh_from_db()

    assert followers_of(product) == [users.owner]


def test_who_is_deactivated_is_not_told(users, product):
    follow(product=product, person=users.outsider)
    users.outsider.is_active = False
    users.outsider.save()

    assert followers_of(product) == []
