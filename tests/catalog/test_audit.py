"""The trail: one event with each change, none without, and a chain that shows tampering."""

import pytest
from django.db import transaction

from catalog.audit.models import AuditEvent, AuditSeal
from catalog.audit.services import seal_pending
from catalog.audit.verification import verify_chain
from catalog.exceptions import NameConflict
from catalog.products.models import DataProduct
from tests.factories import make_domain, make_product


@transaction.atomic
def make_twice(name, domain):
    make_product(name, domain=domain)
    make_product(name, domain=domain)


@pytest.mark.django_db
def test_a_change_that_is_rolled_back_leaves_no_event():
    domain = make_domain()
    before = AuditEvent.objects.count()

    with pytest.raises(NameConflict):
        make_twice("One", domain)

    assert AuditEvent.objects.count() == before
    assert not DataProduct.objects.exists()


@pytest.mark.django_db
def test_sealing_goes_on_where_it_stopped():
    make_product()
    first = seal_pending(limit=1)
    rest = seal_pending()

    again = seal_pending()

    assert (first, again) == (1, 0)
    assert rest == AuditEvent.objects.count() - 1
    assert list(AuditSeal.objects.order_by("sequence").values_list("sequence", flat=True)) == list(
        range(1, rest + 2)
    )
    assert verify_chain().is_intact


def _edit_event(seals):
    AuditEvent.objects.filter(pk=seals[1].event_id).update(reason="none")


def _drop_seal(seals):
    seals[1].delete()


def _swap_seals(seals):
    first, second = seals[1].event_id, seals[2].event_id
    AuditSeal.objects.filter(sequence=2).update(event=AuditEvent.objects.order_by("-id")[0])
    AuditSeal.objects.filter(sequence=3).update(event_id=first)
    AuditSeal.objects.filter(sequence=2).update(event_id=second)


@pytest.mark.django_db
@pytest.mark.parametrize("tamper", [_edit_event, _drop_seal, _swap_seals])
def test_a_tampered_log_reports_its_first_bad_row(tamper):
    for _ in range(3):
        make_product()
    seal_pending(limit=5)

    tamper(list(AuditSeal.objects.order_by("sequence")))

    assert verify_chain().issues[0].sequence in (2, 3)
