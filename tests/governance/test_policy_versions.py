"""A policy is applied once a second person approved it, and earlier versions can come back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.audit.models import AuditEvent
from catalog.exceptions import (
    EditConflict,
    InvalidTransition,
    PermissionDenied,
    ValidationFailed,
)
from governance.policies.decisions import Mode
from governance.policies.models import Policy, PolicyVersion
from governance.policies.services import (
    approve_version,
    change_mode,
    propose_version,
    refuse_version,
    return_to_version,
)
from tests.factories import make_domain, make_lead, make_users
from tests.governance.policy_texts import LOCAL, PERSONAL_DATA

pytestmark = pytest.mark.django_db


def apply(text=PERSONAL_DATA, mode=Mode.WARN, edition=0, **options):
    version = propose_version(text=text, actor=make_lead(), edition=edition)
    return approve_version(
        version=version, actor=make_lead(), edition=edition + 1, mode=mode, **options
    )


def test_a_version_is_applied_once_another_person_approves_it():
    author = make_lead()
    version = propose_version(text=PERSONAL_DATA, actor=author)
    assert version.policy.mode_at(timezone.now()) is Mode.OFF
    assert version.policy.active is None
    with pytest.raises(PermissionDenied, match="another person"):
        approve_version(version=version, actor=author, edition=1, mode=Mode.WARN)
    policy = approve_version(version=version, actor=make_lead(), edition=1, mode=Mode.WARN)
    assert (policy.active, policy.mode) == (version, "warn")
    verbs = AuditEvent.objects.about("policy", str(policy.uuid)).values_list("verb", flat=True)
    assert list(verbs) == ["approved version", "proposed version"]


def test_the_same_text_makes_no_new_version():
    policy = apply()
    again = propose_version(text=PERSONAL_DATA, actor=make_lead(), edition=policy.edition)
    assert again == policy.active
    assert PolicyVersion.objects.count() == 1


def test_nobody_without_the_role_gets_a_text_compiled():
    users = make_users(make_domain("sales"))
    with pytest.raises(PermissionDenied):
        propose_version(text="not even YAML: [", actor=users.owner)
    assert not Policy.objects.exists()


def test_a_steward_of_a_domain_writes_no_policy_of_the_mesh():
    users = make_users(make_domain("sales"))
    with pytest.raises(PermissionDenied):
        propose_version(text=PERSONAL_DATA, actor=users.steward)


@pytest.mark.parametrize(
    ("old", "new", "location", "message"),
    [
        ('!= "pii"', "!= 3 +", "/clauses/0/assert", "not valid"),
        ("expect: [no-personal-data]", "expect: []", "/cases/1/expect", "violates no-personal"),
        ("classification: pii}]}", "class: pii}]}", "/cases/1/facts", "columns[0].class"),
    ],
)
def test_what_is_wrong_is_located(old, new, location, message):
    with pytest.raises(ValidationFailed) as refused:
        propose_version(text=PERSONAL_DATA.replace(old, new, 1), actor=make_lead())
    [issue] = refused.value.issues
    assert message in issue.message
    assert issue.line > 1
    assert issue.location.startswith(location.rsplit("/", 1)[0])


def test_a_policy_begins_to_block_at_its_moment_with_no_job():
    later = timezone.now() + timedelta(days=3)
    policy = apply(enforce_on=later)
    assert policy.mode_at(later - timedelta(seconds=1)) is Mode.WARN
    assert policy.mode_at(later) is Mode.ENFORCE


def test_an_earlier_version_comes_back_in_the_mode_that_it_had():
    policy = apply(mode=Mode.ENFORCE)
    first = policy.active
    changed = PERSONAL_DATA.replace("Personal data is not public", "Another title")
    policy = apply(changed, Mode.WARN, edition=policy.edition)
    assert (policy.active.number, policy.mode) == (2, "warn")
    policy = return_to_version(version=first, actor=make_lead(), edition=policy.edition)
    assert (policy.active, policy.mode) == (first, "enforce")


def test_a_version_that_was_refused_is_not_applied():
    version = propose_version(text=PERSONAL_DATA, actor=make_lead())
    with pytest.raises(ValidationFailed, match="refused"):
        refuse_version(version=version, actor=make_lead(), edition=1, reason=" ")
    refuse_version(version=version, actor=make_lead(), edition=1, reason="Too strict.")
    for act in (approve_version, return_to_version):
        options = {"mode": Mode.WARN} if act is approve_version else {}
        with pytest.raises(InvalidTransition):
            act(version=version, actor=make_lead(), edition=2, **options)


def test_an_edit_of_an_older_edition_is_a_conflict():
    policy = apply()
    with pytest.raises(EditConflict):
        change_mode(policy=policy, actor=make_lead(), edition=1, mode=Mode.ENFORCE)


def test_loosening_needs_a_reason():
    policy = apply(mode=Mode.ENFORCE)
    with pytest.raises(ValidationFailed, match="loosened"):
        change_mode(policy=policy, actor=make_lead(), edition=policy.edition, mode=Mode.WARN)


@pytest.mark.parametrize(
    ("assertion", "is_allowed"),
    [
        ('columns.all(c, c.classification == "")', True),
        ('columns.all(c, c.classification != "secret")', False),
    ],
)
def test_a_policy_of_a_domain_may_only_tighten(assertion, is_allowed):
    users = make_users(make_domain("sales"))
    apply()
    text = LOCAL.format(assertion=assertion)
    if is_allowed:
        assert propose_version(text=text, actor=users.steward).policy.domain == users.domain
        return
    with pytest.raises(ValidationFailed, match="An e-mail address"):
        propose_version(text=text, actor=users.steward)
