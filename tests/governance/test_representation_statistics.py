"""What counts of groups say: shares, measures, and verdicts that need evidence."""

import json
import math
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.representation.measures import (
    Share,
    Sides,
    conditional_disparity,
    difference_interval,
    label_measures,
    possible_interval,
    wilson_interval,
)
from governance.representation.plan import Plan, PlannedAttribute, PlannedLabel, Reference
from governance.representation.results import AttributeResult, Representation, Thresholds, Verdict
from governance.representation.statistics import MAX_PAIR_GROUPS, REST, represent
from governance.sandbox.group_counting import count_groups
from governance.sandbox.groups import NOT_MAPPED, GroupCounts, GroupRequest

DAY = date(2026, 11, 30)
CENSUS = Reference(name="census", date="2026-01-01", shares={"F": 0.5, "M": 0.5})
SURENESS = {Verdict.INSUFFICIENT_EVIDENCE: 0, Verdict.BALANCED: 1, Verdict.IMBALANCED: 1}


def plan_of(*names: str, label: PlannedLabel | None = None, **options) -> Plan:
    attributes = tuple(PlannedAttribute(name=name, column=name, **options) for name in names)
    return Plan(attributes=attributes, label=label)


def counted(plan: Plan, rows) -> GroupCounts:
    """Count rows of (values of the attributes and the label, number of records)."""
    label = plan.label.grouping if plan.label else None
    request = GroupRequest(
        table="", attributes=tuple(item.grouping for item in plan.attributes), label=label
    )
    names = [grouping.name for grouping in request.groupings]

    def fetch(groupings, limit):
        places = [names.index(grouping.name) for grouping in groupings]
        return [(*(values[place] for place in places), n) for values, n in rows]

    return count_groups(request, fetch)


def measured(plan: Plan, rows, **references: Reference) -> Representation:
    result = represent(counted(plan, rows), plan, references, DAY)
    stored = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert Representation.from_json(stored) == result
    return result


def sexes(reference: Reference | None = None, **sizes: int | None) -> AttributeResult:
    rows = [((None if group == "unknown" else group,), n) for group, n in sizes.items()]
    references = {"sex": reference} if reference else {}
    (attribute,) = measured(plan_of("sex"), rows, **references).attributes
    return attribute


def group(attribute: AttributeResult, name: str):
    return next(group for group in attribute.groups if group.group == name)


# Shares


def test_a_group_has_its_share_gap_ratio_and_interval():
    female = group(sexes(CENSUS, F=300, M=700), "F")
    assert (female.n, female.share, female.reference_share) == (300, 0.3, 0.5)
    assert female.gap == pytest.approx(-0.2)
    assert female.disparity_ratio == pytest.approx(0.6)
    # Wilson (1927) by hand, with z = 1.959964.
    assert female.interval_low == pytest.approx(0.272407, abs=1e-6)
    assert female.interval_high == pytest.approx(0.329124, abs=1e-6)


def test_missing_records_are_counted_and_shares_are_of_the_known_ones():
    attribute = sexes(CENSUS, F=30, M=70, unknown=25)
    assert (attribute.n, attribute.missing, attribute.missing_share) == (100, 25, 0.2)
    assert group(attribute, "F").share == 0.3


def test_a_group_of_the_reference_without_records_is_listed():
    female = group(sexes(CENSUS, M=500), "F")
    assert (female.n, female.share, female.gap) == (0, 0.0, -0.5)
    assert female.disparity_ratio == 0
    assert female.interval_low == 0


def test_groups_that_the_reference_does_not_name_are_compared_as_a_rest():
    reference = Reference(name="survey", date="", shares={"F": 0.48, "M": 0.48})
    attribute = sexes(reference, F=480, M=480, X=30, Y=10)
    assert group(attribute, "X").reference_share is None
    rest = group(attribute, REST)
    assert (rest.is_rest, rest.n, rest.share) == (True, 40, 0.04)
    assert rest.reference_share == pytest.approx(0.04)
    assert rest.gap == pytest.approx(0)


def test_a_rest_that_the_data_lack_is_named():
    reference = Reference(name="survey", date="", shares={"F": 0.4, "M": 0.4})
    attribute = sexes(reference, F=5000, M=5000)
    assert group(attribute, REST).n == 0
    assert attribute.verdict is Verdict.IMBALANCED


def test_a_reference_that_is_rounded_has_no_rest():
    reference = Reference(name="census", date="", shares={"F": 0.497, "M": 0.5})
    assert [item.group for item in sexes(reference, F=50, M=50).groups] == ["F", "M"]


def test_without_a_reference_groups_are_compared_with_equal_shares_and_it_is_said():
    attribute = sexes(F=900, M=100)
    assert attribute.reference_name == ""
    assert group(attribute, "M").reference_share == 0.5
    assert attribute.verdict is Verdict.IMBALANCED
    assert "equal shares (no reference is stated)" in attribute.sentence


def test_values_without_a_place_in_a_mapping_are_named_and_not_expected():
    plan = plan_of("city", groups={"Oslo": "Norway", "Malmö": "Sweden"})
    rows = [(("Oslo",), 500), (("Malmö",), 500), (("Mars",), 3)]
    (attribute,) = measured(plan, rows).attributes
    assert group(attribute, NOT_MAPPED).reference_share is None
    assert group(attribute, "Norway").reference_share == 0.5


def test_a_pair_has_every_combination_and_expects_independence():
    plan = plan_of("sex", "race")
    rows = [(("F", "A"), 10), (("M", "A"), 20), (("M", "B"), 30), (("F", None), 5)]
    race = Reference(name="survey", date="2025-05-05", shares={"A": 0.9, "B": 0.1})
    (pair,) = measured(plan, rows, sex=CENSUS, race=race).pairs
    assert (pair.first, pair.second, pair.attribute) == ("sex", "race", "sex × race")
    assert {item.parts: item.n for item in pair.groups} == {
        ("F", "A"): 10,
        ("F", "B"): 0,
        ("M", "A"): 20,
        ("M", "B"): 30,
    }
    assert (pair.n, pair.missing) == (60, 5)
    assert group(pair, "F × A").reference_share == pytest.approx(0.45)
    assert pair.reference_name == "census and survey, as if both attributes were independent"


def test_a_pair_of_too_many_groups_is_left_out_with_a_note():
    side = math.isqrt(MAX_PAIR_GROUPS) + 1
    rows = [((str(one), str(one)), 1) for one in range(side)]
    result = measured(plan_of("a", "b"), rows)
    assert result.pairs == ()
    assert result.note == f"a × b has {side * side:,} groups, too many to show."


# Verdicts


@pytest.mark.parametrize(
    ("sizes", "verdict"),
    [
        ({"F": 5000, "M": 5000}, Verdict.BALANCED),
        ({"F": 3000, "M": 7000}, Verdict.IMBALANCED),
        ({"F": 30, "M": 70}, Verdict.IMBALANCED),
        ({"F": 5, "M": 5}, Verdict.INSUFFICIENT_EVIDENCE),
        ({"F": 3, "M": 7}, Verdict.INSUFFICIENT_EVIDENCE),
        ({"F": 40, "M": 60}, Verdict.INSUFFICIENT_EVIDENCE),
        ({}, Verdict.INSUFFICIENT_EVIDENCE),
        ({"F": 0, "M": 0}, Verdict.INSUFFICIENT_EVIDENCE),
        ({"F": 1}, Verdict.INSUFFICIENT_EVIDENCE),
        ({"F": 1, "M": 1}, Verdict.INSUFFICIENT_EVIDENCE),
        ({"unknown": 1000}, Verdict.INSUFFICIENT_EVIDENCE),
        ({"F": 1, "M": 1, "unknown": 9998}, Verdict.INSUFFICIENT_EVIDENCE),
        # The unknown could all be of one group.
        ({"F": 5000, "M": 5000, "unknown": 5000}, Verdict.INSUFFICIENT_EVIDENCE),
        ({"F": 1000, "M": 9000, "unknown": 500}, Verdict.IMBALANCED),
    ],
)
def test_a_verdict_needs_the_whole_interval(sizes, verdict):
    assert sexes(CENSUS, **sizes).verdict is verdict


@pytest.mark.parametrize("reference", [None, Reference(name="all", date="", shares={"F": 1.0})])
def test_a_single_group_is_never_balanced(reference):
    attribute = sexes(reference, F=100_000)
    assert attribute.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "F is the only group of 100,000 records with a known sex" in attribute.sentence


def test_a_group_of_one_record_keeps_a_verdict_from_balanced_and_is_named():
    reference = Reference(name="survey", date="", shares={"F": 0.5, "M": 0.49999, "X": 0.00001})
    attribute = sexes(reference, F=50_000, M=49_999, X=1)
    assert attribute.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert attribute.small_groups == ("X",)
    assert "Groups of fewer than 30 records: X." in attribute.sentence


def test_the_first_part_of_a_source_is_no_evidence():
    plan = plan_of("sex", label=PlannedLabel(name="paid", column="paid", favourable=("yes",)))
    rows = [((sex, paid), 5000) for sex in "FM" for paid in ("yes", "no")]
    counts = counted(plan, rows)
    result = represent(replace(counts, is_sample=True), plan, {"sex": CENSUS}, DAY)
    (attribute,) = result.attributes
    assert attribute.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert attribute.label.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert "only the first part of the source was read" in attribute.sentence


def test_a_sentence_has_the_evidence():
    assert sexes(CENSUS, F=300, M=700, unknown=2).sentence == (
        "Imbalanced compared with census (2026-01-01): F is 30.0 % of 1,000 records with a known"
        " sex (95 % interval 27.2 % to 32.9 %), where 50.0 % is expected: 20.0 points less, ratio"
        " 0.60. A difference is acceptable up to 5 points and within a ratio of 0.8 to 1.25."
        " 2 records with an unknown group could be of any; the verdict allows for that."
        " Measured on 2026-11-30."
    )


SIZES = st.lists(st.integers(0, 400), min_size=1, max_size=6)
SHARES = st.lists(st.integers(0, 20), min_size=6, max_size=6).filter(sum)


def rows_and_reference(sizes, shares, missing):
    rows = [((str(place),), n) for place, n in enumerate(sizes)] + [((None,), missing)]
    total = sum(shares)
    reference = Reference(
        name="r", date="", shares={str(place): n / total for place, n in enumerate(shares)}
    )
    return rows, reference


@given(sizes=SIZES, shares=SHARES, missing=st.integers(0, 50))
def test_shares_sum_to_one_and_intervals_contain_them(sizes, shares, missing):
    rows, reference = rows_and_reference(sizes, shares, missing)
    (attribute,) = measured(plan_of("a"), rows, a=reference).attributes
    groups = [group for group in attribute.groups if not group.is_rest]
    assert attribute.n + attribute.missing == sum(sizes) + missing
    if not sum(sizes):
        assert {group.share for group in groups} == {None}
        return
    assert math.fsum(group.share for group in groups) == pytest.approx(1)
    for item in attribute.groups:
        assert 0 <= item.interval_low <= item.share <= item.interval_high <= 1


@given(sizes=SIZES, shares=SHARES, missing=st.integers(0, 50), factor=st.integers(2, 40))
def test_a_verdict_is_never_surer_with_fewer_records(sizes, shares, missing, factor):
    rows, reference = rows_and_reference(sizes, shares, missing)
    (few,) = measured(plan_of("a"), rows, a=reference).attributes
    many_rows = [(values, n * factor) for values, n in rows]
    (many,) = measured(plan_of("a"), many_rows, a=reference).attributes
    assert SURENESS[few.verdict] <= SURENESS[many.verdict]
    if SURENESS[few.verdict]:
        assert few.verdict is many.verdict


CELLS = st.lists(
    st.tuples(
        st.tuples(
            st.sampled_from(["F", "M", "X", None]),
            st.sampled_from(["A", "B", None]),
            st.sampled_from(["yes", "no", "maybe", None]),
        ),
        st.integers(0, 300),
    ),
    max_size=25,
)
LABEL = PlannedLabel(name="paid", column="paid", favourable=("yes",))


@settings(max_examples=50)
@given(rows=CELLS, order=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, order):
    plan = plan_of("sex", "race", label=LABEL)
    mixed = [*rows]
    order.shuffle(mixed)
    assert measured(plan, mixed, sex=CENSUS) == measured(plan, rows, sex=CENSUS)


@settings(max_examples=50)
@given(rows=CELLS)
def test_the_names_of_groups_change_no_number(rows):
    other = {"F": "z", "M": "f", "X": "x", None: None}
    renamed = [((other[sex], *rest), n) for (sex, *rest), n in rows]
    plan = plan_of("sex", "race", label=LABEL)
    shares = Reference(name="c", date="", shares={other[k]: v for k, v in CENSUS.shares.items()})
    before = measured(plan, rows, sex=CENSUS).attributes[0]
    after = measured(plan, renamed, sex=shares).attributes[0]
    assert before.verdict is after.verdict
    assert before.label.verdict is after.label.verdict
    numbers = [
        Counter((item.n, item.share, item.gap, item.is_small) for item in result.groups)
        for result in (before, after)
    ]
    assert numbers[0] == numbers[1]


@settings(max_examples=50)
@given(rows=CELLS, factor=st.integers(2, 20))
def test_a_verdict_on_rates_is_never_surer_with_fewer_records(rows, factor):
    plan = plan_of("sex", "race", label=LABEL)
    few = measured(plan, rows, sex=CENSUS)
    many = measured(plan, [(values, n * factor) for values, n in rows], sex=CENSUS)
    for one, other in zip(
        (*few.attributes, *few.pairs), (*many.attributes, *many.pairs), strict=True
    ):
        assert SURENESS[one.label.verdict] <= SURENESS[other.label.verdict]


@settings(max_examples=30)
@given(sizes=SIZES, shares=SHARES, factor=st.integers(1, 1000), place=st.integers(0, 5))
def test_empty_and_single_groups_are_never_balanced(sizes, shares, factor, place):
    many = [n * factor for n in sizes]
    lists = [
        [],
        [0] * len(sizes),
        many[:1],
        [*many[:place], 1, *many[place:]],
        [*many[:place], 0, *many[place:]],
    ]
    for reference in (None, shares):
        for numbers in lists:
            rows, stated = rows_and_reference(numbers, reference or shares, 0)
            if reference is None:
                rows = [(values, n) for values, n in rows if n]
            result = measured(plan_of("a"), rows, **({"a": stated} if reference else {}))
            small = [group for group in result.attributes[0].groups if group.n == 1]
            if small or sum(n > 0 for n in numbers) < 2:
                assert result.attributes[0].verdict is not Verdict.BALANCED


@given(
    gap=st.floats(0, 1),
    ratio=st.floats(0, 1),
    level=st.floats(0.5, 0.9999),
    shares=st.lists(st.floats(0, 1), min_size=2, max_size=2),
    sizes=st.lists(st.integers(0, 10**9), min_size=2, max_size=2),
)
def test_any_thresholds_and_references_give_finite_numbers(gap, ratio, level, shares, sizes):
    thresholds = Thresholds(max_gap=gap, min_ratio=ratio, level=level)
    plan = replace(plan_of("sex", label=LABEL), thresholds=thresholds)
    rows = [(("F", "yes"), sizes[0]), (("M", "no"), sizes[1])]
    reference = Reference(name="r", date="", shares=dict(zip("FM", shares, strict=True)))
    assert measured(plan, rows, sex=reference).attributes[0].sentence


@given(n=st.integers(1, 10_000), share=st.floats(0, 1), unknown=st.integers(0, 1000))
def test_unknown_records_only_widen_an_interval(n, share, unknown):
    k = round(n * share)
    narrow, wide = wilson_interval(k, n, 0.95), possible_interval(Share(k, n, unknown), 0.95)
    assert wide.low <= narrow.low <= k / n <= narrow.high <= wide.high


# Labels


def outcomes(**counts: tuple[int, int]) -> AttributeResult:
    """Measure groups of (favourable, unfavourable) records."""
    rows = [
        ((name, paid), n)
        for name, pair in counts.items()
        for paid, n in zip(("yes", "no"), pair, strict=True)
    ]
    return measured(plan_of("sex", label=LABEL), rows).attributes[0]


def measures(attribute: AttributeResult, name: str) -> dict[str, float | None]:
    outcome = next(item for item in attribute.label.groups if item.group == name)
    return {measure.code: measure.value for measure in outcome.measures}


def test_a_group_is_compared_with_all_others_by_its_label():
    attribute = outcomes(F=(10, 90), M=(60, 140))
    female = attribute.label.groups[0]
    assert (female.rate, female.counts) == (0.1, (90, 10))
    assert female.difference == pytest.approx(-0.2)
    values = measures(attribute, "F")
    assert values["class-imbalance"] == pytest.approx((200 - 100) / 300)
    assert values["dpl"] == pytest.approx(0.2)
    assert values["kl"] == pytest.approx(0.3 * math.log(3) + 0.7 * math.log(0.7 / 0.9))
    assert values["lp"] == pytest.approx(math.hypot(0.2, 0.2))
    assert values["tvd"] == pytest.approx(0.2)
    assert values["ks"] == pytest.approx(0.2)
    assert values["demographic-disparity"] == pytest.approx(90 / 230 - 10 / 70)


def test_a_divergence_that_is_infinite_has_a_reason_in_place_of_a_number():
    attribute = outcomes(F=(0, 50), M=(30, 30))
    (kl,) = (m for m in attribute.label.groups[0].measures if m.code == "kl")
    assert (kl.value, kl.reason) == (
        None,
        "It is infinite: this group lacks a value of the label that others have.",
    )
    assert measures(attribute, "M")["kl"] is not None


@pytest.mark.parametrize("counts", [{"F": (0, 0), "M": (5, 5)}, {"F": (5, 5)}, {}])
def test_measures_of_an_empty_side_have_a_reason(counts):
    for item in outcomes(**counts).label.groups:
        for measure in item.measures:
            assert (measure.value is None) <= bool(measure.reason)
            assert measure.value is None or math.isfinite(measure.value)


def test_without_a_favourable_value_there_is_no_rate_and_no_verdict():
    plan = plan_of("sex", label=PlannedLabel(name="paid", column="paid"))
    label = measured(plan, [(("F", "yes"), 500), (("M", "no"), 500)]).attributes[0].label
    assert label.groups[0].rate is None
    assert label.verdict is Verdict.INSUFFICIENT_EVIDENCE
    assert label.sentence.startswith("Insufficient evidence: no value of paid is stated as favo")


def test_a_favourable_value_that_never_occurs_is_never_balanced():
    attribute = outcomes(F=(0, 90_000), M=(0, 90_000))
    assert attribute.label.groups[0].rate == 0
    assert attribute.label.verdict is Verdict.INSUFFICIENT_EVIDENCE


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ({"F": (3000, 3000), "M": (3000, 3000)}, Verdict.BALANCED),
        ({"F": (300, 5700), "M": (3000, 3000)}, Verdict.IMBALANCED),
        ({"F": (30, 30), "M": (30, 30)}, Verdict.INSUFFICIENT_EVIDENCE),
        # 1.0 and 1.5 %: half a point apart, and far below four fifths.
        ({"F": (1000, 99_000), "M": (1500, 98_500)}, Verdict.IMBALANCED),
    ],
)
def test_rates_are_judged_by_difference_and_ratio(counts, verdict):
    assert outcomes(**counts).label.verdict is verdict


def test_a_disparity_can_vanish_within_the_groups_of_another_attribute():
    # Women apply to A, where few are paid; within A and B there is no difference.
    rows = [
        (("F", "A", "yes"), 10),
        (("F", "A", "no"), 90),
        (("M", "A", "yes"), 2),
        (("M", "A", "no"), 18),
        (("F", "B", "yes"), 10),
        (("F", "B", "no"), 10),
        (("M", "B", "yes"), 50),
        (("M", "B", "no"), 50),
    ]
    result = measured(plan_of("sex", "school", label=LABEL), rows)
    female = {measure.code: measure for measure in result.attributes[0].label.groups[0].measures}
    assert female["demographic-disparity"].value > 0.3
    assert female["cdd"].value == pytest.approx(0)
    assert female["cdd"].within == "school"


def test_the_order_of_a_binned_label_counts():
    label = PlannedLabel(name="income", column="income", bins=(10, 20, 30))
    rows = [(("F", 5), 50), (("F", 15), 50), (("M", 25), 50), (("M", 35), 50)]
    (attribute,) = measured(plan_of("sex", label=label), rows).attributes
    values = measures(attribute, "F")
    assert (values["ks"], values["ks-ordered"]) == (0.5, 1.0)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=5),
    st.sets(st.integers(0, 4)),
)
def test_every_measure_is_a_finite_number_or_says_why_not(pairs, favourable):
    sides = Sides([one for one, _ in pairs], [other for _, other in pairs])
    places = sorted(place for place in favourable if place < len(pairs))
    for measure in label_measures(sides, places, is_ordered=True, strata={"x": []}):
        if measure.value is None:
            assert measure.reason
        else:
            assert -1 - 1e-9 <= measure.value < 10


def test_an_interval_of_nothing_is_none():
    assert wilson_interval(0, 0, 0.95) is None
    assert difference_interval(Share(0, 0), Share(1, 2), 0.95) is None
    assert conditional_disparity([]) is None


def test_thresholds_are_those_of_the_plan():
    plan = plan_of("sex")
    strict = Plan(attributes=plan.attributes, thresholds=Thresholds(max_gap=0.01, min_ratio=0.99))
    rows = [(("F",), 4800), (("M",), 5200)]
    assert measured(plan, rows, sex=CENSUS).attributes[0].verdict is Verdict.BALANCED
    assert measured(strict, rows, sex=CENSUS).attributes[0].verdict is Verdict.IMBALANCED


def test_all_combinations_of_empty_groups_have_an_answer():
    for sizes in product((0, 1, 40), repeat=4):
        rows = [
            (values, n) for values, n in zip(product(("F", "M"), ("yes", "no")), sizes, strict=True)
        ]
        attribute = measured(plan_of("sex", label=LABEL), rows, sex=CENSUS).attributes[0]
        if not all(sizes):
            assert attribute.label.verdict is not Verdict.BALANCED
