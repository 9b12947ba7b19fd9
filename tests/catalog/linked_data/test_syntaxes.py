"""Which format a request gets: suffixes, names, and Accept with qualities as RFC 9110 has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.manifests.linked_data.period import period_of
from catalog.manifests.linked_data.syntaxes import RDF, TURTLE, preferred_type, syntax_named

OFFERED = ("text/html", "application/json", "text/turtle", "application/ld+json")
RDFLIB = "application/n-triples;q=0.9, application/ld+json, text/turtle;q=0.95, */*;q=0.1"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        (BROWSER, "text/html"),
        ("text/turtle", "text/turtle"),
        ("TEXT/Turtle ; Q=0.5", "text/turtle"),
        ("text/turtle;charset=utf-8", "text/turtle"),
        ("text/turtle;q=0.8, application/ld+json;q=0.9", "application/ld+json"),
        ("text/turtle;q=0.8, application/json;q=0.7, */*;q=0.1", "text/turtle"),
        (RDFLIB, "application/ld+json"),
        ("text/*", "text/html"),
        ("text/html;q=0, text/*", "text/turtle"),
        ("text/turtle;q=0, text/turtle;q=0, application/*", "application/json"),
        ("*/*;q=0", None),
        ("image/png", None),
        ("text/turtle;q=0", None),
        ("text/turtle;q=nan", "text/turtle"),
        ("text/turtle;q=-1", "text/turtle"),
        ("text/turtle;q=1e9, text/html;q=0.9", "text/turtle"),
        ("text/turtle;q=0.0", None),
        ("*/turtle", "text/html"),
        (";;;,,,", "text/html"),
        ("text/turtle" + ";x=y" * 5000, "text/turtle"),
        ("," * 100_000 + "text/turtle", "text/html"),
    ],
)
def test_the_best_format_that_is_acceptable_is_chosen(accept, media_type):
    assert preferred_type(accept, OFFERED) == media_type


@given(st.text(alphabet='text/urle;q=0.9*, \x00ü"\\', max_size=60))
def test_every_header_has_an_answer(accept):
    assert preferred_type(accept, OFFERED) in (None, *OFFERED)


@pytest.mark.parametrize("name", ["ttl", "turtle", "TURTLE"])
def test_a_format_has_a_name_and_a_suffix(name):
    assert syntax_named(name, RDF) is TURTLE
    assert syntax_named("n3", RDF) is None


@pytest.mark.parametrize(
    ("answer", "interval", "days"),
    [
        ("2019 to 2024, hourly", "2019/2024", ("2019-01-01", "2024-12-31")),
        ("From 2019-03 until 2024-02.", "2019-03/2024-02", ("2019-03-01", "2024-02-29")),
        ("2020-01-05–2020-01-31", "2020-01-05/2020-01-31", ("2020-01-05", "2020-01-31")),
        ("Since 2021-03, daily", "2021-03/..", ("2021-03-01", "None")),
    ],
)
def test_a_period_is_read_where_a_text_states_it_plainly(answer, interval, days):
    period = period_of(answer)

    assert period is not None
    assert period.interval == interval
    assert (str(period.first_day), str(period.last_day)) == days


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "The last 90 days",
        "2019",
        "2019 to 2021 and 2023 to 2024",
        "2024 to 2019",
        "2019-13 to 2020-01",
        "since 0000",
        "10.2019 to 2020.5",
    ],
)
def test_no_period_is_guessed(answer):
    assert period_of(answer) is None
