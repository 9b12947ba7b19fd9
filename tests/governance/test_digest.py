"""The digest of an inbox: to whom, how often, once for each period, and how it ends."""

import re
import smtplib
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from governance.inbox.digest import period_of
from governance.inbox.models import Digest, InboxSettings
from governance.inbox.services import choose_frequency, send_due_digests
from tests.factories import make_product, make_users

pytestmark = pytest.mark.django_db
# A Wednesday.
MORNING = datetime(2031, 3, 5, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class DyingBackend(EmailBackend):
    """Hands the mail over and dies before anybody hears of it."""

    def send_messages(self, messages):
        super().send_messages(messages)
        raise KeyboardInterrupt


class RefusingBackend(EmailBackend):
    """A mail server that accepts nothing."""

    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("busy")


@pytest.fixture(autouse=True)
def _fresh_count():
    cache.clear()


@pytest.fixture
def owner():
    """An owner of one draft who chose a daily digest."""
    users = make_users()
    make_product("Orders", domain=users.domain)
    choose_frequency(person=users.owner, frequency="daily")
    return users.owner


def chosen_long_ago(frequency: str) -> None:
    InboxSettings.objects.update(frequency=frequency, chosen_at=MORNING - 30 * DAY)


@pytest.mark.parametrize(
    ("now", "daily", "weekly"),
    [
        (MORNING, "2031-03-05", "2031-03-03"),
        (MORNING.replace(hour=5), "2031-03-04", "2031-03-03"),
        (datetime(2031, 3, 3, 5, 59, tzinfo=UTC), "2031-03-02", "2031-02-24"),
        (datetime(2031, 3, 3, 6, 0, tzinfo=UTC), "2031-03-03", "2031-03-03"),
    ],
)
def test_a_period_begins_at_six_in_the_morning(now, daily, weekly):
    assert str(period_of(now, is_weekly=False)) == daily
    assert str(period_of(now, is_weekly=True)) == weekly


def test_a_digest_lists_what_waits_as_text_and_as_html(owner):
    assert send_due_digests(now=MORNING) == 1

    (sent,) = mail.outbox
    html = sent.alternatives[0][0]
    assert sent.to == [owner.email]
    assert sent.subject == "[Assay] 1 thing waits for you"
    assert "* Orders (Draft, info)" in sent.body
    assert "/edit" in sent.body
    assert "<strong>Orders</strong>" in html
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_there_is_one_digest_in_a_day(owner):
    assert [send_due_digests(now=MORNING + timedelta(hours=hour)) for hour in (0, 1, 22)] == [
        1,
        0,
        0,
    ]
    assert send_due_digests(now=MORNING + DAY) == 1


def test_a_weekly_digest_comes_on_monday_and_not_again_in_that_week(owner):
    chosen_long_ago("weekly")

    days = [send_due_digests(now=MORNING + number * DAY) for number in range(7)]

    assert days == [1, 0, 0, 0, 0, 1, 0]


def test_the_first_digest_comes_with_the_period_after_the_choice(owner):
    InboxSettings.objects.update(chosen_at=MORNING)

    assert send_due_digests(now=MORNING + timedelta(hours=1)) == 0
    assert send_due_digests(now=MORNING + DAY) == 1


def test_nobody_gets_a_digest_who_did_not_choose_one(owner):
    choose_frequency(person=owner, frequency="never")

    assert send_due_digests(now=MORNING) == 0
    assert not Digest.objects.exists()


def test_no_mail_is_sent_if_nothing_waits():
    users = make_users()
    choose_frequency(person=users.owner, frequency="daily")

    assert send_due_digests(now=MORNING) == 0
    assert Digest.objects.get().finished_at is not None
    assert mail.outbox == []


def test_a_worker_that_dies_after_sending_sends_the_same_mail_again(owner, settings):
    settings.EMAIL_BACKEND = f"{__name__}.DyingBackend"
    with pytest.raises(KeyboardInterrupt):
        send_due_digests(now=MORNING)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    early, later = (MORNING + timedelta(minutes=minutes) for minutes in (1, 6))

    assert send_due_digests(now=early) == 0
    assert send_due_digests(now=later) == 1
    assert send_due_digests(now=later + timedelta(hours=1)) == 0
    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


def test_a_server_that_refuses_is_tried_again_later_and_not_for_ever(owner, settings):
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"

    for minutes in range(0, 600, 10):
        assert send_due_digests(now=MORNING + timedelta(minutes=minutes)) == 0

    digest = Digest.objects.get()
    assert (digest.attempts, digest.error) == (6, "busy")
    assert digest.finished_at is not None


def test_a_digest_of_yesterday_is_not_sent_today(owner, settings):
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"
    send_due_digests(now=MORNING)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert send_due_digests(now=MORNING + DAY) == 1
    yesterday = Digest.objects.order_by("period").first()
    assert yesterday.error == "the period is over"


def test_who_was_deactivated_gets_no_digest(owner):
    owner.is_active = False
    owner.save()

    assert send_due_digests(now=MORNING) == 0


def test_without_a_mail_server_nothing_is_sent_and_the_page_says_so(client, owner, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    client.force_login(owner)

    assert send_due_digests(now=MORNING) == 0
    assert "has no mail server" in client.get("/settings/inbox").content.decode()


def unsubscribe_path(owner) -> str:
    send_due_digests(now=MORNING)
    address = mail.outbox[-1].extra_headers["List-Unsubscribe"].strip("<>")
    return address[address.index("/digest/") :]


def test_a_mail_program_ends_the_digests_by_one_post_without_a_session(owner):
    path = unsubscribe_path(owner)
    program = Client(enforce_csrf_checks=True)

    assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert send_due_digests(now=MORNING + DAY) == 0


def test_a_scanner_that_opens_the_link_ends_nothing(owner):
    path = unsubscribe_path(owner)

    page = Client().get(path)

    assert "Stop the digests?" in page.content.decode()
    assert send_due_digests(now=MORNING + DAY) == 1


@pytest.mark.parametrize("token", ["x", "InRlc3Qi:1u:abc"])
def test_a_link_that_we_did_not_write_is_not_found(client, token):
    assert client.post(f"/digest/{token}/end").status_code == 404


def new_feed(client: Client) -> str:
    """Return the path of the feed of who is signed in, which the page shows once."""
    page = client.post("/settings/inbox/feed").content.decode()
    return re.search(r"/inbox/[\w-]+\.atom", page)[0]


def test_the_feed_opens_by_its_secret_until_that_is_revoked(client, owner):
    client.force_login(owner)
    path = new_feed(client)
    reader = Client()

    feed = reader.get(path)
    again = reader.get(path, headers={"If-None-Match": feed["ETag"]})
    client.post("/settings/inbox/feed/revoke")

    assert "Orders: A draft" in feed.content.decode()
    assert again.status_code == 304
    assert reader.get(path).status_code == 404
    assert path not in client.get("/settings/inbox").content.decode()


def test_a_new_address_ends_the_one_before(client, owner):
    client.force_login(owner)
    paths = [new_feed(client) for _ in range(2)]

    assert [Client().get(path).status_code for path in paths] == [404, 200]


def test_the_feed_of_who_was_deactivated_is_not_found(client, owner):
    client.force_login(owner)
    path = new_feed(client)
    owner.is_active = False
    owner.save()

    assert Client().get(path).status_code == 404
