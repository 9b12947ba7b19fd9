"""Entering, leaving, invitations, tokens and one's own settings."""

import io
import logging
import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache

from catalog.domains.services import add_to_team, grant_role, invite_person, remove_member
from catalog.exceptions import ValidationFailed
from catalog.people.models import ApiToken, Invitation, Person
from catalog.permissions import Role
from config.logs import redact
from tests.factories import (
    FACTORY,
    PASSWORD,
    make_domain,
    make_lead,
    make_person,
    make_team,
    make_users,
)

pytestmark = pytest.mark.django_db
NEW = {"first_name": "Nina", "username": "nina", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture(autouse=True)
def nobody_has_tried_yet():
    cache.clear()


def _sign_in(client, name, password=PASSWORD, **more):
    return client.post("/sign-in", {"login": name, "password": password, **more})


def test_one_signs_in_by_name_or_address_and_returns_to_where_one_was(client):
    make_person("ana")

    answer = _sign_in(client, "ana@example.org", next="/teams")

    assert answer["Location"] == "/teams"
    assert client.get("/settings").status_code == 200


def test_sign_in_never_redirects_to_another_site(client):
    make_person("ana")

    assert _sign_in(client, "ana", next="https://example.org/")["Location"] == "/"


def test_after_five_wrong_passwords_the_right_one_is_refused_too(client):
    make_person("ana")
    for _ in range(5):
        _sign_in(client, "ana", "wrong")

    answer = _sign_in(client, "ana")

    assert answer.status_code == 200
    assert "Too many failed" in answer.content.decode()


def test_a_wrong_name_reads_like_a_wrong_password(client):
    make_person("ana")

    texts = [
        _sign_in(client, name, "wrong").context_data["form"].non_field_errors()
        for name in ("ana", "nobody")
    ]

    assert texts[0] == texts[1]


def test_the_demos_people_are_shown_only_in_the_demo(client, settings):
    make_person("ana")
    assert "People of the demo" not in client.get("/sign-in").content.decode()

    settings.ASSAY_DEMO = True

    assert "People of the demo" in client.get("/sign-in").content.decode()


def test_nobody_signs_up_without_an_invitation(client):
    make_person("ana")

    answer = client.post("/sign-up", {"email": "x@example.org", "username": "x"})

    assert "by invitation" in answer.content.decode()
    assert Person.objects.count() == 1


def test_a_password_is_reset_by_mail_once(client):
    make_person("ana")
    client.post("/password/forgotten", {"email": "ana@example.org"})
    link = re.findall(r"http://testserver(/password/new/\S+)", str(mail.outbox[0].body))[0]

    page = client.get(link, follow=True)
    new = "another long password"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})

    assert _sign_in(client, "ana", new)["Location"] == "/"
    assert "no longer works" in client.get(link, follow=True).content.decode()


def test_a_reset_request_answers_the_same_with_and_without_an_account(client):
    make_person("ana")

    answers = [
        client.post("/password/forgotten", {"email": f"{name}@example.org"})
        for name in ("ana", "nobody")
    ]

    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert "There is none" in mail.outbox[1].body


def test_a_mail_server_that_is_away_changes_no_answer(client, settings):
    make_person("ana")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    answer = client.post("/password/forgotten", {"email": "ana@example.org"})

    assert answer.status_code == 302


def test_an_invitation_makes_an_account_in_its_team_and_signs_in(client):
    team = make_team()
    invitation, secret = invite_person(email="nina@example.org", actor=make_lead("ana"), team=team)
    page = client.get(f"/join/{secret}")
    assert "Ana" in page.content.decode() or "ana" in page.content.decode()

    answer = client.post(f"/join/{secret}", NEW)

    assert answer["Location"] == "/"
    assert list(Person.objects.get(username="nina").teams.all()) == [team]
    assert client.get(f"/join/{secret}").status_code == 410
    invitation.refresh_from_db()
    assert invitation.accepted_at


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"again": "other"}, "again"),
        ({"password": "123", "again": "123"}, "password"),
        ({"username": "ana"}, "username"),
        ({"username": "ANA"}, "username"),
        ({"username": "no spaces"}, "username"),
        ({"first_name": "a\x00"}, "first_name"),
    ],
)
def test_a_wrong_joining_form_shows_each_error_at_its_field(client, fields, field):
    _, secret = invite_person(email="nina@example.org", actor=make_lead("ana"))

    answer = client.post(f"/join/{secret}", NEW | fields)

    assert answer.status_code == 422
    assert list(answer.context_data["page"].form.errors) == [field]
    assert client.post(f"/join/{secret}", NEW)["Location"] == "/"


def test_an_owner_invites_by_link_which_goes_by_mail_and_is_shown_once(client):
    users = make_users(make_domain("sales"))
    client.force_login(users.owner)

    page = client.post("/people/invite?domain=sales", {"email": "new@example.org"})

    link = page.context_data["page"].sent.link
    assert link in mail.outbox[0].body
    assert link in page.content.decode()
    client.logout()
    assert client.get(link).status_code == 200


def test_an_owner_invites_a_steward_who_is_one_on_joining(client):
    users = make_users(make_domain("sales"))
    client.force_login(users.owner)
    sent = {"email": "nina@example.org", "role": "steward"}
    link = client.post("/people/invite?domain=sales", sent).context_data["page"].sent.link
    client.logout()
    assert "You will be steward of Sales." in client.get(link).content.decode()
    assert "You will be steward of Sales." in mail.outbox[0].body

    client.post(link, NEW)

    membership = Person.objects.get(username="nina").memberships.get()
    assert (membership.role, membership.domain) == ("steward", users.domain)


def test_a_lead_invites_with_a_role_in_a_domain_of_choice(client):
    domain = make_domain("sales")
    client.force_login(make_lead())
    sent = {"email": "nina@example.org", "role": "owner"}

    refused = client.post("/people/invite", sent)
    page = client.post("/people/invite", sent | {"domain": domain.pk})

    assert list(refused.context_data["page"].form.errors) == ["domain"]
    assert page.context_data["page"].sent.has_role
    assert Invitation.objects.get().domain == domain


@pytest.mark.parametrize("role", ["governance_lead", "auditor", "king"])
def test_an_invitation_carries_no_role_of_the_mesh(client, role):
    users = make_users(make_domain("sales"))
    client.force_login(users.owner)

    answer = client.post("/people/invite?domain=sales", {"email": "n@example.org", "role": role})

    assert list(answer.context_data["page"].form.errors) == ["role"]
    with pytest.raises(ValidationFailed):
        invite_person(
            email="n@example.org", actor=users.owner, domain=users.domain, role=Role.AUDITOR
        )
    assert not Invitation.objects.exists()


def test_an_invitation_lapses_with_the_right_of_who_sent_it(client):
    users, team = make_users(make_domain("sales")), make_team()
    add_to_team(team=team, person=users.owner, is_manager=True, actor=FACTORY)
    brought: list[dict[str, Any]] = [{"role": Role.OWNER}, {"team": team}]
    links = [
        "/join/"
        + invite_person(
            email=f"n{index}@example.org", actor=users.owner, domain=users.domain, **brings
        )[1]
        for index, brings in enumerate(brought)
    ]
    assert {client.get(link).status_code for link in links} == {200}

    remove_member(team=team, person=users.owner, actor=FACTORY)
    assert [client.post(link, NEW).status_code for link in links[1:]] == [410]
    users.owner.memberships.all().delete()

    assert [client.post(link, NEW).status_code for link in links] == [410, 410]
    assert not Person.objects.filter(username="nina").exists()


@pytest.mark.parametrize(
    ("backend", "sentence"),
    [
        ("django.core.mail.backends.locmem.EmailBackend", "The mail server accepted it."),
        ("django.core.mail.backends.console.EmailBackend", "No mail was sent"),
        ("config.mail.PrivateFileBackend", "No mail was sent"),
        ("django.core.mail.backends.smtp.EmailBackend", "The mail server did not accept it."),
    ],
)
def test_the_page_says_what_became_of_the_mail(
    client, settings, capfd, tmp_path, backend, sentence
):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = backend, str(tmp_path)
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    client.force_login(make_lead())

    page = client.post("/people/invite", {"email": "new@example.org"})

    link = page.context_data["page"].sent.link
    assert sentence in page.content.decode()
    assert link not in "".join(capfd.readouterr())


def test_without_a_mail_server_a_reset_link_is_kept_for_the_operator_alone(
    client, settings, capfd, tmp_path
):
    settings.EMAIL_BACKEND = "config.mail.PrivateFileBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    make_person("ana")

    page = client.post("/password/forgotten", {"email": "ana@example.org"}, follow=True)

    (file,) = (tmp_path / "mail").iterdir()
    assert "/password/new/" in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert "No mail was sent" in page.content.decode()
    assert "/password/new/" not in "".join(capfd.readouterr())


def test_an_outsider_invites_nobody_and_learns_who_may(client):
    users = make_users(make_domain("sales"))
    client.force_login(users.outsider)

    answer = client.post("/people/invite?domain=sales", {"email": "new@example.org"})

    assert answer.status_code == 403
    assert "owner of Sales" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_a_token_is_shown_once_and_revoked_by_its_owner_alone(client):
    ana, ben = make_person("ana"), make_person("ben")
    client.force_login(ana)
    page = client.post("/settings/tokens", {"name": "ci", "scopes": ["read"], "days": "30"})
    text = page.context_data["page"].new_token
    assert text in page.content.decode()
    assert text not in client.get("/settings/tokens").content.decode()
    assert len(client.get("/api/v1/tokens").json()["results"]) == 1

    revoke = f"/settings/tokens/{ApiToken.objects.get().uuid}/revoke"
    client.force_login(ben)
    assert client.post(revoke).status_code == 404
    client.force_login(ana)
    client.post(revoke)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": ""}, "name"), ({"days": "400"}, "days"), ({"scopes": ["admin"]}, "scopes")],
)
def test_a_wrong_token_is_refused_at_its_field(client, fields, field):
    client.force_login(make_person("ana"))

    sent = {"name": "ci", "scopes": ["read"], "days": "30"} | fields
    answer = client.post("/settings/tokens", sent)

    assert list(answer.context_data["page"].form.errors) == [field]


def test_secrets_in_links_are_not_logged():
    assert redact("/join/abc?x=1") == "/join/…?x=1"
    assert redact("/password/new/1-abc/") == "/password/new/…/"
    assert redact("/sign-out?next=/join/abc&x=1") == "/sign-out?next=/join/…&x=1"
    assert redact("/sign-in?next=%2Fjoin%2Fabc-_d") == "/sign-in?next=%2Fjoin%2F…"
    assert redact(f"Bearer assay_{'0a' * 32}.") == "Bearer assay_…."
    assert redact("/p/sales/join assay_session") == "/p/sales/join assay_session"


def test_a_whole_request_leaves_no_secret_in_the_log(client, monkeypatch):
    """Whatever writes the line: the request log, or Django's own warnings with the path."""
    log = io.StringIO()
    (handler,) = [item for item in logging.getLogger().handlers if item.name == "stream"]
    monkeypatch.setattr(handler, "stream", log)
    make_person("ana")
    _, invitation = invite_person(email="nina@example.org", actor=make_lead())
    token = "assay_" + "0a" * 29
    key = "1-cafe-0123456789abcdef"

    client.post(f"/join/{invitation}", {})
    client.post(f"/join/{invitation}", NEW)
    client.get(f"/join/{invitation}")
    client.post(f"/sign-out?next=/join/{invitation}")
    client.get(f"/sign-in?next=%2Fjoin%2F{invitation}")
    client.get(f"/password/new/{key}/")
    client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    client.get(f"/nowhere/{token}")

    lines = log.getvalue()
    assert "Gone: /join/…" in lines
    for secret in (invitation, token, key.partition("-")[2]):
        assert secret not in lines


def test_the_admin_shows_staff_no_secret_and_changes_nothing(client):
    ana = make_person("ana")
    to_sign_in = client.get("/admin/catalog/person/", follow=True)
    assert to_sign_in.request["PATH_INFO"] == "/sign-in"
    client.force_login(ana)
    refused = client.get("/admin/catalog/person/", follow=True)
    assert refused.status_code == 403
    assert "for staff" in refused.content.decode()

    ana.is_staff = True
    ana.save()

    page = client.get(f"/admin/catalog/person/{ana.pk}/change/")
    assert page.status_code == 200
    assert ana.password not in page.content.decode()
    assert client.post(f"/admin/catalog/person/{ana.pk}/delete/").status_code == 403
    assert client.get("/admin/catalog/person/add/").status_code == 403


def test_the_status_page_says_a_word_to_all_and_its_readings_to_operators(client):
    signed_out = client.get("/api/v1/status").json()
    assert signed_out["sections"] == {}

    operator = make_person("ana")
    grant_role(person=operator, role=Role.PLATFORM_OPERATOR, actor=FACTORY)
    client.force_login(operator)

    sections = client.get("/api/v1/status?verify=1").json()["sections"]
    assert set(sections) == {"parts", "index", "alerts", "polling", "installation", "audit"}
    assert {"name": "chain", "value": "intact", "is_well": True, "note": ""} in sections["audit"]
    assert client.get("/status").status_code == 200
