"""What every engine answers about the groups in data: filters, negation, facets, completion."""

import pytest

from catalog.search.flow.engine import SearchBackend
from tests.search.requests import ask, counts, doc, fill, ids, values

EVEN = doc(
    "even",
    bias_states=("measured",),
    bias_attributes=("age_band", "sex"),
    imbalances=("age_band", "sex", "female", "sex=female"),
    measures={"min_share.sex": 0.48, "max_gap.sex": 0.02, "min_share.age_band": 0.1},
)
SKEWED = doc(
    "skewed",
    bias_states=("measured", "declared", "contradicted"),
    bias_attributes=("sex",),
    imbalances=("sex",),
    measures={"min_share.sex": 0.2, "max_gap.sex": 0.3},
)
DESCRIBED = doc(
    "described",
    bias_states=("declared",),
    bias_attributes=("region",),
    imbalances=("region",),
    measures={"min_share.region": 0.4},
)
SILENT = doc("silent", bias_states=("not-assessed",))
HIDDEN = doc(
    "hidden",
    readers=("members",),
    bias_states=("measured",),
    bias_attributes=("religion", "sex"),
    imbalances=("religion", "sex"),
    measures={"min_share.religion": 0.3, "min_share.sex": 0.5},
)


@pytest.fixture
def groups(engine: SearchBackend) -> SearchBackend:
    fill(engine, [EVEN, SKEWED, DESCRIBED, SILENT, HIDDEN])
    return engine


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("bias:measured", {"even", "skewed"}),
        ("bias:measured,declared", {"even", "skewed", "described"}),
        ("-bias:measured", {"described", "silent"}),
        ("bias:not-assessed", {"silent"}),
        ("bias:not_assessed", {"silent"}),
        ("bias:contradicted -bias:declared", set()),
        ("bias:measured OR region", {"even", "skewed", "described"}),
        ("imbalance:sex", {"even", "skewed"}),
        ("imbalance:sex -imbalance:age_band", {"skewed"}),
        ("imbalance:religion", set()),
        ("min_share(sex) >= 40 %", {"even"}),
        ("min_share(sex)>=0.48", {"even"}),
        ("min_share(sex)>0.48", set()),
        ('min_share("age band")<=10%', {"even"}),
        ("max_gap(sex)≤0.1", {"even"}),
        ("max_gap(sex)<=0.1 min_share(sex)<0.4", set()),
        ("-max_gap(sex)<=0.1", {"skewed", "described", "silent"}),
        ("(min_share(sex)>=0.4 OR min_share(region)>=0.4)", {"even", "described"}),
    ],
)
def test_groups_filter(groups: SearchBackend, entered: str, expected: set[str]):
    answer = ask(groups, entered)

    assert (set(ids(answer)), answer.count) == (expected, len(expected))


def test_facets_of_groups_count_what_choosing_them_shows(groups: SearchBackend):
    answer = ask(groups, where=[("bias", "measured")])

    assert counts(answer, "bias") == {
        "measured": 2,
        "declared": 2,
        "contradicted": 1,
        "not-assessed": 1,
    }
    assert counts(answer, "imbalance") == {"sex": 2, "age_band": 1}
    for name in ("bias", "imbalance"):
        for value, count in counts(ask(groups), name).items():
            assert ask(groups, where=[(name, value)]).count == count, (name, value)


def test_attributes_are_completed_from_what_is_readable(groups: SearchBackend):
    for field in ("imbalance", "min_share", "max_gap"):
        assert values(groups.values(field, "", ("public",), 5)) == {
            "sex": 2,
            "age_band": 1,
            "region": 1,
        }
    assert values(groups.values("imbalance", "sex=", ("public",), 5)) == {"sex=female": 1}
    assert values(groups.values("min_share", "re", ("public", "members"), 5)) == {
        "region": 1,
        "religion": 1,
    }
