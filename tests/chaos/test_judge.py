"""The storm's judge can find fault: each kind of wrong in a ledger is named, and nothing else."""

import pytest

from benchmarks.chaos.history import (
    GONE,
    Fault,
    Ledger,
    Outcome,
    Reading,
    State,
    Thing,
    Write,
    edited,
    seeded,
)
from benchmarks.chaos.names import word
from benchmarks.chaos.verdict import judge, tally, unfound

FIRST = State(edition=1, name="Orders", text="First.", status="external", visibility="public")
SECOND = edited(FIRST, text="Second.")
HIDDEN = edited(FIRST, visibility="restricted")


def ledger_of(*things: Thing) -> Ledger:
    ledger = Ledger()
    for thing in things:
        ledger.add(thing)
    return ledger


def orders(*writes: Write) -> Thing:
    thing = seeded(Thing("orders"), FIRST)
    thing.writes += writes
    return thing


def written(after: State, *, asked: float = 10, kind: str = "edit") -> Write:
    """Return a write that was acknowledged a second after it was asked."""
    write = Write(kind=kind, asked=asked, after=after)
    write.settle(Outcome.ACKNOWLEDGED, at=asked + 1, is_applied=True)
    return write


def unanswered(after: State, *, asked: float = 10, is_applied: bool | None = None) -> Write:
    write = Write(kind="edit", asked=asked, after=after)
    if is_applied is not None:
        write.settle(Outcome.UNKNOWN, at=asked + 5, is_applied=is_applied)
    return write


def read(begin: float, end: float, *, reader: str = "signed-out", **seen) -> Reading:
    seen = {"status": 200, "shown": ("orders",)} | seen
    return Reading(reader=reader, surface="search", begin=begin, end=end, **seen)


def verdict_of(thing: Thing, stands: State, *readings: Reading):
    ledger = ledger_of(thing)
    for reading in readings:
        ledger.note_reading(reading)
    return judge(ledger, {"product": {"orders": stands} if stands.is_there else {}, "domain": {}})


def test_what_stands_as_it_was_acknowledged_is_sound():
    verdict = verdict_of(orders(written(SECOND)), SECOND, read(12, 13))

    assert verdict.is_compatible


def test_a_lost_write_is_named():
    verdict = verdict_of(orders(written(SECOND)), FIRST)

    assert verdict.counts() | {"lost": 1} == verdict.counts()
    assert "after edit" in verdict.lost[0]
    assert "Second." in verdict.lost[0]
    assert not verdict.is_compatible


def test_a_write_that_was_done_twice_is_lost_too():
    assert len(verdict_of(orders(written(SECOND)), edited(SECOND)).lost) == 1


def test_a_product_that_is_gone_unasked_is_lost():
    assert len(verdict_of(orders(written(SECOND)), GONE).lost) == 1


def test_a_deleted_product_that_stands_is_resurrected():
    verdict = verdict_of(orders(written(GONE, kind="delete")), FIRST)

    assert (len(verdict.resurrected), len(verdict.lost)) == (1, 0)


def test_what_stands_and_nobody_asked_for_is_resurrected():
    verdict = judge(ledger_of(), {"product": {"orders": FIRST}, "domain": {}})

    assert verdict.resurrected == ["product orders stands, and nobody asked for it"]


@pytest.mark.parametrize("stands", [FIRST, SECOND])
def test_without_an_answer_both_outcomes_are_allowed(stands):
    assert verdict_of(orders(unanswered(SECOND)), stands).is_compatible


def test_without_an_answer_a_third_outcome_is_not_allowed():
    assert len(verdict_of(orders(unanswered(SECOND)), GONE).lost) == 1


@pytest.mark.parametrize(("is_applied", "stands"), [(True, FIRST), (False, SECOND)])
def test_once_read_again_only_what_was_read_is_allowed(is_applied, stands):
    thing = orders(unanswered(SECOND, is_applied=is_applied))

    assert len(verdict_of(thing, stands).lost) == 1


@pytest.mark.parametrize("after", [HIDDEN, GONE, edited(FIRST, status="draft")])
def test_what_was_hidden_before_the_reading_began_is_wrongly_readable(after):
    thing = orders(written(after, kind="hide"))

    verdict = verdict_of(thing, after, read(11.5, 12))

    assert verdict.wrongly_readable == [
        "search as signed-out: orders, 0.50 s after hide was acknowledged"
    ]
    assert len(verdict_of(thing, after, read(11.5, 12, shown=(), hinted=("orders",))).hinted) == 1


@pytest.mark.parametrize(("begin", "end"), [(8, 9), (8, 12), (10.5, 12)])
def test_what_was_hidden_only_while_the_reading_went_on_may_be_shown(begin, end):
    assert verdict_of(orders(written(HIDDEN)), HIDDEN, read(begin, end)).is_compatible


def test_what_is_asked_to_be_shown_again_may_be_shown():
    shown = edited(HIDDEN, visibility="public")
    thing = orders(written(HIDDEN), written(shown, asked=20))

    assert not verdict_of(thing, shown, read(18, 19)).is_compatible
    assert verdict_of(thing, shown, read(18, 20.5)).is_compatible


def test_a_member_reads_what_is_for_members_and_the_signed_out_do_not():
    state = edited(FIRST, visibility="members")
    thing = orders(written(state))

    assert verdict_of(thing, state, read(12, 13, reader="member")).is_compatible
    assert len(verdict_of(thing, state, read(12, 13)).wrongly_readable) == 1


def test_a_thing_that_nobody_wrote_may_not_be_shown():
    assert len(verdict_of(orders(), FIRST, read(1, 2, shown=("else",))).wrongly_readable) == 1


@pytest.mark.parametrize(("status", "failures"), [(500, 1), (403, 1), (503, 0), (429, 0), (0, 0)])
def test_a_reader_may_be_told_to_come_back_but_no_answer_may_be_a_failure(status, failures):
    verdict = verdict_of(orders(), FIRST, read(1, 2, status=status, shown=()))

    assert len(verdict.failed) == failures


def test_a_refused_write_is_a_failure():
    write = Write(kind="edit", asked=10, after=SECOND, status=412)
    write.settle(Outcome.REFUSED, at=11, is_applied=False)

    assert verdict_of(orders(write), FIRST).failed == ["edit of product orders: status 412"]


def test_what_a_last_search_lacks_or_shows_too_much_is_named():
    ledger = ledger_of(orders(written(HIDDEN)), seeded(Thing("parcels"), FIRST))

    lines = unfound(ledger, {"owner": frozenset({"orders"}), "signed-out": frozenset({"orders"})})

    assert lines == [
        "orders is found by signed-out, who may not know of it",
        "parcels is not found by owner",
        "parcels is not found by signed-out",
    ]


def test_the_figures_count_what_was_asked_and_leave_out_what_stood_before():
    ledger = ledger_of(orders(written(SECOND), unanswered(HIDDEN, asked=20, is_applied=False)))
    ledger.note_fault(Fault("broker", 15))
    ledger.note_reading(read(1, 2, status=0, shown=()))

    assert tally(ledger) == {
        "writes": {"edit": {"acknowledged": 1, "unknown": 1, "found not applied": 1}},
        "acknowledged": 1,
        "unknown": 1,
        "faults": {"broker": 1},
        "reads": {"search, signed-out": {"no answer": 1}},
    }


def test_no_two_products_share_a_word():
    words = [word(client, number) for client in range(8) for number in range(4990)]

    assert len(set(words)) == len(words)
    assert {len(each) for each in words} == {9}
