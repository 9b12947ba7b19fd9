"""What expressions of policies read is known before they run, and what they may cost is bounded."""

import time

import pytest

from governance.policies.cases import neutral_facts
from governance.policies.expression_reader import InvalidExpression, read_expression
from governance.policies.expressions import ExpressionFailed, FactContext, compile_expression

COLUMN = {"name": "mail", "table": "customers", "classification": "pii", "term": ""}


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("product.nmae == 'x'", "There is no fact product.nmae.", "Did you mean product.name?"),
        (
            "columns.all(c, c.clasification == '')",
            "There is no fact c.clasification.",
            "Did you mean c.classification?",
        ),
        ("columns[0].nmae == 'x'", "There is no fact element.nmae.", "Did you mean element.name?"),
        ("owner.name == 'x'", "There is no fact owner.", "Did you mean owners?"),
        ("now > later", "There is no fact later.", "The documentation of facts lists them all."),
        ("sizeof(columns) > 1", "There is no function sizeof.", "Did you mean size?"),
        ("product.name.all(c, true)", "product.name is a text, not a list.", ""),
        ("columns.all(c, true", "A bracket is not closed.", ""),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(expression, message, hint):
    with pytest.raises(InvalidExpression) as refused:
        read_expression(expression)
    assert refused.value.message == message
    assert refused.value.hint == hint


def test_names_in_texts_and_comments_are_no_facts():
    reading = read_expression("product.name == 'nobody.knows' // product.nothing")
    assert reading.paths == {"product.name"}


def test_paths_of_loop_variables_are_not_facts_of_the_product():
    reading = read_expression("columns.exists(c, c.name == product.slug) && now > product.ends_on")
    assert reading.paths == {"columns", "product.slug", "product.ends_on", "now"}
    assert reading.reads_now


@pytest.mark.parametrize(
    "expression",
    [
        "columns.all(a, columns.all(b, columns.all(c, true)))",
        "(" * 41 + "true" + ")" * 41,
        "true" + " && true" * 300,
    ],
)
def test_nested_and_long_expressions_are_refused(expression):
    with pytest.raises(InvalidExpression):
        read_expression(expression)


def test_an_invalid_expression_says_where():
    with pytest.raises(InvalidExpression, match=r"line and column 1:\d+"):
        compile_expression("product.name == ")


def test_a_loop_within_a_loop_over_many_columns_is_not_run():
    facts = neutral_facts()
    facts["columns"] = [COLUMN] * 1_000
    nested = compile_expression("columns.all(a, columns.all(b, a.name == b.name))")
    started = time.monotonic()
    with pytest.raises(ExpressionFailed, match="more than 250,000 steps"):
        nested.run(FactContext(facts))
    assert time.monotonic() - started < 10  # It would hang for minutes with more columns.


def test_a_loop_over_a_computed_list_counts_as_the_longest_list():
    facts = neutral_facts()
    facts["columns"] = [COLUMN] * 1_000
    computed = compile_expression(
        "columns.filter(a, true).all(b, columns.filter(c, true).all(d, b.name == d.name))"
    )
    with pytest.raises(ExpressionFailed, match="steps"):
        computed.run(FactContext(facts))


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("quality.dimensions[0].score > 0.5", "out of bounds"),
        ("size(columns) / size(columns) == 1", "division by zero"),
        ("product.ends_on > now", "overload"),
        ("product.name + 1 == 'x'", "string"),
    ],
)
def test_an_expression_without_a_value_fails_with_its_reason(expression, reason):
    with pytest.raises(ExpressionFailed, match=reason):
        compile_expression(expression).run(FactContext(neutral_facts()))


def test_no_expression_reaches_python():
    for expression in ("product.__class__", "__import__('os')", "product['__class__']"):
        try:
            value = compile_expression(expression).run(FactContext(neutral_facts()))
        except (InvalidExpression, ExpressionFailed):
            continue
        pytest.fail(f"{expression} gave {value!r}")
