"""Declared imbalances: the rest of an attribute, sums over the whole, what nobody assessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.exceptions import ValidationFailed
from catalog.products.projection import new_tree, with_custom
from catalog.provenance.groups import attribute_name, rest_rows, unassessed_attributes
from catalog.provenance.models import Imbalance
from catalog.provenance.projection import parse_provenance
from catalog.provenance.shares import exceeding_index
from catalog.publication.assessments import unassessed
from tests.factories import give_schema, make_product, with_port


def _rows(*shares, attribute="sex", origin="declared", references=()):
    rows = []
    for index, share in enumerate(shares):
        reference = references[index] if references else None
        row = Imbalance(
            attribute=attribute,
            group=f"g{index}",
            share=share,
            reference_share=reference,
            origin=origin,
        )
        rows.append(row)
    return rows


def _parse(*rows):
    tree = with_custom(
        new_tree(identifier="p", name="P", domain="d"), "assayProvenance", {"imbalances": [*rows]}
    )
    return parse_provenance(tree)


def test_groups_that_do_not_add_up_to_the_whole_leave_a_rest():
    (rest,) = rest_rows(_rows(0.3, 0.25, references=(0.5, 0.4)))

    assert rest.share == pytest.approx(0.45)
    assert rest.reference_share == pytest.approx(0.1)
    assert rest.gap == pytest.approx(0.35)
    assert rest.group == "rest"


@pytest.mark.parametrize("shares", [(0.3, 0.7), (0.473, 0.388, 0.138), (0.33, 0.33, 0.33), (1.0,)])
def test_groups_that_add_up_within_their_rounding_leave_no_rest(shares):
    assert rest_rows(_rows(*shares)) == []


def test_an_unknown_share_makes_the_rest_unknown():
    (rest,) = rest_rows(_rows(0.3, None, references=(0.5, 0.5)))

    assert rest.share is None
    assert rest.reference_share == 0
    assert rest.gap is None


def test_an_attribute_without_any_share_has_no_rest():
    assert rest_rows(_rows(None, None)) == []


def test_measured_groups_have_no_rest_that_would_reveal_a_hidden_share():
    measured = _rows(0.9, None, origin="measured")

    assert rest_rows(measured + _rows(0.2)) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_declared_shares_exceed_the_whole_or_leave_at_most_all_of_it(shares):
    rests = rest_rows(_rows(*shares))

    if exceeding_index(shares) is not None:
        assert rests == []
    for rest in rests:
        assert 0 < rest.share <= 1
        assert sum(shares) + rest.share == pytest.approx(1)


@pytest.mark.parametrize("key", ["share", "referenceShare"])
def test_shares_over_the_whole_are_an_issue_at_the_group_that_exceeds_it(key):
    rows = [
        {"attribute": "sex", "group": "f", key: 0.6},
        {"attribute": "age", "group": "old", key: 0.9},
        {"attribute": "sex", "group": "m", key: 0.5},
    ]

    with pytest.raises(ValidationFailed) as refused:
        _parse(*rows)

    (issue,) = refused.value.issues
    assert issue.location.endswith(f"/imbalances/2/{key}")
    assert "110" in issue.message


def test_shares_that_are_rounded_to_a_little_over_the_whole_are_accepted():
    shares = (0.17, 0.17, 0.17, 0.17, 0.17, 0.17)
    rows = ({"attribute": "a", "group": f"g{n}", "share": s} for n, s in enumerate(shares))

    assert len(_parse(*rows).imbalances) == 6


def test_a_declaration_keeps_its_assessor_its_date_and_its_explanation():
    details = {
        "assessor": "Data office",
        "assessedOn": "2026-03-31",
        "explanation": "Older sample.",
    }

    (row,) = _parse({"attribute": "sex", "group": "f", "share": 0.4} | details).imbalances

    assert row.assessor == "Data office"
    assert row.assessed_on.isoformat() == "2026-03-31"
    assert row.explanation == "Older sample."


def test_a_date_of_assessment_that_is_no_date_is_an_issue_at_its_row():
    with pytest.raises(ValidationFailed) as refused:
        _parse({"attribute": "sex", "group": "f", "share": 0.4, "assessedOn": "spring"})

    (issue,) = refused.value.issues
    assert issue.location.endswith("/imbalances/0/assessedOn")


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("Age Band", "age_band"), ("SEX", "sex"), ("Größe_Körper", "große_korper"), ("2nd", "nd")],
)
def test_a_column_is_named_as_an_attribute(name, attribute):
    assert attribute_name(name) == attribute.replace("ß", "ss")


def test_sensitive_attributes_without_a_share_are_not_assessed():
    rows = [*_rows(0.4), *_rows(0.2, attribute="age_band"), *_rows(None, attribute="region")]
    sensitive = ["Sex", "age", "sex_code", "postcode", "postcode_group", "§"]

    assert unassessed_attributes(sensitive, rows) == ["postcode", "region"]


def test_a_measurement_that_hides_its_shares_is_an_assessment():
    assert unassessed_attributes(["sex"], _rows(None, origin="measured")) == []


@pytest.mark.django_db
def test_classified_columns_and_named_attributes_are_listed_until_they_are_assessed():
    answers = {"sensitive_attributes": {"state": "answered", "values": ["Religion", "sex"]}}
    imbalances = [{"attribute": "sex", "group": "f", "share": 0.4}]
    product = make_product(assayProvenance={"answers": answers, "imbalances": imbalances})
    product = give_schema(with_port(product), "postcode", "sex", classification="Quasi-Identifier")

    assert unassessed(product) == ["postcode", "religion"]


@pytest.mark.django_db
def test_columns_that_name_one_person_are_no_groups():
    product = give_schema(with_port(make_product()), "email", classification="pii")

    assert unassessed(product) == []
