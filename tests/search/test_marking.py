"""What is marked of hits: every form of a word, whatever letters stand around it."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from catalog.search.fields import SNIPPET_LENGTH
from catalog.search.highlighting import Highlighter, highlight_all, stem_prefix
from catalog.search.stemming import STEMMER

ROOTS = (
    "ab abil be bas cre d di en fl gen hop lo nat oper organ r sens sk st t terr trav us".split()
)
ENDINGS = """
 s es ed ing ies ied y ly ying yed ingly edly eed eedly le ble bly bli bility ability ibility ably
 ization izer ize ational ation ator ate alism ality ally al fulness fully ful ous ously ousness
 iveness ivity ive logy logi lessly less icate icity ical ness ative ency ence enci ancy ance ently
 ement ment ent tion sion ion ie ee e i ll
""".split()
WORDS = ("station", "café", "ocean", "day", "ability")
PIECES = ("stations", "Stationen", "STATION", "cafe", "CAFÉS", "Œcean", "oceanic", "océan", "days",
          "daily", "K", "İ", "ability", "able", "n1", " ", "-", "_", "\n", "–", "日")  # fmt: skip


def test_every_word_begins_as_its_stem_tells():
    words = ["".join(parts) for parts in product(ROOTS, ENDINGS, ["", *ENDINGS])]

    stems = [(word, STEMMER.stem(word)) for word in words]

    assert [word for word, stem in stems if not word.startswith(stem_prefix(stem))] == []


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=4))
def test_marks_are_those_that_taking_every_text_apart_finds(texts: list[str]):
    stems = {stem for word in WORDS for stem, _, _ in STEMMER.stemmed(word)}

    spans = list(Highlighter(STEMMER, WORDS).spans(texts))

    assert spans == [
        [(start, end, stem) for stem, start, end in STEMMER.stemmed(text) if stem in stems]
        for text in texts
    ]


def test_of_a_long_text_the_part_is_shown_that_holds_the_most_words():
    around = "So much is said of other things. " * 20
    summary = f"{around}Ocean. {around}An ocean, and a station beside oceans. {around}"

    snippet = snippet_of(summary)

    assert "An <mark>ocean</mark>, and a <mark>station</mark> beside" in snippet
    assert "Ocean" not in snippet
    plain = snippet.replace("<mark>", "").replace("</mark>", "")
    assert plain in summary
    assert SNIPPET_LENGTH // 2 < len(plain) <= SNIPPET_LENGTH


@given(st.lists(st.sampled_from(["ocean", "stations", "x" * 50, "of", "é", "&"]), max_size=80))
def test_a_snippet_is_a_part_of_the_text_at_whole_words(words: list[str]):
    snippet = snippet_of(" ".join(words)).replace("<mark>", "").replace("</mark>", "")

    plain = snippet.replace("&amp;", "&")
    assert len(plain) <= SNIPPET_LENGTH
    assert f" {plain} " in f" {' '.join(words)} " or not {"ocean", "stations"} & set(words)


def snippet_of(summary: str) -> str:
    """What a hit for ocean and station shows of its summary."""
    [(highlights, _)] = highlight_all(
        Highlighter(STEMMER, ["ocean station"]), [{"summary": summary}]
    )
    return highlights.get("summary", "")
