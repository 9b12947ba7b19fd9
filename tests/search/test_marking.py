"""What the embedded engine marks: every form of a word, whatever letters stand around it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tantivy import Index

from catalog.search.backends.embedded import schema
from catalog.search.backends.embedded.marking import Marker, beginning_of
from catalog.search.backends.embedded.questions import Questions
from catalog.search.expression import Clause, Words

ROOTS = (
    "ab abil be bas cre d di en fl gen hop lo nat oper organ r sens sk st t terr trav us".split()
)
ENDINGS = """
 s es ed ing ies ied y ly ying yed ingly edly eed eedly le ble bly bli bility ability ibility ably
 ization izer ize ational ation ator ate alism ality ally al fulness fully ful ous ously ousness
 iveness ivity ive logy logi lessly less icate icity ical ness ative ency ence enci ancy ance ently
 ement ment ent tion sion ion ie ee e i ll
""".split()
TYPED = ("station", "café", "ocean", "day", "ability")
PIECES = ("stations", "Stationen", "STATION", "cafe", "CAFÉS", "Œcean", "oceanic", "océan", "days",
          "daily", "K", "İ", "ability", "able", "n1", " ", "-", "_", "\n", "–", "日")  # fmt: skip


@pytest.fixture(scope="module")
def questions() -> Questions:
    return Questions(_index())


def _index() -> Index:
    index = Index(schema.build_schema())
    schema.register(index)
    return index


def test_every_word_begins_as_its_stem_tells(questions: Questions):
    words = ["".join(parts) for parts in product(ROOTS, ENDINGS, ["", *ENDINGS])]

    stems = [(word, questions.stem(word)) for word in words]

    assert [word for word, stem in stems if not word.startswith(beginning_of(stem))] == []


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=4))
def test_marks_are_those_that_taking_every_text_apart_finds(texts: list[str]):
    index = _index()
    questions, words = Questions(index), tuple(Clause(Words(word)) for word in TYPED)
    stems = questions.stems_of(words)

    found = list(Marker(index.searcher(), questions, words).spans(texts))

    assert found == [
        [(start, end) for stem, start, end in questions.stemmed(text) if stem in stems]
        for text in texts
    ]
