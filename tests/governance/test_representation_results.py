"""The form in which a measurement of representation is stored."""

import json

from governance.representation.results import (
    AttributeResult,
    GroupResult,
    LabelResult,
    Measure,
    OutcomeGroup,
    PairResult,
    Representation,
    Thresholds,
    Verdict,
)


def test_a_result_is_the_same_after_it_was_stored_as_json() -> None:
    group = GroupResult(
        group="Female", n=3, share=0.3, interval_low=0.1, interval_high=0.6, is_small=True
    )
    label = LabelResult(
        label="salary-class",
        values=("<=50K", ">50K"),
        favourable=(">50K",),
        n=10,
        missing=0,
        groups=(
            OutcomeGroup(
                group="Female",
                n=3,
                counts=(2, 1),
                rate=1 / 3,
                interval_low=0.1,
                interval_high=0.7,
                measures=(Measure(code="kl", value=None, reason="A value never occurs."),),
            ),
        ),
        verdict=Verdict.INSUFFICIENT_EVIDENCE,
        sentence="Too few records.",
    )
    attribute = AttributeResult(
        attribute="sex",
        n=10,
        missing=0,
        groups=(group,),
        reference_name="census",
        reference_date="2026-01-01",
        verdict=Verdict.INSUFFICIENT_EVIDENCE,
        sentence="Too few records.",
        label=label,
    )
    pair = PairResult(
        attribute="sex × race",
        first="sex",
        second="race",
        n=10,
        missing=0,
        groups=(),
        reference_name="",
        reference_date="",
        verdict=Verdict.IMBALANCED,
        sentence="",
    )
    result = Representation(
        rows=10,
        measured_on="2026-11-30",
        thresholds=Thresholds(),
        attributes=(attribute,),
        pairs=(pair,),
    )
    stored = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert Representation.from_json(stored) == result
    assert attribute.small_groups == ("Female",)
