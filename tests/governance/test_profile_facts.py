"""Checks are proposed from what was true in every reading, with the evidence named."""

from dataclasses import replace
from functools import reduce

from governance.sandbox.profile_facts import (
    TableFacts,
    merge_profile,
    merge_reading,
    propose_checks,
)
from governance.sandbox.types import ColumnProfile, TableProfile


def column(name, rows, *, nulls=0, distinct=None, **fields):
    present = rows - nulls
    return ColumnProfile(
        name=name,
        physical_type="VARCHAR",
        logical_type=fields.pop("logical_type", "string"),
        n_values=present,
        null_share=nulls / rows,
        n_distinct=present if distinct is None else distinct,
        is_exact=True,
        **fields,
    )


def reading(rows=100, **changes):
    columns = {
        "customer_id": column("customer_id", rows),
        "state": column("state", rows, distinct=2, top_values=(("open", rows - 10), ("paid", 10))),
        "amount": column(
            "amount", rows, nulls=5, distinct=50, logical_type="number", min="0.5", max=str(rows)
        ),
        "stars": column("stars", rows, distinct=5, logical_type="integer", min="1", max="5"),
    }
    return TableProfile(name="orders", rows=rows, columns=tuple((columns | changes).values()))


def facts_of(*readings):
    return reduce(merge_reading, readings, None)


def proposals(*readings):
    return {
        (item.check.kind, *item.check.columns): item for item in propose_checks(facts_of(*readings))
    }


def test_what_was_true_in_every_reading_is_proposed_with_its_evidence():
    proposed = proposals(reading(100), reading(120), reading(110))

    assert set(proposed) == {
        ("missing", "customer_id"),
        ("duplicates", "customer_id"),
        ("missing", "state"),
        ("allowed_values", "state"),
        ("range", "amount"),
        ("missing", "stars"),
        ("range", "stars"),
    }
    unique = proposed["duplicates", "customer_id"]
    assert unique.reason == ("“customer_id” had no value twice in 3 readings of 100 to 120 rows.")
    assert proposed["allowed_values", "state"].check.allowed == ("open", "paid")
    stars, amount = proposed["range", "stars"].check, proposed["range", "amount"].check
    assert (stars.minimum, stars.maximum) == ("1", "5")
    assert (amount.minimum, amount.maximum) == ("0.5", None)


def test_bounds_that_move_propose_only_that_nothing_is_negative():
    low = column("amount", 100, distinct=9, logical_type="number", min="3", max="90")
    negative = replace(low, min="-1")

    proposed = proposals(reading(), reading(amount=low), reading())
    assert proposed["range", "amount"].check.minimum == "0"

    assert ("range", "amount") not in proposals(reading(), reading(amount=negative), reading())


def test_one_reading_against_it_ends_a_proposal_for_good():
    twice = column("customer_id", 100, nulls=1, distinct=98)

    proposed = proposals(reading(), reading(customer_id=twice), reading(), reading())

    assert not [kind for kind, name in proposed if name == "customer_id"]


def test_few_readings_or_rows_samples_and_estimates_propose_nothing():
    estimate = replace(column("customer_id", 100), is_exact=False)

    assert proposals(reading(), reading()) == {}
    assert proposals(*[reading(12)] * 5) == {}
    assert proposals(*[replace(reading(), is_sample=True)] * 5) == {}
    assert ("duplicates", "customer_id") not in proposals(*[reading(customer_id=estimate)] * 5)


def test_facts_are_kept_as_json_between_readings():
    facts = facts_of(reading(), reading())

    assert TableFacts.from_json(facts.as_json()) == facts
    assert len(list(propose_checks(merge_reading(facts, reading())))) == 7


def hidden():
    """Return a reading whose values may not be shown."""
    table = reading()
    return replace(table, columns=tuple(column.without_values() for column in table.columns))


def test_values_that_are_hidden_once_are_forgotten_and_need_new_evidence():
    facts = reduce(merge_profile, [[reading()]] * 4 + [[hidden()]], [])
    again = reduce(merge_profile, [[reading()]] * 3, facts)

    assert "paid" not in str(facts)
    assert not [item for item in propose_checks(facts[0]) if item.check.kind == "range"]
    counts = {item.check.kind: item.n_readings for item in propose_checks(again[0])}
    assert counts == {"missing": 8, "duplicates": 8, "allowed_values": 3, "range": 3}


def test_a_table_that_could_not_be_counted_keeps_its_counts_and_one_that_is_gone_does_not():
    unread = replace(reading(), rows=None, columns=())
    facts = reduce(merge_profile, [[reading()], [reading()], [unread], [reading()]], [])

    assert {item.n_readings for item in propose_checks(facts[0])} == {3}
    assert merge_profile(facts, [replace(reading(), name="others")])[0].columns[0].n_readings == 1


def test_a_column_of_another_type_begins_again():
    number = column("customer_id", 100, logical_type="integer")

    assert ("missing", "customer_id") not in proposals(
        reading(), reading(), reading(), reading(customer_id=number)
    )


def test_a_column_that_is_new_begins_with_no_evidence():
    new = column("new", 100)

    proposed = proposals(reading(), reading(), reading(new=new), reading(new=new))

    assert ("missing", "new") not in proposed
    assert ("missing", "state") in proposed
