"""API of standards and planned maintenance: who may, what is answered, and what stays hidden."""

from typing import Any

import pytest

from catalog.domains.models import Domain
from governance.slo.evaluation import Verdict
from governance.slo.models import Objective, ObjectiveStatus
from governance.slo.services import set_standards
from tests.catalog.api_client import Program, places, problem_of
from tests.factories import FACTORY, Users, make_domain, make_published_product, make_users
from tests.governance.measuring import declare_objectives

pytestmark = pytest.mark.django_db
AVAILABLE = {"indicator": "availability", "target": 0.99}
WINDOW = {
    "starts_at": "2031-03-02T20:00:00Z",
    "ends_at": "2031-03-02T22:00:00Z",
    "summary": "The disks are replaced.",
}


@pytest.fixture
def users() -> Users:
    return make_users()


def publish(domain: Domain, *objectives: dict[str, Any]) -> None:
    domain.refresh_from_db()
    set_standards(domain=domain, declared=list(objectives), edition=domain.edition, actor=FACTORY)


def set_verdict(product: Any, verdict: Verdict) -> None:
    for objective in Objective.objects.of_products([product.pk]):
        ObjectiveStatus.objects.update_or_create(objective=objective, defaults={"verdict": verdict})


def test_a_domain_lists_its_standards_those_above_and_who_misses_them(users: Users):
    below = make_domain(parent=users.domain)
    met, missed, own = (make_published_product(name, domain=below) for name in "ABC")
    declare_objectives(own, AVAILABLE | {"target": 0.999})
    publish(users.domain, AVAILABLE)
    publish(below, AVAILABLE | {"target": 0.9})
    for product, verdict in [(met, "met"), (missed, "breached"), (own, "breached")]:
        set_verdict(product, Verdict(verdict))

    body = Program().get(f"/domains/{below.slug}/objective-standards").json()

    assert [item["domain"] for item in body["standards"]] == [below.slug, users.domain.slug]
    strict = body["standards"][1]
    assert (strict["objective"], strict["products"]) == (AVAILABLE, 3)
    assert strict["by_verdict"] == {"breached": 2, "met": 1}
    assert [(row["name"], row["is_own"]) for row in strict["missed_by"]] == [
        ("B", False),
        ("C", True),
    ]


def test_products_that_the_reader_may_not_see_are_not_counted(users: Users):
    hidden = make_published_product(domain=users.domain, assayVisibility="restricted")
    publish(users.domain, AVAILABLE)
    set_verdict(hidden, Verdict.BREACHED)
    path = f"/domains/{users.domain.slug}/objective-standards"

    [open_to_all] = Program().get(path).json()["standards"]
    [open_to_owner] = Program(users.owner).get(path).json()["standards"]

    assert (open_to_all["products"], open_to_all["missed_by"]) == (0, [])
    assert open_to_owner["products"] == 1


def test_an_objective_says_which_domain_set_it(users: Users):
    product = make_published_product(domain=users.domain)
    publish(users.domain, AVAILABLE | {"interval": "5m", "window": "month"})

    [objective] = Program().get(f"/objectives?product={product.uuid}").json()["results"]

    assert objective["origin"] == users.domain.slug
    assert (objective["window_kind"], objective["interval"]) == ("month", 300)


def test_a_standard_with_an_issue_is_refused_at_its_place_in_the_body(users: Users):
    path = f"/domains/{users.domain.slug}/objective-standards"
    body = {"objectives": [AVAILABLE, {"indicator": "volume", "target": 2}]}

    answer = Program(users.owner).send("PUT", path, body, edition=users.domain.edition)

    problem = problem_of(answer, 422, "invalid")
    assert places(problem) == ["/objectives/1/target", "/objectives/1/threshold"]


def test_only_who_may_change_the_domain_does(users: Users):
    path = f"/domains/{users.domain.slug}"
    for person, status in [(users.consumer, 403), (None, 401)]:
        program = Program(person)
        put = program.send("PUT", f"{path}/objective-standards", {"objectives": []}, edition=1)
        post = program.send("POST", f"{path}/maintenance", WINDOW)
        assert (put.status_code, post.status_code) == (status, status)


def test_maintenance_that_is_late_is_refused_with_the_reason(users: Users):
    body = WINDOW | {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-01T01:00:00Z"}

    answer = Program(users.owner).send("POST", f"/domains/{users.domain.slug}/maintenance", body)

    problem = problem_of(answer, 422, "invalid")
    assert places(problem) == ["/starts_at"]
    assert "before it begins" in problem["errors"][0]["message"]


def test_a_product_lists_the_maintenance_of_its_domains_too(users: Users):
    product = make_published_product(domain=make_domain(parent=users.domain))
    program = Program(users.owner)
    program.send("POST", f"/domains/{users.domain.slug}/maintenance", WINDOW)
    own = program.send("POST", f"/products/{product.uuid}/maintenance", WINDOW).json()

    listed = Program().get(f"/products/{product.uuid}/maintenance").json()["results"]

    assert {(row["product"], row["domain"]) for row in listed} == {
        (str(product.uuid), None),
        (None, users.domain.slug),
    }
    foreign = f"/domains/{users.domain.slug}/maintenance/{own['id']}"
    assert program.send("DELETE", foreign).status_code == 404


def test_maintenance_of_a_hidden_product_is_not_there(users: Users):
    hidden = make_published_product(domain=users.domain, assayVisibility="restricted")

    assert Program(users.outsider).get(f"/products/{hidden.uuid}/maintenance").status_code == 404
