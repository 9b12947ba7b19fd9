"""Whatever is done to the rows of the trail is found, by the chain, by anchors, or refused."""

import json
import random
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.audit.chain import EVENT_FIELDS, GENESIS, link
from catalog.audit.models import AuditEvent, AuditSeal, UnsealedEvent
from catalog.audit.services import Subject, read_anchors, record, seal_pending, write_anchor
from catalog.audit.triggers import MESSAGE, install_triggers
from catalog.audit.verification import ChainIssueKind, verify_chain
from tests.concurrency import run_concurrently

ACTOR = SystemActor("test")
EVENTS = 12


@pytest.fixture(autouse=True)
def anchors_file(settings, tmp_path):
    settings.ASSAY_AUDIT_ANCHORS = tmp_path / "anchors.jsonl"
    return settings.ASSAY_AUDIT_ANCHORS


def write_events(count=EVENTS):
    for number in range(count):
        subject = Subject(kind="product", id=str(number), name=f"Product {number}")
        record(actor=ACTOR, verb="edited", subject=subject, after={"n": number})


def change(dice):
    event = AuditEvent.objects.get(pk=dice.choice(sealed_events()))
    name = dice.choice(["actor_name", "verb", "object_id", "reason", "request_id", "token_name"])
    AuditEvent.objects.filter(pk=event.pk).update(**{name: getattr(event, name) + "x"})


def delete(dice):
    seal = AuditSeal.objects.get(event=dice.choice(sealed_events()))
    event = seal.event_id
    seal.delete()
    AuditEvent.objects.filter(pk=event).delete()


def insert(dice):
    AuditEvent.objects.create(
        occurred_at=timezone.now() - timedelta(days=dice.randint(1, 9)),
        actor_id="0",
        actor_name="Nobody",
        verb="approved",
        object_kind="product",
        object_id="1",
        object_name="Product 1",
    )


def swap(dice):
    first, second = dice.sample(list(AuditSeal.objects.values_list("sequence", "event_id")), 2)
    spare = AuditEvent.objects.create(
        occurred_at=timezone.now(),
        actor_id="0",
        actor_name="x",
        verb="x",
        object_kind="x",
        object_id="x",
        object_name="x",
    )
    AuditSeal.objects.filter(sequence=first[0]).update(event_id=spare.pk)
    AuditSeal.objects.filter(sequence=second[0]).update(event_id=first[1])
    AuditSeal.objects.filter(sequence=first[0]).update(event_id=second[1])
    spare.delete()


def cut(dice):
    keep = dice.randint(1, EVENTS - 1)
    events = list(AuditSeal.objects.filter(sequence__gt=keep).values_list("event_id", flat=True))
    AuditSeal.objects.filter(sequence__gt=keep).delete()
    AuditEvent.objects.filter(pk__in=events).delete()


def rewrite(dice):
    """Change an event and compute the chain again, as somebody with the code could."""
    change(dice)
    digest = GENESIS
    for seal in AuditSeal.objects.order_by("sequence"):
        event = AuditEvent.objects.filter(pk=seal.event_id).values(*EVENT_FIELDS).get()
        previous, digest = digest, link(digest, event)
        AuditSeal.objects.filter(pk=seal.pk).update(previous_digest=previous, digest=digest)


def sealed_events():
    return list(AuditSeal.objects.values_list("event_id", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("tamper", [change, delete, insert, swap, cut, rewrite])
def test_every_tampering_is_found(tamper):
    write_events()
    seal_pending()
    write_anchor(now=timezone.now())
    for seed in range(20):
        with transaction.atomic():
            tamper(random.Random(seed))
            report = verify_chain(anchors=read_anchors().valid)
            assert not report.is_intact, (tamper.__name__, seed)
            transaction.set_rollback(True)
    assert verify_chain(anchors=read_anchors().valid).is_intact


@pytest.mark.django_db
def test_the_first_issue_is_named_at_its_place():
    write_events()
    seal_pending()
    event = AuditSeal.objects.get(sequence=5).event_id
    AuditEvent.objects.filter(pk=event).update(reason="forged")
    [issue] = verify_chain().issues
    assert (issue.kind, issue.sequence, issue.event_id) == (ChainIssueKind.EVENT_CHANGED, 5, event)


@pytest.mark.django_db
def test_an_anchor_is_written_once_for_each_head(anchors_file):
    write_events(2)
    seal_pending()
    assert write_anchor(now=timezone.now())["sequence"] == 2
    assert write_anchor(now=timezone.now()) is None
    assert anchors_file.stat().st_mode & 0o777 == 0o600
    assert len(read_anchors().valid) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "issue"),
    [
        ('"sequence": 2', '"sequence": 1', "signature of line 1"),
        ('{"sequence"', '{"sequenz"', "Line 1"),
        ('"key": "', '"key": "A', "Line 1"),
    ],
)
def test_a_changed_anchor_counts_for_nothing_and_is_reported(anchors_file, old, new, issue):
    write_events(2)
    seal_pending()
    write_anchor(now=timezone.now())
    anchors_file.write_text(anchors_file.read_text().replace(old, new))
    anchors = read_anchors()
    assert anchors.valid == ()
    assert issue in anchors.issues[0]


@pytest.mark.django_db
def test_the_command_reports_and_exits_1_if_something_is_wrong():
    write_events(3)
    seal_pending()
    output = StringIO()
    call_command("verify_audit_trail", "--json", stdout=output)
    report = json.loads(output.getvalue())
    assert (report["is_intact"], report["events"], report["waiting"]) == (True, 3, 0)
    AuditEvent.objects.filter(pk=sealed_events()[0]).update(verb="forged")
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit_trail", stdout=output)
    assert ended.value.code == 1
    assert "seal 1: The event, or its place, is not what was sealed." in output.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("model", [AuditEvent, AuditSeal])
@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_itself_refuses_a_change(model, act):
    install_triggers(using="default")
    install_triggers(using="default")
    write_events(2)
    seal_pending()
    rows = model.objects.order_by("-pk")
    name = "reason" if model is AuditEvent else "digest"
    with pytest.raises(DatabaseError, match=MESSAGE), transaction.atomic():
        rows._raw_delete("default") if act == "delete" else rows.update(**{name: "forged"})


@pytest.mark.django_db(transaction=True)
def test_sealers_at_once_and_writers_leave_no_gap_and_no_repeat():
    def write():
        write_events(20)

    def seal():
        for _ in range(10):
            seal_pending()

    run_concurrently([write, write, seal, seal])
    seal_pending()
    assert list(AuditSeal.objects.order_by("sequence").values_list("sequence", flat=True)) == list(
        range(1, 41)
    )
    assert not UnsealedEvent.objects.exists()
    assert verify_chain().is_intact


@pytest.mark.django_db
def test_an_event_that_commits_late_is_sealed_all_the_same():
    write_events(3)
    late = AuditEvent.objects.order_by("pk").first()
    UnsealedEvent.objects.filter(event=late).delete()
    assert seal_pending() == 2
    UnsealedEvent.objects.create(event=late)
    assert seal_pending() == 1
    assert AuditSeal.objects.get(event=late).sequence == 3
    assert verify_chain().is_intact
