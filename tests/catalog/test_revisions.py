"""Followers: what they remember, what they are notified of, and what stopped ones leave behind."""

from uuid import uuid4

import pytest

from catalog.revisions.followers import notify_followers, register_follower
from catalog.revisions.models import Followed, Tombstone
from catalog.revisions.services import create_tombstones, forget_other_generations, mark_indexed
from tests.factories import make_domain, make_product


@pytest.mark.django_db
def test_a_follower_remembers_the_last_revision_of_each_object():
    first, second = uuid4(), uuid4()
    mark_indexed(follower="index", kind="thing", revisions={first: 1, second: 1})

    mark_indexed(follower="index", kind="thing", revisions={first: 4})

    rows = dict(Followed.objects.values_list("object_id", "revision"))
    assert rows == {first: 4, second: 1}


@pytest.mark.django_db
def test_a_tombstone_is_unseen_until_the_follower_remembers_its_revision():
    deleted = uuid4()
    create_tombstones(kind="thing", object_id=deleted, revision=7)
    mark_indexed(follower="index", kind="thing", revisions={deleted: 6})
    unseen = Tombstone.objects.unprocessed_by("index").count()

    mark_indexed(follower="index", kind="thing", revisions={deleted: 7})

    assert unseen == 1
    assert not Tombstone.objects.unprocessed_by("index").exists()
    assert Tombstone.objects.unprocessed_by("another").count() == 1
    forget_other_generations(prefix="ind", keep=[])
    assert Tombstone.objects.unprocessed_by("index").count() == 1


def test_a_follower_that_fails_does_not_keep_the_others_from_hearing():
    heard = []
    register_follower("broken", kind="test-kind", tell=lambda ids: 1 / 0)
    register_follower("sound", kind="test-kind", tell=heard.append)

    notify_followers("test-kind", [uuid4()])

    assert len(heard) == 1


@pytest.mark.django_db
def test_followers_are_told_after_the_commit(django_capture_on_commit_callbacks):
    heard = []
    register_follower("witness", kind="product", tell=heard.extend)
    domain = make_domain()

    with django_capture_on_commit_callbacks() as callbacks:
        product = make_product(domain=domain)
    before = list(heard)
    for callback in callbacks:
        callback()

    assert before == []
    assert product.uuid in heard
