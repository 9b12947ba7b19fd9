"""Texts of templates: variables are escaped, a language is not answered in another's words."""

import pytest
from django.utils import translation

from catalog.web.components.badges import verdict_style
from catalog.web.components.humanize import duration, percent
from catalog.web.components.translation import cached_per_language, translate


def test_variables_of_a_text_are_escaped_and_may_have_any_name():
    assert translate("Did you mean %(text)s?", text="<b>") == "Did you mean &lt;b&gt;?"


def test_two_percent_signs_are_one():
    assert translate("at least 40 %%") == "at least 40 %"


def test_a_cached_text_is_of_the_language_in_force():
    requested = []

    @cached_per_language
    def label(name: str) -> str:
        requested.append(translation.get_language())
        return name

    for language in ("en", "de", "en"):
        with translation.override(language):
            label("met")

    assert requested == ["en", "de"]


@pytest.mark.parametrize(("verdict", "label"), [("met", "met"), ("nonsense", "not known")])
def test_a_verdict_has_a_label(verdict, label):
    assert verdict_style(verdict).label == label


@pytest.mark.parametrize(
    ("share", "text"), [(1, "100"), (0.99999, "99.999"), (0.9999996, "99.99996"), (0.5, "50")]
)
def test_less_than_the_whole_is_not_rounded_up_to_all_of_it(share, text):
    assert percent(share, 2) == f"{text}\u202f%"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "250\u202fms"),
        (90, "90\u202fs"),
        (3600, "60\u202fmin"),
        (7200, "2\u202fh"),
        (864_000, "10 days"),
    ],
)
def test_a_duration_is_in_the_unit_that_fits(seconds, text):
    assert duration(seconds) == text
