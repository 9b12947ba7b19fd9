"""The text of a policy: what is wrong is said at its line, and its cases prove what it does."""

import subprocess
import sys
from itertools import pairwise
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.manifests.issues import ParseError
from governance.policies.cases import case_facts, neutral_facts, run_cases
from governance.policies.decisions import Effect, strictest
from governance.policies.evaluation import compile_policy, evaluate
from governance.policies.expressions import FactContext
from governance.policies.text import parse_policies
from tests.governance.policy_texts import PERSONAL_DATA

POLICY = PERSONAL_DATA


def parse(text):
    [parsed] = parse_policies(dedent(text).encode(), name="policy.yaml")
    return parsed


def issues_of(old, new):
    return [(issue.line, issue.message) for issue in parse(POLICY.replace(old, new)).issues]


def test_the_cases_of_a_policy_are_evaluated_by_the_one_evaluator():
    compiled = compile_policy(parse(POLICY).policy)
    assert [result.violated for result in run_cases(compiled)] == [(), ("no-personal-data",), ()]
    assert all(result.is_passed for result in run_cases(compiled))


def test_a_case_that_expects_something_else_does_not_pass():
    compiled = compile_policy(parse(POLICY.replace("[no-personal-data]", "[]")).policy)
    [_, wrong, _] = run_cases(compiled)
    assert not wrong.is_passed
    assert wrong.violated == ("no-personal-data",)


def test_a_violation_names_the_elements_that_fail():
    policy = parse(POLICY).policy
    facts = case_facts(policy.cases[1])
    [violation] = evaluate(compile_policy(policy), FactContext(facts)).violations
    assert violation.observed[0] == ("columns", "senders.mail")
    assert violation.message == "Columns of a public product hold personal data."


def test_a_runtime_error_is_a_violation_with_its_reason():
    text = POLICY.replace('columns.all(c, c.classification != "pii")', "product.ends_on > now")
    policy = compile_policy(parse(text).policy)
    [violation] = evaluate(policy, FactContext(neutral_facts())).violations
    assert violation.error
    assert policy.is_time_bound


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("kind: publication", "kind: pubication", 4, "Unknown value"),
        ("c.classification", "c.clasification", 9, "There is no fact c.clasification."),
        ("[no-personal-data]", "[no-persnal-data]", 18, "There is no clause no-persnal-data."),
        ("kind: publication", "kind: certification", 4, "has a level"),
        ("sensitivity: [public]", "sensitivity: [secret]", 6, "secret"),
        ("title: Personal data is not public\n", "", 1, "title"),
    ],
)
def test_an_error_is_located_at_its_line(old, new, line, message):
    messages = issues_of(old, new)
    assert any(line == at and message in text for at, text in messages), messages
    assert parse(POLICY.replace(old, new)).has_errors


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ("{colums: []}", "There is no fact colums. Did you mean columns?"),
        ("{columns: [{nmae: x}]}", "There is no fact columns[0].nmae. Did you mean name?"),
        ("{product: {published_at: soon}}", "product.published_at is not a moment"),
        ("{product: {name: 3}}", "product.name is not a text."),
        ("{provenance: {completeness: true}}", "provenance.completeness is not a number."),
        ("{product: {name: null}}", "product.name is not a text."),
    ],
)
def test_facts_of_a_case_are_of_the_schema(facts, error):
    compiled = compile_policy(parse(POLICY.replace("{columns: [{name: weight}]}", facts)).policy)
    result = next(iter(run_cases(compiled)))
    assert not result.is_passed
    assert error in result.error


def test_a_large_text_is_refused_before_it_is_parsed():
    with pytest.raises(ParseError, match="a policy may have 65,536"):
        parse_policies(POLICY.encode() + b"#" * 1_000_000, name="policy.yaml")


def test_a_bomb_of_nested_lists_is_refused():
    bomb = "a: &a [x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in pairwise("abcdefgh"))
    with pytest.raises(ParseError):
        parse_policies(bomb.encode() + b"z: " + b"[" * 5_000, name="policy.yaml")


def test_a_new_text_is_compiled_in_a_process_of_its_own():
    child = subprocess.run(
        [sys.executable, "-m", "governance.policies.compile_child"],
        input=POLICY.encode(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert child.stdout.count(b'"error": ""') == 3


effects = st.sampled_from(Effect)


@given(st.lists(effects, min_size=1), st.randoms())
def test_the_strictest_effect_wins_in_any_order(messages, random):
    shuffled = random.sample(messages, len(messages))
    assert strictest(messages) == strictest(shuffled)
    assert all(strictest(messages).strictness >= effect.strictness for effect in messages)
    assert strictest(messages) in messages
