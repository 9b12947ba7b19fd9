"""The users' grammar: what is typed is understood, and nothing typed is ever an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search.filters import QueryWarning, parse_filters
from catalog.search.query import MAX_QUERY_LENGTH, parse_query
from catalog.search.query_ast import Clause, Occur, Or, Phrase, Term
from catalog.search.spelling import best_correction, distance, edits_allowed
from tests.search.requests import NOW, conditions_of

SCRAPS = st.sampled_from(
    ["(", ")", '"', "-", "+", "OR", "NOT", "AND", "|", "domain:", "is:certified", "quality:>=", "*",
     "min_share(sex)>=0.4", "max_gap(", "updated:<7d", "..", ":", "\x00", "\ud800", "é", "foo:bar"]
)  # fmt: skip


@given(st.lists(SCRAPS | st.text(max_size=8), max_size=40), st.sampled_from(["", " "]))
def test_any_text_is_read(scraps: list[str], glue: str):
    read = parse_query(glue.join(scraps), now=NOW)

    assert len(read.text) <= MAX_QUERY_LENGTH
    assert parse_query(read.text, now=NOW).filters == ()


# Up to Sinhala: a word is split where a script without spaces begins.
@given(st.text(st.characters(max_codepoint=0x0DFF), max_size=60))
def test_plain_words_stay_words(text: str):
    plain = " ".join(word for word in text.split() if word.isalpha() and word.islower())

    read = parse_query(plain, now=NOW)

    assert [c.node.text for c in read.expression if isinstance(c.node, Term)] == plain.split()
    assert (read.warnings, read.filters) == ((), ())


def test_filters_that_stand_alone_are_lifted_into_parameters():
    read = parse_query(
        'domain:sales is:certified quality:>=98 -sensitivity:restricted tag:"life sciences" churn',
        now=NOW,
    )

    assert read.filters == (
        ("domain", "sales"),
        ("is", "certified"),
        ("quality", ">=98"),
        ("-sensitivity", "restricted"),
        ("tag", '"life sciences"'),
    )
    assert read.text == "churn"


def test_a_filter_next_to_or_stays_with_the_words():
    read = parse_query("domain:sales OR tag:finance", now=NOW)

    assert read.filters == ()
    assert isinstance(read.expression[0].node, Or)


def test_quotes_plus_and_minus_demand():
    read = parse_query('"a phrase" +must -never any', now=NOW)

    assert read.expression == (
        Clause(Phrase("a phrase"), Occur.MUST),
        Clause(Term("must"), Occur.MUST),
        Clause(Term("never"), Occur.MUST_NOT),
        Clause(Term("any")),
    )


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("certfied:true", QueryWarning("unknown-field", "certfied", "certified")),
        ("is:certifed", QueryWarning("unknown-value", "is:certifed", "certified")),
        ("quality:high", QueryWarning("unknown-value", "quality:high", ">=98")),
        ("updated:7 x", QueryWarning("unknown-value", "updated:7", "<7d")),
        ("foo:bar", QueryWarning("unknown-field", "foo", "")),
    ],
)
def test_an_unknown_filter_comes_back_with_a_suggestion(text: str, warning: QueryWarning):
    assert parse_query(text, now=NOW).warnings == (warning,)


def test_an_address_is_searched_whole_without_a_warning():
    read = parse_query("https://example.org/x", now=NOW)

    assert read.warnings == ()
    assert read.expression[0].node == Phrase("https://example.org/x")


def test_values_of_one_field_join_and_number_ranges_combine():
    sales, quality, low = conditions_of(
        ("domain", "sales"), ("domain", "Finance"), ("quality", ">=90"), ("quality", "<99")
    )

    assert sales.values == ("sales", "finance")
    assert (quality.min, low.max) == (0.9, 0.99)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_symmetric_and_zero_only_for_equals(one: str, other: str):
    assert distance(one, other, 6) == distance(other, one, 6)
    assert (distance(one, other, 6) == 0) == (one == other)


@given(st.text("abcdef", min_size=4, max_size=12), st.integers(0, 10))
def test_a_transposition_is_one_edit(word: str, at: int):
    at %= len(word) - 1
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    assert distance(word, swapped, 2) <= 1


def test_short_and_numbered_words_are_never_corrected():
    assert [edits_allowed(word) for word in ("cat", "cats", "customer", "2026", "l2a")] == [
        0, 1, 2, 0, 0,
    ]  # fmt: skip
    assert best_correction("cutsomer", [("customer", 3), ("costumer", 9)]) == "customer"


def filters_of(text: str) -> tuple[tuple[str, str], ...]:
    return parse_query(text, now=NOW).filters


@pytest.mark.parametrize(
    ("entered", "name", "low", "high"),
    [
        ("min_share(sex)>=0.4", "min_share(sex)", 0.4, None),
        ("min_share(sex) >= 0.4", "min_share(sex)", 0.4, None),
        ("min_share(sex)>=40%", "min_share(sex)", 0.4, None),
        ("min_share(sex)>=40 %", "min_share(sex)", 0.4, None),
        ("min_share(sex):>=40 %", "min_share(sex)", 0.4, None),
        ("min_share(sex)>=40", "min_share(sex)", 0.4, None),
        ("min_share(sex)≥0.4", "min_share(sex)", 0.4, None),
        ("min_share(sex)=>0.4", "min_share(sex)", 0.4, None),
        ("max_gap(sex)<=+0.1", "max_gap(sex)", None, 0.1),
        ('max_gap("age band")<0.1', "max_gap(age_band)", None, 0.1),
        ("max_gap(Age-Band)<10%", "max_gap(age_band)", None, 0.1),
        ("-min_share(sex)>=0.4", "-min_share(sex)", 0.4, None),
        ("NOT min_share(sex)>=0.4", "-min_share(sex)", 0.4, None),
    ],
)
def test_a_share_is_read_however_it_is_written(
    entered: str, name: str, low: float | None, high: float | None
):
    (pair,) = filters_of(f"orders {entered} returns")
    (read,), warnings = parse_filters([pair], now=NOW)

    assert (read.parameter, read.min, read.max) == (name, low, high)
    assert not warnings


@pytest.mark.parametrize(
    ("entered", "code", "offer"),
    [
        ("min_shre(sex)>=0.4", "unknown-field", "min_share(sex)"),
        ("max_gab(sex) < 0.1", "unknown-field", "max_gap(sex)"),
        ("bais:measured", "unknown-field", "bias"),
        ("bias:messured", "unknown-value", "measured"),
        ("bias:not_asessed", "unknown-value", "not-assessed"),
        ("min_share(sex)>=-0.1", "unknown-value", ">=0.4"),
        ("min_share(sex)>=400%", "unknown-value", ">=0.4"),
        ("max_gap(sex)<much", "unknown-value", ">=0.4"),
    ],
)
def test_a_mistyped_bias_filter_is_a_warning_with_an_offer(entered: str, code: str, offer: str):
    (warning,) = parse_query(entered, now=NOW).warnings

    assert (warning.code, warning.offer) == (code, offer)


def test_a_comparison_of_other_words_is_text():
    parsed = parse_query("revenue = 5 and count(x) >= domain:sales", now=NOW)

    assert parsed.filters == (("domain", "sales"),)
    assert not parsed.warnings
