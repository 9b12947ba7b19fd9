"""Standards of domains: which apply, where they come from, and that the strictest one counts."""

from datetime import timedelta
from typing import Any

import pytest

from catalog.domains.services import edit_domain
from catalog.exceptions import EditConflict, PermissionDenied, ValidationFailed
from catalog.products.services import move_product, replace_document
from catalog.publication.services import publish_product, retire_product
from governance.slo.declaration import DeclaredObjective, parse_objective
from governance.slo.models import Breach, Objective, ObjectiveStandard, ProbeSchedule
from governance.slo.services import apply_all_standards, set_standards
from governance.slo.standards import applied_objectives, is_as_strict
from tests.factories import (
    FACTORY,
    make_domain,
    make_product,
    make_published_product,
    make_users,
    product_tree,
    with_answers,
    with_good_checks,
    with_port,
)
from tests.governance.measuring import declare_objectives

AVAILABLE = {"indicator": "availability", "target": 0.99}
API = {"type": "api", "location": "https://data.example/items"}
QUICK = {"indicator": "latency", "target": 0.95, "threshold": 0.5}


def declared(*parts: dict[str, Any], **changes: Any) -> DeclaredObjective:
    item = {key: value for part in parts for key, value in part.items()} | changes
    objective = parse_objective(item, "", issues := [], ports={"a", "b"})
    assert not issues
    assert objective is not None
    return objective


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (declared(AVAILABLE), declared(AVAILABLE), True),
        (declared(AVAILABLE, target=0.999), declared(AVAILABLE), True),
        (declared(AVAILABLE), declared(AVAILABLE, target=0.999), False),
        (declared(QUICK, threshold=0.1), declared(QUICK), True),
        (declared(QUICK, threshold=0.1, target=0.9), declared(QUICK), False),
        (declared(AVAILABLE, window="7d"), declared(AVAILABLE), False),
        (declared(AVAILABLE, window="month"), declared(AVAILABLE), False),
        (declared(AVAILABLE, budgeting="timeslices"), declared(AVAILABLE), False),
        (declared(QUICK, percentile=0.99), declared(QUICK, percentile=0.95), True),
        (declared(QUICK, percentile=0.9), declared(QUICK, percentile=0.95), False),
    ],
)
def test_an_objective_is_as_strict_as_another_if_meeting_it_means_meeting_both(
    one: DeclaredObjective, other: DeclaredObjective, expected: bool
):
    assert is_as_strict(one.spec, other.spec) is expected


def test_more_rows_more_complete_and_fresher_are_stricter():
    for indicator, strict, lax in [
        ("volume", 1000, 10),
        ("completeness", 0.99, 0.9),
        ("freshness", 3600, 86400),
    ]:
        one, other = (
            declared(indicator=indicator, target=0.9, threshold=threshold).spec
            for threshold in (strict, lax)
        )
        assert is_as_strict(one, other)
        assert not is_as_strict(other, one)


def applied(own: list[DeclaredObjective], *standards: DeclaredObjective, ports: set[str]):
    result = applied_objectives(own, enumerate(standards, 1), ports=ports)
    return [(item.declared.spec.target, item.declared.port, item.origin) for item in result]


def test_the_strictest_of_product_and_domains_applies_with_its_origin():
    weak, own, strong = (declared(AVAILABLE, target=target) for target in (0.9, 0.99, 0.999))

    assert applied([own], weak, ports={"a"}) == [(0.99, "", None)]
    assert applied([own], weak, strong, ports={"a"}) == [(0.999, "", 2)]
    assert applied([], weak, strong, ports={"a"}) == [(0.999, "", 2)]
    assert applied([], strong, weak, ports={"a"}) == [(0.999, "", 1)]


def test_where_neither_is_the_stricter_one_both_apply():
    own, standard = declared(AVAILABLE, window="7d"), declared(AVAILABLE)

    assert applied([own], standard, ports={"a"}) == [(0.99, "", None), (0.99, "", 1)]


def test_an_objective_of_one_of_several_ports_does_not_cover_the_product():
    own, standard = declared(AVAILABLE, port="a", target=0.999), declared(AVAILABLE)

    assert applied([own], standard, ports={"a", "b"}) == [(0.999, "a", None), (0.99, "", 1)]
    assert applied([own], standard, ports={"a"}) == [(0.999, "a", None)]


def test_the_shorter_interval_of_both_applies():
    own, standard = declared(AVAILABLE, interval="5m"), declared(AVAILABLE, interval="30s")

    [objective] = applied_objectives([own], [(1, standard)], ports={"a"})

    assert (objective.origin, objective.declared.interval) == (None, 30)


def objectives_of(product: Any) -> list[tuple[str, float, int | None]]:
    rows = Objective.objects.of_products([product.pk])
    return [(row.indicator, row.target, row.origin_id) for row in rows]


@pytest.fixture
def users(db: None):
    return make_users()


def publish(users: Any, *items: Any, domain: Any = None) -> Any:
    domain = domain or users.domain
    domain.refresh_from_db()
    return set_standards(domain=domain, declared=list(items), edition=domain.edition, actor=FACTORY)


def test_a_standard_applies_to_published_products_of_the_domain_and_below(
    users, django_capture_on_commit_callbacks
):
    below = make_domain(parent=users.domain)
    with django_capture_on_commit_callbacks(execute=True):
        published = make_published_product("A", domain=users.domain)
        deeper = make_published_product("B", domain=below)
        draft = make_product("C", domain=users.domain)
        elsewhere = make_published_product("D", domain=make_domain())
        publish(users, AVAILABLE)

    [standard] = ObjectiveStandard.objects.all()
    assert objectives_of(published) == [("availability", 0.99, standard.pk)]
    assert objectives_of(deeper) == [("availability", 0.99, standard.pk)]
    assert objectives_of(draft) == objectives_of(elsewhere) == []


def test_a_product_has_the_standard_from_its_publication_to_its_end(
    users, django_capture_on_commit_callbacks
):
    publish(users, AVAILABLE)
    with django_capture_on_commit_callbacks(execute=True):
        product = make_published_product(domain=users.domain)
    assert len(objectives_of(product)) == 1

    with django_capture_on_commit_callbacks(execute=True):
        product.refresh_from_db()
        retire_product(product=product, edition=product.edition, actor=FACTORY, reason="Over.")
    assert objectives_of(product) == []


def test_a_product_or_domain_that_moves_gets_the_standards_of_its_new_place(
    users, django_capture_on_commit_callbacks
):
    other = make_domain()
    publish(users, AVAILABLE)
    publish(users, QUICK, domain=other)
    with django_capture_on_commit_callbacks(execute=True):
        tree = with_answers(product_tree(domain=users.domain.slug))
        draft = with_port(make_product(domain=users.domain, tree=tree), **API)
        product = with_good_checks(draft)
        product = publish_product(product=product, edition=product.edition, actor=FACTORY)
        make_users(other)
        moved = move_product(
            product=product, domain=other, edition=product.edition, actor=FACTORY, reason="New."
        )
    assert [indicator for indicator, *_ in objectives_of(moved)] == ["latency"]

    with django_capture_on_commit_callbacks(execute=True):
        other.refresh_from_db()
        edit_domain(domain=other, edition=other.edition, actor=FACTORY, parent=users.domain)
    assert [indicator for indicator, *_ in objectives_of(moved)] == ["latency", "availability"]


def test_a_changed_standard_keeps_the_objectives_and_their_breaches(users):
    product = make_published_product(domain=users.domain)
    publish(users, AVAILABLE)
    objective = Objective.objects.get()
    Breach.objects.create(
        objective=objective, product=product, opened_at=product.revised_at, description="x"
    )

    publish(users, AVAILABLE | {"target": 0.999})

    changed = Objective.objects.get()
    assert (changed.pk, changed.target) == (objective.pk, 0.999)
    assert changed.origin == ObjectiveStandard.objects.get()
    assert Breach.objects.get().objective == changed


def test_a_standard_that_is_removed_leaves_what_the_product_declared(users):
    product = make_published_product(domain=users.domain)
    declare_objectives(product, AVAILABLE)
    publish(users, AVAILABLE | {"target": 0.999})
    assert [target for _, target, _ in objectives_of(product)] == [0.999]

    publish(users)

    assert objectives_of(product) == [("availability", 0.99, None)]


def test_an_edit_of_the_product_cannot_loosen_a_standard(users):
    product = make_published_product(domain=users.domain)
    publish(users, AVAILABLE)

    declare_objectives(product, AVAILABLE | {"target": 0.5})

    assert [target for _, target, _ in objectives_of(product)] == [0.99]


def test_a_lost_hint_is_made_up_for(users):
    publish(users, AVAILABLE)
    product = make_published_product(domain=users.domain)
    Objective.objects.all().delete()

    assert apply_all_standards() == 1
    assert apply_all_standards() == 0
    assert len(objectives_of(product)) == 1


def test_ports_are_checked_at_the_shortest_requested_interval(users):
    product = make_published_product(domain=users.domain)
    schedule = ProbeSchedule.objects.get(port__product=product)
    assert schedule.interval == 60

    publish(users, AVAILABLE | {"interval": "1d"})
    schedule.refresh_from_db()
    assert schedule.interval == 86400
    ProbeSchedule.objects.update(next_due_at=schedule.next_due_at + timedelta(days=1))

    publish(users, AVAILABLE | {"interval": "10s"})
    before = schedule.next_due_at
    schedule.refresh_from_db()
    assert schedule.interval == 10
    assert schedule.next_due_at <= before + timedelta(minutes=5)


def test_standards_are_refused_at_their_place(users):
    with pytest.raises(ValidationFailed) as caught:
        publish(users, AVAILABLE, {"indicator": "speed", "target": 0.9}, QUICK | {"port": "a"})

    assert [issue.location for issue in caught.value.issues] == ["/1/indicator", "/2/port"]
    with pytest.raises(ValidationFailed):
        set_standards(domain=users.domain, declared={}, edition=1, actor=FACTORY)


def test_only_who_manages_the_domain_publishes_a_standard(users):
    domain = users.domain
    with pytest.raises(PermissionDenied):
        set_standards(
            domain=domain, declared=[AVAILABLE], edition=domain.edition, actor=users.steward
        )
    with pytest.raises(EditConflict):
        set_standards(
            domain=domain, declared=[AVAILABLE], edition=domain.edition + 1, actor=users.owner
        )
    changed = set_standards(
        domain=domain, declared=[AVAILABLE], edition=domain.edition, actor=users.owner
    )
    assert changed.edition == domain.edition + 1


def test_an_objective_counts_from_its_publication_on(users, django_capture_on_commit_callbacks):
    product = make_product(domain=users.domain, assayObjectives=[AVAILABLE])
    assert Objective.objects.get().effective_since is None

    with django_capture_on_commit_callbacks(execute=True):
        product = with_good_checks(with_port(product, **API))
        tree = with_answers(product.tree)
        product = replace_document(
            product=product, tree=tree, edition=product.edition, actor=FACTORY
        )
        assert Objective.objects.get().effective_since is None
        publish_product(product=product, edition=product.edition, actor=FACTORY)

    published_at = Objective.objects.get().effective_since
    assert published_at is not None

    with django_capture_on_commit_callbacks(execute=True):
        publish(users, QUICK)
        declare_objectives(product, AVAILABLE, in_force_since=None)
    assert Objective.objects.get(indicator="availability").effective_since == published_at

    declare_objectives(product, AVAILABLE | {"target": 0.98}, in_force_since=None)
    assert Objective.objects.get(indicator="availability").effective_since > published_at
