"""What applied policies say of products: at publication, in stored results, and with waivers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.publication.gates import PublicationRefused
from governance.policies.decisions import Effect, Mode
from governance.policies.models import StoredResult
from governance.policies.services import (
    approve_version,
    change_mode,
    evaluate_products,
    propose_version,
    results_of,
    sweep_products,
)
from tests.factories import (
    edit_and_publish,
    make_domain,
    make_lead,
    make_published_product,
    make_users,
)

pytestmark = pytest.mark.django_db
LIMITED = """\
id: limitations-are-described
title: Limitations are described
sentence: A product says what it must not be used for.
kind: publication
clauses:
  - id: limitations
    assert: product.limitations != ""
    message: The limitations are missing.
    hint: Say what the data must not be used for.
    location: description.limitations
cases:
  - {title: With, facts: {}, expect: []}
  - {title: Without, facts: {product: {limitations: ""}}, expect: [limitations]}
"""


@pytest.fixture
def users():
    return make_users(make_domain("sales"))


def apply(mode, **options):
    version = propose_version(text=LIMITED, actor=make_lead())
    return approve_version(version=version, actor=make_lead(), edition=1, mode=mode, **options)


def evaluate(product, now=None):
    evaluate_products(product_ids=[product.pk], now=now or timezone.now())
    [result] = results_of(product, now=now or timezone.now())
    return result


def test_an_enforced_policy_refuses_a_publication_at_its_field(users):
    product = make_published_product(domain=users.domain)
    apply(Mode.ENFORCE)
    with pytest.raises(PublicationRefused) as refused:
        edit_and_publish(product, {"op": "add", "path": "/description/usage", "value": "Daily."})
    [finding] = [issue for issue in refused.value.findings if issue.code.startswith("policy.")]
    assert finding.code == "policy.limitations-are-described.limitations"
    assert finding.location == "description.limitations"
    assert finding.is_error


def test_a_policy_that_warns_lets_a_product_be_published(users):
    apply(Mode.WARN)
    assert make_published_product(domain=users.domain).status == "published"


def test_a_product_that_does_not_meet_a_policy_keeps_when_it_began(users):
    product = make_published_product(domain=users.domain)
    apply(Mode.WARN)
    began = timezone.now()
    first = evaluate(product, began)
    assert first.effect is Effect.WARN
    again = evaluate(product, began + timedelta(hours=3))
    assert again.stored.violated_since == began
    assert again.clauses[0].observed == (("product.limitations", ""),)


def test_a_sweep_evaluates_what_changed_and_nothing_else(users):
    products = [make_published_product(domain=users.domain) for _ in range(3)]
    assert sweep_products(now=timezone.now(), seconds=10) == 0
    policy = apply(Mode.WARN)
    now = timezone.now()
    assert sweep_products(now=now, seconds=10) == 3
    assert sweep_products(now=now, seconds=10) == 0
    edit_and_publish(
        products[0], {"op": "add", "path": "/description/limitations", "value": "Not."}
    )
    assert sweep_products(now=now, seconds=10) == 1
    [result] = results_of(products[0], now=now)
    assert result.effect is Effect.MET
    change_mode(
        policy=policy, actor=make_lead(), edition=policy.edition, mode=Mode.OFF, reason="Not now."
    )
    assert sweep_products(now=now, seconds=10) == 3
    assert not StoredResult.objects.exists()


def test_results_that_depend_on_the_clock_are_made_again(users):
    product = make_published_product(domain=users.domain)
    assertion = 'now - product.updated_at < duration("1h")'
    text = LIMITED.replace('product.limitations != ""', assertion)
    text = text.replace('{limitations: ""}', "{updated_at: 2020-01-01}")
    text = text.replace("facts: {}", "facts: {product: {updated_at: 2026-01-01T11:59:00}}")
    version = propose_version(text=text, actor=make_lead())
    approve_version(version=version, actor=make_lead(), edition=1, mode=Mode.WARN)
    now = timezone.now()
    sweep_products(now=now, seconds=10)
    assert results_of(product, now=now)[0].effect is Effect.MET
    later = now + timedelta(hours=2)
    assert sweep_products(now=later, seconds=10) == 1
    assert results_of(product, now=later)[0].effect is Effect.WARN


def test_a_policy_that_is_off_has_no_results(users):
    product = make_published_product(domain=users.domain)
    policy = apply(Mode.WARN)
    evaluate(product)
    change_mode(
        policy=policy, actor=make_lead(), edition=policy.edition, mode=Mode.OFF, reason="Not now."
    )
    assert results_of(product, now=timezone.now()) == []
    evaluate_products(product_ids=[product.pk], now=timezone.now())
    assert not StoredResult.objects.exists()
