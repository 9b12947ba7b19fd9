"""Small words on the SLO pages."""

import pytest

from governance.web.slo.labels import format_seconds, outcome_label, outcome_verdict


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (15, "15 s"), (60, "1 min"), (90, "90 s"), (300, "5 min"), (3600, "1 h")],
)
def test_an_interval_is_said_as_people_say_it(seconds, words):
    assert format_seconds(seconds) == words


@pytest.mark.parametrize(
    ("outcome", "word", "verdict"),
    [
        ("good", "good", "met"),
        ("timeout", "timeout", "breached"),
        ("", "", "no_data"),
        ("of another time", "of another time", "breached"),
    ],
)
def test_an_outcome_has_a_word_and_a_shape(outcome, word, verdict):
    assert str(outcome_label(outcome)) == word
    assert outcome_verdict(outcome) == verdict
