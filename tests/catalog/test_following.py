"""Following a product: who may, who hears of what, and what follows when they may not read it."""

import pytest

from catalog.exceptions import NotFound
from catalog.products.following import followers_of, is_following
from catalog.products.models import DataProduct, Follow
from catalog.products.services import follow, unfollow
from tests.catalog.api_client import Program
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


def test_a_reader_follows_and_unfollows_on_the_page_of_the_product(client, users, product):
    client.force_login(users.outsider)

    assert f'action="{product.path}/follow"' in client.get(product.path).content.decode()
    client.post(f"{product.path}/follow")
    page = client.get(product.path).content.decode()
    listed = client.get("/follows").content.decode()
    answer = client.post(f"{product.path}/unfollow", {"from": "list"})

    assert f'action="{product.path}/unfollow"' in page
    assert product.name in listed
    assert answer["Location"] == "/follows"
    assert "You follow no product yet" in client.get("/follows").content.decode()


def test_who_is_not_signed_in_sees_no_button(client, users):
    product = make_published_product(domain=users.domain, assayVisibility="public")

    assert "/follow" not in client.get(product.path).content.decode()
    assert client.post(f"{product.path}/follow").status_code == 302


def test_a_hidden_product_cannot_be_followed_by_its_address(client, users):
    draft = make_product(domain=users.domain)
    client.force_login(users.outsider)

    assert client.post(f"{draft.path}/follow").status_code == 404
    assert Program(users.outsider).send("PUT", f"/products/{draft.uuid}/follow").status_code == 404


def test_what_can_no_longer_be_read_is_counted_and_not_named(client, users, product):
    follow(product=product, person=users.outsider)
    DataProduct.objects.filter(pk=product.pk).update(visibility="restricted")
    client.force_login(users.outsider)

    page = client.get("/follows").content.decode()

    assert "You can no longer read 1 product that you follow." in " ".join(page.split())
    assert product.name not in page.split("<main")[1]
    assert Program(users.outsider).get("/follows").json()["results"] == []
