"""From measurements to verdicts, breaches and the catalog's trust columns."""

from datetime import timedelta

import pytest

from catalog.audit.models import AuditEvent
from catalog.ports.models import OutputPort
from catalog.products.models import Verdict as CatalogVerdict
from governance.slo.evaluation import Verdict
from governance.slo.models import Breach, Measurement, ObjectiveStatus, RollUp
from governance.slo.outcomes import Outcome
from governance.slo.services import mark_unmeasured
from governance.slo.services.evaluation import evaluate
from tests.factories import make_product
from tests.governance.measuring import (
    MINUTE,
    START,
    declare_objectives,
    make_objective,
    make_port,
    probe_result,
    record,
    record_measurement,
    slots,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def little_evidence_is_enough(settings):
    settings.ASSAY_EVIDENCE_PERCENT, settings.ASSAY_EVIDENCE_CHECKS = 0, 3


def standing_now(objective):
    """Return the standing as judged in full at its newest measurement."""
    port = OutputPort.objects.filter(last_probed_at__isnull=False).latest("last_probed_at")
    evaluate(objectives=[objective], now=port.last_probed_at)
    return ObjectiveStatus.objects.get(objective=objective)


def verdict_now(objective):
    return ObjectiveStatus.objects.get(objective=objective).verdict


def test_a_breach_opens_once_however_long_the_objective_is_missed():
    objective = make_objective(indicator="availability", target=0.9, window="1h")

    for slot in slots(20):
        record_measurement(port=objective.port, slot=slot, outcome=Outcome.UNREACHABLE)

    # Six of the sixty checks of an hour may fail.
    assert objective.breaches.get().opened_at == slots(7)[6]


def test_a_breach_closes_when_the_share_is_reached_again_and_a_new_one_may_open():
    objective = make_objective(target=0.9, window="1h")
    good, bad = [Outcome.GOOD], [Outcome.HTTP_ERROR]
    outcomes = [*good * 5, *bad * 8, *good * 57, *bad * 20]

    for slot, outcome in zip(slots(90), outcomes, strict=True):
        record_measurement(port=objective.port, slot=slot, outcome=outcome)

    first, second = objective.breaches.order_by("opened_at")
    # The window moves in steps of five minutes, so failures leave it together.
    assert first.opened_at == slots(12)[11]
    assert START + 65 * MINUTE < first.closed_at < START + 70 * MINUTE
    assert second.opened_at > START + 75 * MINUTE
    assert second.closed_at is None


def test_one_bad_measurement_opens_no_breach():
    objective = make_objective(target=0.999)

    for slot in slots(5):
        record_measurement(port=objective.port, slot=slot)
    record_measurement(port=objective.port, slot=START + 5 * MINUTE, outcome=Outcome.TIMEOUT)

    assert verdict_now(objective) == Verdict.AT_RISK
    assert not objective.breaches.exists()


def test_too_few_checks_are_collecting_evidence_and_never_good():
    objective = make_objective()

    for slot in slots(2):
        record_measurement(port=objective.port, slot=slot)

    assert verdict_now(objective) == Verdict.COLLECTING
    objective.port.product.refresh_from_db()
    assert objective.port.product.slo_verdict == CatalogVerdict.COLLECTING


def test_good_measurements_meet_the_objective_and_the_product_shows_it():
    objective = make_objective(target=0.99)

    for slot in slots(9):
        record_measurement(port=objective.port, slot=slot)

    product = objective.port.product
    product.refresh_from_db()
    assert product.slo_verdict == CatalogVerdict.MET
    assert product.slo_figures["availability"] == {
        "value": 1.0,
        "target": 0.99,
        "verdict": "met",
        "window": "30d",
        "as_of": "2026-03-02T10:07:00+00:00",
    }


def test_the_revision_rises_when_the_verdict_turns_and_not_for_figures():
    objective = make_objective(target=0.5)
    product = objective.port.product

    revisions = []
    for slot in slots(8):
        record_measurement(port=objective.port, slot=slot)
        product.refresh_from_db()
        revisions.append(product.revision)

    assert revisions[1] < revisions[2] == revisions[7]
    assert product.slo_figures["availability"]["as_of"] == "2026-03-02T10:07:00+00:00"


def test_a_products_verdict_is_the_worst_of_its_objectives():
    product = make_product()
    one, other = make_port(product), make_port(product)
    declare_objectives(
        product,
        {"indicator": "availability", "target": 0.9, "window": "1h", "port": one.name},
        {"indicator": "availability", "target": 0.9, "window": "1h", "port": other.name},
    )

    for slot in slots(9):
        record([probe_result(one, slot), probe_result(other, slot, Outcome.HTTP_ERROR)])

    product.refresh_from_db()
    assert product.slo_verdict == CatalogVerdict.BREACHED
    assert product.slo_figures["availability"]["value"] == 0


def test_an_objective_of_a_product_counts_all_its_ports_together():
    product = make_product()
    one, other = make_port(product), make_port(product)
    declare_objectives(product, {"indicator": "availability", "target": 0.6})

    for slot in slots(4):
        record([probe_result(one, slot), probe_result(other, slot, Outcome.HTTP_ERROR)])

    status = standing_now(product.objectives.get())
    assert (status.good, status.total, status.verdict) == (4, 8, Verdict.AT_RISK)


def test_latency_counts_answers_within_the_snapped_threshold_and_timeouts_as_too_slow():
    objective = make_objective(indicator="latency", target=0.5, threshold=0.33)
    port = objective.port

    measured = [probe_result(port, slot, seconds=0.334) for slot in slots(3)]
    measured += [
        probe_result(port, START + 3 * MINUTE, seconds=0.5),
        probe_result(port, START + 4 * MINUTE, Outcome.TIMEOUT, 10),
        probe_result(port, START + 5 * MINUTE, Outcome.HTTP_ERROR, 0.001),
    ]
    record(measured)

    status = standing_now(objective)
    assert (status.good, status.total) == (3, 5)
    port.product.refresh_from_db()
    figure = port.product.slo_figures["latency"]
    assert (figure["value"], figure["threshold"], figure["share"]) == (0.335, 0.335, 0.6)


def test_time_slices_count_five_minutes_each_however_often_they_were_measured():
    objective = make_objective(budgeting="timeslices", target=0.5)
    port = objective.port

    record([probe_result(port, slot) for slot in slots(15)])
    record([probe_result(port, START + 16 * MINUTE, Outcome.HTTP_ERROR)])

    status = standing_now(objective)
    assert (status.good, status.total) == (3, 4)


def test_a_slice_is_quick_when_its_percentile_is_within_the_threshold():
    objective = make_objective(indicator="latency", threshold=0.2, percentile=0.8, target=0.5)
    port = objective.port
    quick_slice = [0.1, 0.1, 0.1, 0.1, 5.0]
    slow_slice = [0.1, 0.1, 0.1, 5.0, 5.0]

    seconds = [*quick_slice, *slow_slice, *quick_slice]
    record(
        [
            probe_result(port, slot, seconds=value)
            for slot, value in zip(slots(15), seconds, strict=True)
        ]
    )

    status = standing_now(objective)
    assert (status.good, status.total) == (2, 3)


def test_recording_a_batch_twice_changes_nothing():
    objective = make_objective(target=0.5)
    batch = [probe_result(objective.port, slot, Outcome.HTTP_ERROR) for slot in slots(4)]
    assert record(batch) == 4
    before = (list(RollUp.objects.values()), AuditEvent.objects.count())

    assert record(batch) == 0

    assert Measurement.objects.count() == 4
    assert (list(RollUp.objects.values()), AuditEvent.objects.count()) == before


def test_a_slot_that_is_twice_in_a_batch_is_written_once():
    port = make_port()

    assert record([probe_result(port, START), probe_result(port, START, Outcome.TIMEOUT)]) == 1
    assert Measurement.objects.get().outcome == Outcome.GOOD


def test_a_port_that_was_deleted_meanwhile_is_passed_over():
    port, other = make_port(), make_port()
    batch = [probe_result(port, START), probe_result(other, START)]
    port.delete()

    assert record(batch) == 1
    assert Measurement.objects.get().port == other


def test_the_counts_of_a_roll_up_are_the_measurements_of_its_hour():
    port = make_port()
    outcomes = (list(Outcome) * 9)[:81]

    record(
        [probe_result(port, slot, value) for slot, value in zip(slots(81), outcomes, strict=True)]
    )

    hours = RollUp.objects.order_by("start")
    assert [sum(hour.outcomes.values()) for hour in hours] == [60, 21]
    assert [sum(hour.latencies.values()) for hour in hours] == [
        hour.outcomes["good"] for hour in hours
    ]
    for hour in hours:
        stored = [slice_["outcomes"] for slice_ in hour.slices.values()]
        assert sum(sum(value.values()) for value in stored) == sum(hour.outcomes.values())


def test_the_window_forgets_what_lies_before_it():
    objective = make_objective(target=0.9, window="24h")
    port = objective.port
    record([probe_result(port, slot, Outcome.HTTP_ERROR) for slot in slots(200)])
    assert verdict_now(objective) == Verdict.BREACHED

    record([probe_result(port, slot) for slot in slots(30, start=START + timedelta(hours=28))])

    assert verdict_now(objective) == Verdict.MET
    assert objective.breaches.get().closed_at == START + timedelta(hours=28, minutes=29)


def test_a_window_counts_the_same_from_its_stored_base_as_from_scratch():
    objective = make_objective(target=0.9, window="7d")
    port = objective.port
    for hour in range(0, 60, 3):
        start = START + timedelta(hours=hour)
        record([probe_result(port, slot, Outcome.HTTP_ERROR) for slot in slots(2, start=start)])
        record([probe_result(port, slot) for slot in slots(5, start=start + 5 * MINUTE)])
    stored = standing_now(objective)
    ObjectiveStatus.objects.update(base_to=None)

    recounted = standing_now(objective)
    assert (recounted.good, recounted.total) == (stored.good, stored.total) == (100, 140)


def test_what_nobody_measures_any_more_is_no_data_and_its_breach_stays_open():
    objective = make_objective(target=0.9, window="1h")
    record([probe_result(objective.port, slot, Outcome.HTTP_ERROR) for slot in slots(7)])

    changed = mark_unmeasured(now=START + timedelta(hours=1))

    assert changed == {objective.port.product_id}
    assert verdict_now(objective) == Verdict.NO_DATA
    assert objective.breaches.open().count() == 1
    objective.port.product.refresh_from_db()
    assert objective.port.product.slo_verdict == CatalogVerdict.NO_DATA


def test_silence_is_detected_once_and_a_measured_port_is_not_silent():
    quiet, busy = make_objective(target=0.9), make_objective(target=0.9)
    record([probe_result(quiet.port, slot) for slot in slots(5)])
    record(
        [probe_result(busy.port, slot) for slot in slots(5, start=START + timedelta(minutes=50))]
    )

    assert mark_unmeasured(now=START + timedelta(hours=1)) == {quiet.port.product_id}
    assert mark_unmeasured(now=START + timedelta(hours=1)) == set()


def test_a_breach_and_its_end_are_in_the_audit_events_of_the_product():
    objective = make_objective(target=0.9, window="1h")
    port = objective.port
    record([probe_result(port, slot, Outcome.HTTP_ERROR) for slot in slots(10)])
    record([probe_result(port, slot) for slot in slots(70, start=START + 10 * MINUTE)])

    events = AuditEvent.objects.about("product", str(port.product.uuid))
    verbs = [event.verb for event in events if event.actor_id == "worker:slo"]
    assert verbs[::-1] == [
        "objective missed",
        "verdict turned",
        "objective met again",
        "verdict turned",
    ]


def test_a_breach_outlives_its_objective():
    objective = make_objective(target=0.9, window="1h")
    product = objective.port.product
    record([probe_result(objective.port, slot, Outcome.HTTP_ERROR) for slot in slots(7)])

    declare_objectives(product)

    breach = Breach.objects.of_product(product).get()
    assert (breach.objective, breach.description) == (None, "90\u202f% available over 1 h")


def test_the_last_good_moment_of_a_port_is_stamped_and_never_moves_back():
    port = make_port()
    record([probe_result(port, START + 5 * MINUTE)])
    record([probe_result(port, START + 6 * MINUTE, Outcome.TIMEOUT)])
    record([probe_result(port, START)])

    port.refresh_from_db()
    assert port.last_good_at == START + 5 * MINUTE
    assert (port.last_probed_at, port.last_outcome) == (START + 6 * MINUTE, "timeout")


def test_the_words_of_a_verdict_are_those_of_the_catalog():
    assert set(Verdict) == set(CatalogVerdict.values)


def test_a_breach_after_a_silence_begins_when_it_is_seen():
    objective = make_objective(target=0.9, window="1h")
    port = objective.port
    record([probe_result(port, slot) for slot in slots(4)])
    record([probe_result(port, START + 4 * MINUTE, Outcome.TIMEOUT)])
    mark_unmeasured(now=START + timedelta(hours=1))

    later = slots(7, start=START + timedelta(hours=2))
    record([probe_result(port, slot, Outcome.TIMEOUT) for slot in later])

    assert objective.breaches.get().opened_at == later[-1]
