"""Generated typos follow the rules, and are the same for the same seed."""

import pytest

from benchmarks.relevance.fuzz_queries import fuzz_queries
from benchmarks.relevance.typo_generator import KINDS, MIN_LENGTH, TWO_EDITS, make_typos
from catalog.search.spelling import distance, normalize_name

NAMES = {
    "1": "Parcels on their way through Zurich",
    "2": "Parcels lost in Geneva",
    "3": "Temperature observations of mountain stations",
    "4": "Temperature observations of mountain stations",
    "5": "AIS 2024",
    "6": "Ünïcode ßtraße",
}


def test_the_same_seed_gives_the_same_queries_and_another_one_others():
    assert make_typos(NAMES, count=40, seed=1) == make_typos(NAMES, count=40, seed=1)
    assert make_typos(NAMES, count=40, seed=1) != make_typos(NAMES, count=40, seed=2)


def test_every_kind_of_typo_has_its_share():
    cases = make_typos(NAMES, count=50, seed=1)

    assert {kind: sum(query.kind == kind for query in cases) for kind in KINDS} == dict.fromkeys(
        KINDS, 10
    )


@pytest.mark.parametrize("seed", range(20))
def test_one_word_is_wrong_by_the_edits_of_its_kind(seed: int):
    for query in make_typos(NAMES, count=50, seed=seed):
        pairs = zip(query.intended.split(), query.typed.split(), strict=True)
        wrong = [
            (intended, misspelling) for intended, misspelling in pairs if intended != misspelling
        ]

        assert len(wrong) == 1
        intended, misspelling = wrong[0]
        assert distance(intended, misspelling, 3) == (2 if query.kind == TWO_EDITS else 1)
        assert len(intended) >= MIN_LENGTH[query.kind]
        assert intended.isascii()


def test_the_targets_are_all_products_of_that_name():
    for query in make_typos(NAMES, count=60, seed=3):
        words = set(query.intended.split())
        matches = {key for key, name in NAMES.items() if words <= set(normalize_name(name).split())}

        assert set(query.targets) == matches


def test_names_without_an_eligible_word_give_no_typos():
    assert make_typos({"5": NAMES["5"]}, count=10, seed=1) == []


def test_fuzz_queries_are_the_same_for_the_same_seed():
    first, second = (list(fuzz_queries(count=200, seed=7)) for _ in range(2))

    assert first == second
    assert len(first) == 200
