"""The sets of provenance questions, and what other formats call them."""

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from catalog.provenance.answers import (
    RAI_ALIASES,
    RAI_QUESTIONS,
    answer_texts,
    answers_from_rai,
    rai_losses,
    rai_values,
)
from catalog.provenance.projection import DeclaredAnswer
from catalog.provenance.question_types import TOPICS, AnswerType, Audience
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS, SET_2026_1, new_questions

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"


def test_each_set_keeps_all_questions_of_the_one_before():
    for earlier, later in pairwise(QUESTION_SETS.values()):
        assert set(earlier.codes) < set(later.codes)
        assert set(earlier.required_codes) <= set(later.codes)


def test_the_new_set_requires_no_more_than_the_old_one():
    assert CURRENT_SET.required_codes == SET_2026_1.codes


def test_new_questions_are_those_that_the_older_set_does_not_ask():
    codes = {question.code for question in new_questions(SET_2026_1.version)}

    assert codes == set(CURRENT_SET.codes) - set(SET_2026_1.codes)
    assert new_questions(CURRENT_SET.version) == ()


def test_each_question_has_a_topic_an_audience_and_a_hint():
    topics = {topic.code for topic in TOPICS}
    for question in CURRENT_SET.questions:
        assert question.topic in topics
        assert question.audiences
        assert question.text.endswith("?")
        assert question.hint.endswith(".")
        assert bool(question.choices) == (question.answer_type is AnswerType.CHOICES)
    assert len(set(CURRENT_SET.codes)) == len(CURRENT_SET.codes)
    listed = [question for _topic, questions in CURRENT_SET.by_topic() for question in questions]
    assert len(listed) == len(CURRENT_SET.codes)


def test_each_audience_needs_every_required_question():
    for question in CURRENT_SET.questions:
        if question.is_required:
            assert set(question.audiences) == set(Audience)


def test_every_property_of_croissant_rai_belongs_to_one_question():
    vocabulary = SAMPLES / "croissant" / "vocab" / "croissant_rai.ttl"
    if not vocabulary.exists():
        pytest.skip("../shared/samples has the vocabulary of Croissant RAI")
    properties = set(re.findall(r"^rai:(\w+) a rdf:Property", vocabulary.read_text(), re.MULTILINE))

    assert properties == set(RAI_QUESTIONS)
    assert len(RAI_QUESTIONS) == sum(bool(row.rai) for row in CURRENT_SET.questions)
    assert set(RAI_ALIASES.values()) <= properties


ANSWERS = (
    DeclaredAnswer(question="source", state="answered", text="A register."),
    DeclaredAnswer(question="collection_type", state="answered", values=("survey", "web_api")),
    DeclaredAnswer(
        question="collection_period",
        state="answered",
        start=date(2024, 1, 1),
        end=date(2024, 12, 31),
    ),
    DeclaredAnswer(question="use_cases", state="answered", values=("Training", "Testing")),
    DeclaredAnswer(question="imputation", state="not_applicable", reason="Nothing is missing."),
    DeclaredAnswer(question="biases", state="unknown"),
    DeclaredAnswer(question="contact", state="answered", text="The data desk."),
)


def test_answers_become_properties_of_croissant_rai_and_back():
    values = rai_values(ANSWERS)

    assert values["dataCollectionRawData"] == ["A register."]
    assert values["dataCollectionType"] == ["Surveys", "Web API"]
    assert values["dataCollectionTimeframe"] == ["2024-01-01/2024-12-31"]
    assert values["dataImputationProtocol"] == ["Not applicable: Nothing is missing."]
    back = answers_from_rai(values)
    assert back["collection_type"] == {"state": "answered", "values": ["survey", "web_api"]}
    assert back["collection_period"]["end"] == "2024-12-31"
    assert back["use_cases"]["values"] == ["Training", "Testing"]
    assert back["imputation"] == {"state": "not_applicable", "reason": "Nothing is missing."}


def test_what_croissant_rai_cannot_say_is_a_loss():
    assert [row.question for row in rai_losses(ANSWERS)] == ["biases", "contact"]


def test_other_spellings_and_untyped_texts_of_croissant_rai_are_read():
    read = answers_from_rai(
        {
            "dataCollectionTimeFrame": ["last summer"],
            "dataCollectionType": ["surveys", "divination"],
            "dataWeather": ["sunny"],
            "dataBiases": [" "],
        }
    )

    assert read == {
        "collection_period": {"state": "answered", "text": "last summer"},
        "collection_type": {"state": "answered", "values": ["survey"], "text": "divination"},
    }


def test_an_answer_reads_as_its_labels_its_period_and_its_text():
    period = DeclaredAnswer(
        question="period", state="answered", start=date(2024, 1, 1), text="Daily."
    )
    question = CURRENT_SET.question

    assert answer_texts(question("collection_type"), ANSWERS[1]) == ["Survey", "Web API"]
    assert answer_texts(question("period"), period) == ["2024-01-01/..", "Daily."]
