"""The gate, the frozen versions, and the end of a product's life."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from catalog.domains.services import deactivate_person, grant_role
from catalog.exceptions import (
    EditConflict,
    ImmutableVersion,
    InvalidTransition,
    PermissionDenied,
    ValidationFailed,
)
from catalog.permissions import Role
from catalog.ports.services import ProbeSummary, update_probe_times
from catalog.products.models import DataProduct
from catalog.products.services import patch_document, register_product
from catalog.publication.facts import PortFacts, ProductFacts
from catalog.publication.gates import PublicationRefused
from catalog.publication.rules import a_port_is_live, invariants, owner_and_steward_are_active
from catalog.publication.services import (
    adopt_product,
    deprecate_product,
    publication_findings,
    publish_product,
    retire_product,
)
from tests.factories import (
    FACTORY,
    make_domain,
    make_person,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PORT = PortFacts(
    name="table", version="1.0.0", is_deprecated=False, server_types=("local",), last_good_at=NOW
)
GOOD = ProductFacts(
    product_id=1,
    name="Orders",
    purpose="Count.",
    status="draft",
    sensitivity=1,
    visibility="public",
    owners=("olga",),
    stewards=("sten",),
    ports=(PORT,),
    open_questions=(),
    now=NOW,
)


def _codes(facts):
    return {finding.code for finding in invariants(facts)}


def test_a_good_product_passes_every_invariant():
    assert _codes(GOOD) == set()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"purpose": ""}, "purpose-is-said"),
        ({"owners": ()}, "owner-is-active"),
        ({"stewards": ()}, "steward-is-not-owner"),
        ({"stewards": ("olga",)}, "steward-is-not-owner"),
        ({"ports": ()}, "port-is-live"),
        ({"ports": (replace(PORT, is_deprecated=True),)}, "port-is-live"),
        ({"ports": (replace(PORT, server_types=()),)}, "port-is-live"),
        ({"ports": (replace(PORT, server_types=("api",), last_good_at=None),)}, "port-is-live"),
        ({"open_questions": ("source",)}, "provenance-is-answered"),
    ],
)
def test_each_lack_has_its_own_finding(changed, code):
    assert _codes(replace(GOOD, **changed)) == {code}


@pytest.mark.parametrize("server_type", ["api", "local", "kafka", "postgres", "anything"])
def test_a_port_of_any_type_is_live_for_a_day_after_a_good_check(server_type):
    fresh = replace(PORT, server_types=(server_type,), last_good_at=NOW - timedelta(hours=23))
    stale = replace(fresh, last_good_at=NOW - timedelta(hours=25))

    assert not list(a_port_is_live(replace(GOOD, ports=(fresh,))))
    assert list(a_port_is_live(replace(GOOD, ports=(stale,))))
    assert list(a_port_is_live(replace(GOOD, ports=(replace(fresh, last_good_at=None),))))
    assert not list(a_port_is_live(replace(GOOD, ports=(stale, fresh))))


def test_a_port_that_cannot_be_checked_needs_a_stewards_word():
    port = replace(PORT, server_types=("kafka",), last_good_at=None, is_probed=False)

    (finding,) = a_port_is_live(replace(GOOD, ports=(port,)))

    assert "Assay cannot check kafka yet: a steward confirms" in finding.hint


def test_an_owner_and_a_second_steward_are_enough():
    both = replace(GOOD, stewards=("olga", "sten"))

    assert not list(owner_and_steward_are_active(both))


@pytest.mark.django_db
def test_a_refused_publication_names_every_finding_and_changes_nothing():
    product = make_product()

    with pytest.raises(PublicationRefused) as refused:
        publish_product(product=product, edition=1, actor=FACTORY)

    codes = {finding.code for finding in refused.value.findings}
    assert codes == {
        "owner-is-active",
        "steward-is-not-owner",
        "port-is-live",
        "provenance-is-answered",
    }
    assert all(finding.location and finding.hint for finding in refused.value.findings)
    current = DataProduct.objects.get()
    assert (current.status, current.edition) == ("draft", 1)


@pytest.mark.django_db
def test_publishing_freezes_the_version_and_doing_it_again_changes_nothing():
    product = make_published_product()
    frozen = product.versions.get()

    again = publish_product(product=product, edition=product.edition, actor=FACTORY)

    assert again.edition == product.edition
    assert frozen.tree == product.tree
    assert list(frozen.contract_digests.values()) == [product.contracts.get().digest]


@pytest.mark.django_db
def test_a_changed_product_needs_a_new_version_number_to_be_published_again():
    product = make_published_product()
    edit = [{"op": "replace", "path": "/description/purpose", "value": "Else."}]
    product = patch_document(product=product, patch=edit, edition=product.edition, actor=FACTORY)

    with pytest.raises(ImmutableVersion):
        publish_product(product=product, edition=product.edition, actor=FACTORY)
    raised = [{"op": "replace", "path": "/version", "value": "0.2.0"}]
    product = patch_document(product=product, patch=raised, edition=product.edition, actor=FACTORY)
    product = publish_product(product=product, edition=product.edition, actor=FACTORY)

    assert {frozen.version for frozen in product.versions.all()} == {"0.1.0", "0.2.0"}


@pytest.mark.django_db
def test_an_approval_binds_to_the_edition_that_was_seen():
    product = make_published_product()

    with pytest.raises(EditConflict):
        publish_product(product=product, edition=product.edition - 1, actor=FACTORY)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["steward", "consumer", "outsider"])
def test_only_an_owner_publishes(who):
    users = make_users()
    product = make_product(domain=users.domain, tree=with_answers(product_tree()))
    product = with_good_checks(with_port(product))

    with pytest.raises(PermissionDenied):
        publish_product(product=product, edition=product.edition, actor=getattr(users, who))
    published = publish_product(product=product, edition=product.edition, actor=users.owner)

    assert published.status == "published"


@pytest.mark.django_db
def test_accountability_is_inherited_from_the_domain_above_and_lapses_with_its_people():
    top = make_domain()
    users = make_users(top)
    product = make_product(domain=make_domain(parent=top))
    before = {finding.code for finding in publication_findings(product)}

    deactivate_person(person=users.owner, actor=FACTORY)

    assert "owner-is-active" not in before
    assert "owner-is-active" in {finding.code for finding in publication_findings(product)}


@pytest.mark.django_db
def test_an_owner_who_is_also_the_only_steward_does_not_pass():
    domain, person = make_domain(), make_person()
    for role in (Role.OWNER, Role.STEWARD):
        grant_role(person=person, role=role, domain=domain, actor=FACTORY)

    assert "steward-is-not-owner" in {
        f.code for f in publication_findings(make_product(domain=domain))
    }


@pytest.mark.django_db
def test_an_http_port_passes_once_a_probe_saw_it_good():
    users = make_users()
    product = with_port(
        make_product(domain=users.domain, tree=with_answers(product_tree())),
        server="api",
        type="api",
        location="https://example.org/orders",
        path="",
        format="",
    )
    before = {finding.code for finding in publication_findings(product)}

    probe = ProbeSummary(at=timezone.now(), outcome="good", is_good=True)
    update_probe_times(probes={product.output_ports.get().pk: probe})

    assert before == {"port-is-live"}
    assert publication_findings(product) == []


@pytest.mark.django_db
def test_an_older_probe_never_overwrites_a_newer_one():
    port = with_port(make_product()).output_ports.get()
    late = ProbeSummary(at=NOW, outcome="timeout", is_good=False)
    early = ProbeSummary(at=NOW - timedelta(minutes=5), outcome="good", is_good=True)

    update_probe_times(probes={port.pk: late})
    update_probe_times(probes={port.pk: early})

    port.refresh_from_db()
    assert (port.last_outcome, port.last_good_at) == ("timeout", None)


@pytest.mark.django_db
def test_a_deprecated_product_names_what_comes_after_it_and_then_retires():
    product, successor = make_published_product(), make_published_product()
    with pytest.raises(ValidationFailed):
        deprecate_product(
            product=product, successor=product, edition=product.edition, actor=FACTORY
        )

    product = deprecate_product(
        product=product, successor=successor, edition=product.edition, actor=FACTORY
    )
    product = retire_product(product=product, edition=product.edition, actor=FACTORY)

    assert (product.status, product.successor) == ("retired", successor)
    with pytest.raises(InvalidTransition):
        publish_product(product=product, edition=product.edition, actor=FACTORY)


@pytest.mark.django_db
def test_a_draft_is_neither_deprecated_nor_retired():
    product = make_product()

    for step in (deprecate_product, retire_product):
        with pytest.raises(InvalidTransition):
            step(product=product, edition=1, actor=FACTORY)


@pytest.mark.django_db
def test_an_entry_from_outside_is_adopted_as_a_draft_and_never_published_as_it_is():
    domain = make_domain(is_external=True)
    product = register_product(domain=domain, tree=product_tree(), actor=FACTORY, status="external")
    with pytest.raises(InvalidTransition):
        publish_product(product=product, edition=1, actor=FACTORY)

    product = adopt_product(product=product, edition=1, actor=FACTORY)

    assert product.status == "draft"
