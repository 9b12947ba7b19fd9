"""Which terms of the glossary stand among typed words."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from catalog.search.query import parse_query
from catalog.search.spelling import normalize_name
from catalog.search.synonyms import MAX_EXPANSIONS, Spellings, expand_synonyms

NOW = datetime(2026, 11, 26, tzinfo=UTC)
WORDS = st.sampled_from(["sea", "ice", "Sea-ice", "SST", "of", "é", "2020", ""])
SPELLING = st.lists(WORDS, max_size=3).map(" ".join)
GLOSSARY = st.lists(st.lists(SPELLING, min_size=1, max_size=3).map(tuple), max_size=8).map(tuple)


def searched_too(text: str, spellings: Spellings) -> list[tuple[str, tuple[str, ...]]]:
    _, expansions = expand_synonyms(parse_query(text, now=NOW).expression, spellings)
    return [(spelling.typed, spelling.others) for spelling in expansions]


def test_a_term_is_known_by_each_of_its_spellings():
    glossary = (("Sea surface temperature", "SST"), ("Sea ice", "pack ice"))

    assert searched_too("daily sst", glossary) == [("sst", ("Sea surface temperature",))]
    assert searched_too("pack ice drift", glossary) == [("pack ice", ("Sea ice",))]
    assert searched_too("sea drift", glossary) == []


@given(text=SPELLING, glossary=GLOSSARY)
def test_all_terms_are_looked_at_whatever_their_beginning(text, glossary):
    normalized = f" {' '.join(normalize_name(word) for word in text.split())} "
    expected = [
        names
        for names in (
            tuple(dict.fromkeys(normalize_name(spelling) for spelling in term)) for term in glossary
        )
        if len(names) > 1 and any(name and f" {name} " in normalized for name in names)
    ]

    expanded = searched_too(text, glossary)

    assert len(expanded) == min(len(expected), MAX_EXPANSIONS)
    assert all(
        normalized in names for (normalized, _), names in zip(expanded, expected, strict=False)
    )
