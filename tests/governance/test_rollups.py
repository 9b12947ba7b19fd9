"""What the SLO tab reads of 90 days: days, the hours in none yet, slices only if it draws them."""

from datetime import timedelta

import pytest

from governance.slo.rollups import load_rollups
from governance.slo.services import roll_up_days
from governance.slo.stats import DAY, HOUR, merge
from tests.governance.measuring import START, make_port, probe_result, record, slots

pytestmark = pytest.mark.django_db
THREE_HOURS = 3 * HOUR


def measured_port(*, days: int):
    """Return a port with eight measurements a day up to the start of the tests' time."""
    port = make_port()
    moments = slots(8 * days, start=START - days * DAY, every=THREE_HOURS)
    record([probe_result(port, slot) for slot in moments])
    return port


def total(rollups, *ports) -> int:
    parts = rollups.by_day([port.pk for port in ports]).values()
    return sum(merge(part).total for part in parts)


@pytest.mark.parametrize(("days", "resolution"), [(3, HOUR), (6, DAY)])
def test_every_measurement_is_in_one_day_whether_rolled_up_or_not(days, resolution):
    port = measured_port(days=days)
    before = load_rollups([port.pk], START)
    roll_up_days(now=START)
    after = load_rollups([port.pk], START)

    assert total(after, port) == 8 * days
    assert before.by_day([port.pk]).keys() >= after.by_day([port.pk]).keys()
    assert after.resolution([port.pk]) == resolution
    assert bool(after.slices) == (resolution == HOUR)


def test_a_young_port_keeps_its_hours_next_to_an_old_one():
    old, young = measured_port(days=8), measured_port(days=2)
    roll_up_days(now=START)

    rollups = load_rollups([old.pk, young.pk], START)

    assert (total(rollups, old), total(rollups, young)) == (64, 16)
    assert len(rollups.by_hour([young.pk])) == 16
    assert rollups.resolution([young.pk]) == HOUR


def test_slices_of_the_whole_history_are_read_if_asked_for():
    port = measured_port(days=6)
    roll_up_days(now=START)

    rollups = load_rollups([port.pk], START, all_slices=True)

    assert len(rollups.by_slice([port.pk])) == 48
    assert min(rollups.by_slice([port.pk])) == START - timedelta(days=6)
