"""One vocabulary: no identifier, test name or page text uses a word that was retired."""

import ast

from tests.architecture.vocabulary import (
    allowed_uses,
    identifiers,
    replacement,
    retired_words_in,
    shown_text,
    uses,
)


def test_no_more_files_use_a_retired_word():
    new = uses() - allowed_uses()

    assert [f"{path} uses {word}: {replacement(word)}?" for word, path in sorted(new)] == []


def test_every_allowed_use_is_still_needed():
    obsolete = allowed_uses() - uses()

    assert sorted(obsolete) == [], "Run: python -m tests.architecture.vocabulary"


def test_words_are_found_in_identifiers_of_every_case():
    assert list(retired_words_in("WayOut")) == ["way_out"]
    assert list(retired_words_in("_WAY_OUT_OF")) == ["way_out"]
    assert list(retired_words_in("_held")) == ["held"]
    assert list(retired_words_in("threshold")) == []


def test_names_of_other_projects_are_not_ours():
    module = ast.parse("from hypothesis import given\n@given(1)\ndef test_a(held): pass")

    assert list(identifiers(module)) == ["test_a", "held"]


def test_the_text_of_a_template_is_what_a_reader_sees():
    template = '<p class="told" title="Shown">{{ held }} {% translate "Read" %} text</p>'

    assert shown_text(template).split() == ["Read", "Shown", "text"]
