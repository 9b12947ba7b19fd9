"""The mistyped queries that spelling is measured on: made by rule, the same for the same seed."""

import pytest

from catalog.search.oddities import odd_queries
from catalog.search.spelling import distance, normalize_name
from catalog.search.typos import KINDS, SHORTEST, TWO_EDITS, mistyped

NAMES = {
    "1": "Parcels on their way through Zurich",
    "2": "Parcels lost in Geneva",
    "3": "Temperature observations of mountain stations",
    "4": "Temperature observations of mountain stations",
    "5": "AIS 2024",
    "6": "Ünïcode ßtraße",
}


def test_the_same_seed_gives_the_same_queries_and_another_one_others():
    assert mistyped(NAMES, count=40, seed=1) == mistyped(NAMES, count=40, seed=1)
    assert mistyped(NAMES, count=40, seed=1) != mistyped(NAMES, count=40, seed=2)


def test_every_kind_has_its_share():
    made = mistyped(NAMES, count=50, seed=1)

    assert {kind: sum(query.kind == kind for query in made) for kind in KINDS} == dict.fromkeys(
        KINDS, 10
    )


@pytest.mark.parametrize("seed", range(20))
def test_one_word_is_wrong_by_as_many_edits_as_the_kind_says(seed: int):
    for query in mistyped(NAMES, count=50, seed=seed):
        pairs = zip(query.meant.split(), query.typed.split(), strict=True)
        wrong = [(meant, typed) for meant, typed in pairs if meant != typed]

        assert len(wrong) == 1
        meant, typed = wrong[0]
        assert distance(meant, typed, 3) == (2 if query.kind == TWO_EDITS else 1)
        assert len(meant) >= SHORTEST[query.kind]
        assert meant.isascii()


def test_a_query_means_all_things_of_that_name_and_no_other():
    for query in mistyped(NAMES, count=60, seed=3):
        words = set(query.meant.split())
        holders = {key for key, name in NAMES.items() if words <= set(normalize_name(name).split())}

        assert set(query.targets) == holders


def test_names_without_a_word_to_mistype_give_none():
    assert mistyped({"5": NAMES["5"]}, count=10, seed=1) == []


def test_odd_queries_are_the_same_for_the_same_seed():
    first, second = (list(odd_queries(count=200, seed=7)) for _ in range(2))

    assert first == second
    assert len(first) == 200
