"""Provenance: typed answers, imbalance rows, and what they say in numbers."""

import pytest

from catalog.exceptions import EditConflict, ValidationFailed
from catalog.products.projection import new_tree, with_custom
from catalog.provenance.models import Imbalance
from catalog.provenance.projection import parse_provenance
from catalog.provenance.questions import CURRENT_SET
from catalog.provenance.representation import max_gaps, min_shares
from catalog.provenance.services import declare_provenance
from tests.factories import FACTORY, make_product

ROWS = [
    {"attribute": "sex", "group": "female", "share": 0.3, "referenceShare": 0.5, "n": 300},
    {"attribute": "sex", "group": "male", "share": 0.7, "referenceShare": 0.5, "n": 700},
]


def _tree(provenance):
    return with_custom(
        new_tree(identifier="p", name="P", domain="d"), "assayProvenance", provenance
    )


BAD = {
    "/questionSet": {"questionSet": "1066.1"},
    "/answers": {"answers": []},
    "/answers/weather": {"answers": {"weather": {"state": "answered", "text": "x"}}},
    "/answers/source": {"answers": {"source": "the shop"}},
    "/answers/source/state": {"answers": {"source": {"state": "perhaps"}}},
    "/answers/source/text": {"answers": {"source": {"state": "answered", "text": " "}}},
    "/answers/source/reason": {"answers": {"source": {"state": "not_applicable"}}},
    "/answers/source/values": {
        "answers": {"source": {"state": "answered", "text": "x", "values": ["the shop"]}}
    },
    "/answers/agent/values": {"answers": {"agent": {"state": "answered", "values": "Sales"}}},
    "/answers/agent/values/0": {"answers": {"agent": {"state": "answered", "values": [" "]}}},
    "/answers/collection_type/values/1": {
        "answers": {"collection_type": {"state": "answered", "values": ["survey", "guess"]}}
    },
    "/answers/period/start": {"answers": {"period": {"state": "answered", "start": "spring"}}},
    "/answers/period/end": {
        "answers": {"period": {"state": "answered", "start": "2026-02-01", "end": "2026-01-01"}}
    },
    "/answers/limits/end": {
        "answers": {"limits": {"state": "answered", "text": "x", "end": "2026-01-01"}}
    },
    "/answers/source/takenFrom/product": {
        "answers": {"source": {"state": "answered", "text": "x", "takenFrom": {"version": "1"}}}
    },
    "/answers/biases": {
        "questionSet": "2026.1",
        "answers": {"biases": {"state": "unknown"}},
    },
    "/imbalances": {"imbalances": {}},
    "/imbalances/0": {"imbalances": [3]},
    "/imbalances/0/attribute": {"imbalances": [{"attribute": "Sex!", "group": "f"}]},
    "/imbalances/0/group": {"imbalances": [{"attribute": "sex"}]},
    "/imbalances/0/share": {"imbalances": [{"attribute": "sex", "group": "f", "share": 40}]},
    "/imbalances/0/referenceShare": {
        "imbalances": [{"attribute": "sex", "group": "f", "referenceShare": True}]
    },
    "/imbalances/0/n": {"imbalances": [{"attribute": "sex", "group": "f", "n": -1}]},
    "/imbalances/0/reference/date": {
        "imbalances": [{"attribute": "sex", "group": "f", "reference": {"date": "spring"}}]
    },
}


@pytest.mark.parametrize("pointer", BAD)
def test_each_issue_names_its_location(pointer):
    with pytest.raises(ValidationFailed) as refused:
        parse_provenance(_tree(BAD[pointer]))

    assert f"/customProperties/0/value{pointer}" in {f.location for f in refused.value.issues}


def test_a_group_is_listed_once():
    with pytest.raises(ValidationFailed):
        parse_provenance(_tree({"imbalances": [ROWS[0], ROWS[0]]}))


@pytest.mark.parametrize("share", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_share_is_a_finite_number_from_0_to_1(share):
    with pytest.raises(ValidationFailed):
        parse_provenance(_tree({"imbalances": [{"attribute": "a", "group": "g", "share": share}]}))


@pytest.mark.django_db
def test_declared_rows_follow_the_tree_and_measured_ones_stay():
    product = make_product(assayProvenance={"imbalances": ROWS})
    record = product.provenance
    Imbalance.objects.create(
        record=record, attribute="age", group="old", share=0.1, origin=Imbalance.Origin.MEASURED
    )

    declare_provenance(
        product=product,
        provenance={"answers": {"source": {"state": "unknown"}}},
        edition=product.edition,
        actor=FACTORY,
    )

    assert [row.attribute for row in record.imbalances.all()] == ["age"]
    assert record.answers.get().question == "source"


@pytest.mark.django_db
def test_provenance_is_an_edit_like_any_other():
    product = make_product()
    declare_provenance(product=product, provenance={}, edition=1, actor=FACTORY)
    answers = {code: {"state": "unknown"} for code in CURRENT_SET.codes}
    product = declare_provenance(
        product=product, provenance={"answers": answers}, edition=1, actor=FACTORY
    )

    with pytest.raises(EditConflict):
        declare_provenance(
            product=product, provenance={"imbalances": ROWS}, edition=1, actor=FACTORY
        )

    assert product.edition == 2


def _row(attribute, share, reference=None, origin="declared"):
    return Imbalance(
        attribute=attribute, group="g", share=share, reference_share=reference, origin=origin
    )


def test_shares_and_gaps_are_by_attribute_and_measured_beats_declared():
    rows = [
        _row("sex", 0.5, 0.5),
        _row("sex", 0.3, 0.5, "measured"),
        _row("sex", 0.7, 0.5, "measured"),
        _row("age", 0.2, 0.25),
        _row("region", None, 0.1),
    ]

    assert min_shares(rows) == {"sex": 0.3, "age": 0.2}
    assert max_gaps(rows) == pytest.approx({"sex": 0.2, "age": 0.05})
