"""A wrong quality rule stops the publication of its contract, through every door."""

import pytest
from django.urls import reverse

from catalog.contracts.services import save_contract
from catalog.publication.gates import PublicationRefused
from catalog.publication.services import publish_product
from tests.catalog.api_client import Program
from tests.factories import (
    FACTORY,
    give_schema,
    make_domain,
    make_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
)

pytestmark = pytest.mark.django_db
WRONG = [
    {"metric": "nullValuess", "mustBe": 0},
    {"type": "sql", "query": "SELECT count(*) FROM ${nothing}", "mustBe": 0},
    {"type": "custom", "engine": "assay", "implementation": {"check": "rang", "min": 1}},
]
RIGHT = [
    {"type": "text", "description": "Only confirmed orders are listed."},
    {"type": "custom", "engine": "soda", "implementation": "checks for rows: []"},
    {"metric": "nullValues", "mustBe": 0},
]


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


def with_rules(users, *rules):
    """Return a draft that lacks nothing, and whose contract has these rules."""
    tree = with_answers(product_tree(domain="sales"))
    product = with_good_checks(with_port(make_product(domain=users.domain, tree=tree)))
    product = give_schema(product, "amount")
    tree = product.contracts.get().tree
    tree["schema"][0]["properties"][0]["quality"] = list(rules)
    edition = product.edition
    return save_contract(product=product, tree=tree, edition=edition, actor=FACTORY)[1]


def publish(product):
    return publish_product(product=product, edition=product.edition, actor=FACTORY)


@pytest.mark.parametrize("rule", WRONG, ids=str)
def test_a_wrong_rule_is_a_finding_at_its_place(users, rule):
    product = with_rules(users, rule)
    with pytest.raises(PublicationRefused) as refused:
        publish(product)
    findings = [issue for issue in refused.value.findings if issue.code == "quality-rule"]
    assert len(findings) == 1
    assert "/schema/0/properties/0/quality/0" in findings[0].location
    assert findings[0].is_error


def test_rules_that_are_text_or_of_other_tools_are_published(users):
    assert publish(with_rules(users, *RIGHT)).status == "published"


def test_page_and_api_show_the_finding(client, users):
    product = with_rules(users, WRONG[0])
    client.force_login(users.owner)
    page = client.get(reverse("product_publish", args=["sales", product.slug]), follow=True)
    text = page.content.decode()
    answer = Program(users.owner).get(f"/products/{product.uuid}/findings").json()
    assert "A quality rule of" in text
    assert [issue["code"] for issue in answer["findings"]] == ["quality-rule"]
