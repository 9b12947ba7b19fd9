"""The verdict on a chaos run names each kind of problem in its history, and nothing else."""

import pytest

from benchmarks.chaos.history import (
    ABSENT,
    Entity,
    Fault,
    History,
    Outcome,
    Reading,
    State,
    Write,
    next_edition,
    with_seed,
)
from benchmarks.chaos.names import unique_word
from benchmarks.chaos.verdict import Report, check_history, count_figures, find_wrong_results

FIRST = State(edition=1, name="Orders", text="First.", status="external", visibility="public")
SECOND = next_edition(FIRST, text="Second.")
HIDDEN = next_edition(FIRST, visibility="restricted")


def history_of(*entities: Entity) -> History:
    history = History()
    for entity in entities:
        history.add(entity)
    return history


def orders(*writes: Write) -> Entity:
    entity = with_seed(Entity("orders"), FIRST)
    entity.writes += writes
    return entity


def acknowledged_write(after: State, *, requested_at: float = 10, action: str = "edit") -> Write:
    """Return a write that was acknowledged a second after it was requested."""
    write = Write(action=action, requested_at=requested_at, after=after)
    write.settle(Outcome.ACKNOWLEDGED, at=requested_at + 1, is_applied=True)
    return write


def unknown_write(
    after: State, *, requested_at: float = 10, is_applied: bool | None = None
) -> Write:
    write = Write(action="edit", requested_at=requested_at, after=after)
    if is_applied is not None:
        write.settle(Outcome.UNKNOWN, at=requested_at + 5, is_applied=is_applied)
    return write


def read(begin: float, end: float, *, reader: str = "signed-out", **fields) -> Reading:
    fields = {"status": 200, "shown_keys": ("orders",)} | fields
    return Reading(reader=reader, surface="search", begin=begin, end=end, **fields)


def report_on(entity: Entity, current: State, *readings: Reading) -> Report:
    history = history_of(entity)
    for reading in readings:
        history.add_reading(reading)
    products = {"orders": current} if current.is_there else {}
    return check_history(history, {"product": products, "domain": {}})


def test_an_acknowledged_state_is_no_problem():
    report = report_on(orders(acknowledged_write(SECOND)), SECOND, read(12, 13))

    assert report.is_ok


def test_a_lost_write_is_reported():
    report = report_on(orders(acknowledged_write(SECOND)), FIRST)

    assert report.counts() | {"lost_writes": 1} == report.counts()
    assert "after edit" in report.lost_writes[0]
    assert "Second." in report.lost_writes[0]
    assert not report.is_ok


def test_a_write_that_was_applied_twice_counts_as_lost():
    assert len(report_on(orders(acknowledged_write(SECOND)), next_edition(SECOND)).lost_writes) == 1


def test_a_product_that_disappeared_counts_as_lost():
    assert len(report_on(orders(acknowledged_write(SECOND)), ABSENT).lost_writes) == 1


def test_a_deleted_product_that_exists_is_resurrected():
    report = report_on(orders(acknowledged_write(ABSENT, action="delete")), FIRST)

    assert (len(report.resurrected), len(report.lost_writes)) == (1, 0)


def test_a_product_that_no_client_created_is_resurrected():
    report = check_history(history_of(), {"product": {"orders": FIRST}, "domain": {}})

    assert report.resurrected == ["product orders exists, and no client created it"]


@pytest.mark.parametrize("current", [FIRST, SECOND])
def test_both_outcomes_are_allowed_without_a_response(current):
    assert report_on(orders(unknown_write(SECOND)), current).is_ok


def test_a_third_outcome_is_not_allowed_without_a_response():
    assert len(report_on(orders(unknown_write(SECOND)), ABSENT).lost_writes) == 1


@pytest.mark.parametrize(("is_applied", "current"), [(True, FIRST), (False, SECOND)])
def test_only_the_outcome_that_was_read_again_is_allowed(is_applied, current):
    entity = orders(unknown_write(SECOND, is_applied=is_applied))

    assert len(report_on(entity, current).lost_writes) == 1


@pytest.mark.parametrize("after", [HIDDEN, ABSENT, next_edition(FIRST, status="draft")])
def test_showing_what_was_hidden_before_the_request_is_a_leak(after):
    entity = orders(acknowledged_write(after, action="hide"))

    report = report_on(entity, after, read(11.5, 12))

    assert report.leaked == ["search as signed-out: orders, 0.50 s after hide was acknowledged"]
    counting = read(11.5, 12, shown_keys=(), counted_keys=("orders",))
    assert len(report_on(entity, after, counting).leaked_by_count) == 1


@pytest.mark.parametrize(("begin", "end"), [(8, 9), (8, 12), (10.5, 12)])
def test_showing_what_was_hidden_during_the_request_is_allowed(begin, end):
    assert report_on(orders(acknowledged_write(HIDDEN)), HIDDEN, read(begin, end)).is_ok


def test_showing_what_is_being_made_public_again_is_allowed():
    shown_keys = next_edition(HIDDEN, visibility="public")
    entity = orders(acknowledged_write(HIDDEN), acknowledged_write(shown_keys, requested_at=20))

    assert not report_on(entity, shown_keys, read(18, 19)).is_ok
    assert report_on(entity, shown_keys, read(18, 20.5)).is_ok


def test_members_may_read_what_is_for_members_and_the_signed_out_may_not():
    state = next_edition(FIRST, visibility="members")
    entity = orders(acknowledged_write(state))

    assert report_on(entity, state, read(12, 13, reader="member")).is_ok
    assert len(report_on(entity, state, read(12, 13)).leaked) == 1


def test_showing_an_unknown_product_is_a_leak():
    assert len(report_on(orders(), FIRST, read(1, 2, shown_keys=("else",))).leaked) == 1


@pytest.mark.parametrize(("status", "failures"), [(500, 1), (403, 1), (503, 0), (429, 0), (0, 0)])
def test_a_reader_may_be_throttled_but_a_response_may_not_fail(status, failures):
    report = report_on(orders(), FIRST, read(1, 2, status=status, shown_keys=()))

    assert len(report.failed) == failures


def test_a_refused_write_is_a_failure():
    write = Write(action="edit", requested_at=10, after=SECOND, status=412)
    write.settle(Outcome.REFUSED, at=11, is_applied=False)

    assert report_on(orders(write), FIRST).failed == ["edit of product orders: status 412"]


def test_wrong_results_of_the_last_search_are_reported():
    history = history_of(orders(acknowledged_write(HIDDEN)), with_seed(Entity("parcels"), FIRST))

    lines = find_wrong_results(
        history, {"owner": frozenset({"orders"}), "signed-out": frozenset({"orders"})}
    )

    assert lines == [
        "orders is found by signed-out, who may not read it",
        "parcels is not found by owner",
        "parcels is not found by signed-out",
    ]


def test_the_figures_count_requests_and_leave_out_seeded_states():
    history = history_of(
        orders(acknowledged_write(SECOND), unknown_write(HIDDEN, requested_at=20, is_applied=False))
    )
    history.add_fault(Fault("broker", 15))
    history.add_reading(read(1, 2, status=0, shown_keys=()))

    assert count_figures(history) == {
        "writes": {"edit": {"acknowledged": 1, "unknown": 1, "not applied": 1}},
        "acknowledged": 1,
        "unknown": 1,
        "faults": {"broker": 1},
        "reads": {"search, signed-out": {"no answer": 1}},
    }


def test_words_are_unique():
    words = [unique_word(client, number) for client in range(8) for number in range(4990)]

    assert len(set(words)) == len(words)
    assert {len(one) for one in words} == {9}
