"""How complete a record is for analysts, model builders and auditors."""

from catalog.provenance.completeness import completeness
from catalog.provenance.projection import DeclaredAnswer
from catalog.provenance.question_types import Audience
from catalog.provenance.questions import CURRENT_SET, SET_2026_1


def _answers(state, codes=CURRENT_SET.codes):
    return [DeclaredAnswer(question=code, state=state, text="x", reason="x") for code in codes]


def test_a_record_without_answers_is_open_for_everyone():
    for row in completeness(CURRENT_SET, []):
        assert row.done == 0
        assert row.open
        assert len(row.open) == row.total


def test_an_unknown_is_not_answered():
    for row in completeness(CURRENT_SET, _answers("unknown")):
        assert row.done == 0
        assert not row.is_complete
        assert len(row.unknown) == row.total
        assert row.missing == row.unknown


def test_what_does_not_apply_counts_as_done():
    for row in completeness(CURRENT_SET, _answers("not_applicable")):
        assert row.is_complete
        assert row.done == row.total


def test_each_audience_counts_what_it_needs():
    answers = _answers("answered", ["annotation_platform", "legal_basis", "errata"])

    answered = {row.audience: row.answered for row in completeness(CURRENT_SET, answers)}

    assert answered == {
        Audience.ANALYST: ("errata",),
        Audience.MODEL_BUILDER: ("annotation_platform",),
        Audience.AUDITOR: ("legal_basis",),
    }


def test_the_older_set_is_judged_by_its_own_questions():
    for row in completeness(SET_2026_1, _answers("answered")):
        assert row.is_complete
        assert row.total == 7
