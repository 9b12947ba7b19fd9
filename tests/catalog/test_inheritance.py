"""Imbalances of upstream products: shown with their origin, until a product is assessed itself."""

import pytest

from catalog.authorization.access import ANONYMOUS, EVERYTHING, access_for
from catalog.products.models import DataProduct
from catalog.provenance.inheritance import (
    MAX_DEPTH,
    inherited_imbalances,
)
from catalog.provenance.models import Imbalance
from catalog.provenance.questions import CURRENT_SET
from tests.factories import (
    edit_and_publish,
    make_domain,
    make_published_product,
    make_users,
    product_tree,
)

pytestmark = pytest.mark.django_db


def _made_from(*sources, attributes=(), name="Made", **custom):
    """Return a published product with input ports, and a declared share of each attribute."""
    tree = product_tree(name) | {
        "inputPorts": [
            {
                "name": f"in-{index}",
                "customProperties": [
                    {"property": "assaySource", "value": f"{row.domain.slug}/{row.slug}"}
                ],
            }
            for index, row in enumerate(sources)
        ]
    }
    provenance = {
        "answers": {code: {"state": "unknown"} for code in CURRENT_SET.required_codes},
        "imbalances": [{"attribute": one, "group": "some", "share": 0.25} for one in attributes],
    }
    return make_published_product(tree=tree, assayProvenance=provenance, **custom)


def _inherited(product, access=EVERYTHING):
    rows = inherited_imbalances(product, access)
    return [(row.attribute, row.origin.pk) for row in rows]


def test_a_product_inherits_what_its_source_says():
    source = _made_from(attributes=["sex"])
    product = _made_from(source)

    (row,) = inherited_imbalances(product, ANONYMOUS)

    assert (row.attribute, row.origin) == ("sex", source)
    assert [item.share for item in row.rows] == [0.25]
    assert not row.is_measured


def test_an_assessment_of_its_own_ends_the_inheritance_of_an_attribute():
    source = _made_from(attributes=["sex", "age"])
    product = _made_from(source, attributes=["sex"])

    assert _inherited(product) == [("age", source.pk)]


def test_a_measurement_of_its_own_ends_it_too():
    source = _made_from(attributes=["sex"])
    product = _made_from(source)
    Imbalance.objects.create(
        record=product.provenance, attribute="sex", group="f", origin=Imbalance.Origin.MEASURED
    )

    assert _inherited(product) == []


def test_a_source_is_measured_where_it_also_declares():
    source = _made_from(attributes=["sex"])
    Imbalance.objects.create(
        record=source.provenance,
        attribute="sex",
        group="f",
        share=0.4,
        origin=Imbalance.Origin.MEASURED,
    )

    (row,) = inherited_imbalances(_made_from(source), ANONYMOUS)

    assert row.is_measured
    assert [item.share for item in row.rows] == [0.4]


def test_inheritance_is_transitive_up_to_the_nearest_assessment():
    first = _made_from(attributes=["sex", "age"])
    second = _made_from(first, attributes=["sex"])
    product = _made_from(second)

    assert _inherited(product) == [("sex", second.pk), ("age", first.pk)]


def test_an_attribute_comes_once_from_each_of_its_origins():
    first, other = _made_from(attributes=["sex"]), _made_from(attributes=["sex"])
    left, right = _made_from(first), _made_from(first, other)

    assert _inherited(_made_from(left, right)) == [("sex", first.pk), ("sex", other.pk)]


def test_an_assessment_on_one_way_does_not_hide_the_other_way():
    first = _made_from(attributes=["sex"])
    assessed, open_way = _made_from(first, attributes=["sex"]), _made_from(first)

    origins = _inherited(_made_from(assessed, open_way))

    assert origins == [("sex", assessed.pk), ("sex", first.pk)]


def test_a_cycle_ends():
    first = _made_from(attributes=["sex"])
    second = _made_from(first)
    link = {
        "name": "back",
        "customProperties": [
            {"property": "assaySource", "value": f"{second.domain.slug}/{second.slug}"}
        ],
    }
    edit_and_publish(first, {"op": "add", "path": "/inputPorts", "value": [link]})

    assert _inherited(second) == [("sex", first.pk)]
    assert _inherited(first) == []


def test_what_is_too_far_away_is_not_inherited():
    product = _made_from(attributes=["sex"])
    for _ in range(MAX_DEPTH):
        product = _made_from(product)

    assert len(_inherited(product)) == 1
    assert _inherited(_made_from(product)) == []


def test_a_reader_sees_only_what_visible_products_say():
    domain = make_domain("vault")
    users = make_users(domain)
    secret = _made_from(attributes=["sex"], domain=domain, assayVisibility="restricted")
    product = _made_from(secret)

    assert _inherited(product, ANONYMOUS) == []
    assert _inherited(product, access_for(users.outsider)) == []
    assert _inherited(product, access_for(users.owner)) == [("sex", secret.pk)]


def test_a_visible_product_behind_a_hidden_one_is_not_disclosed():
    first = _made_from(attributes=["sex"])
    hidden = _made_from(first, domain=make_domain("vault"), assayVisibility="restricted")

    assert _inherited(_made_from(hidden), ANONYMOUS) == []


def test_a_product_without_sources_costs_one_statement(django_assert_num_queries):
    product = DataProduct.objects.get(pk=_made_from(attributes=["sex"]).pk)

    with django_assert_num_queries(1):
        inherited_imbalances(product, EVERYTHING)
