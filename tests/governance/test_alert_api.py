"""The API of alerts shows and changes what its caller may, and nothing else."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from governance.alerts.models import Alert
from governance.alerts.services import deliver, open_alert
from tests.catalog.api_client import Program
from tests.factories import Users, make_domain, make_published_product, make_users

pytestmark = pytest.mark.django_db
RULE = {"kind": "burn_rate", "severity": "critical"}
FAST = {"window": "1h", "burn_rate": 14.4}
ROUTE = {"name": "Ops", "channel": "mail", "address": "ops@example.org"}


@pytest.fixture
def users() -> Users:
    return make_users(make_domain("sales"))


def begin(users: Users, **custom: Any) -> Alert:
    product = make_published_product(domain=users.domain, **custom)
    alert = open_alert(
        key=f"breach:{product.pk}",
        kind="breach",
        subject=product,
        summary="It is missed.",
        now=timezone.now(),
    )
    assert alert is not None
    return alert


def test_alerts_are_listed_as_the_reader_may_see_them(users: Users) -> None:
    public, hidden = begin(users), begin(users, assayVisibility="restricted")
    by_person = {
        name: {row["id"] for row in Program(person).get("/alerts").json()["results"]}
        for name, person in (("owner", users.owner), ("outsider", users.outsider))
    }
    assert by_person == {
        "owner": {str(public.uuid), str(hidden.uuid)},
        "outsider": {str(public.uuid)},
    }
    outsider = Program(users.outsider)
    assert outsider.get(f"/alerts/{hidden.uuid}").status_code == 404
    path = f"/alerts/{public.uuid}/acknowledge"
    assert outsider.send("POST", path, edition=1).status_code == 403
    assert Program(users.owner).get("/alerts?state=resolved&severity=info").json()["results"] == []


def test_an_alert_is_handled_by_its_edition(users: Users) -> None:
    path = f"/alerts/{begin(users).uuid}"
    owner = Program(users.owner)
    assert owner.send("POST", f"{path}/acknowledge").status_code == 428
    acknowledged = owner.send("POST", f"{path}/acknowledge", edition=1).json()
    assert (acknowledged["state"], acknowledged["edition"]) == ("acknowledged", 2)
    late = owner.send("POST", f"{path}/resolve", {"reason": "Done."}, edition=1)
    assert (late.status_code, late.json()["current"]["state"]) == (412, "acknowledged")
    nobody = owner.send("POST", f"{path}/assign", {"person": "nobody"}, edition=2)
    assert nobody.json()["errors"][0]["pointer"] == "/person"
    events = owner.get(f"{path}/events").json()["results"]
    assert [event["kind"] for event in events] == ["opened", "acknowledged"]


def test_a_rule_of_no_use_is_refused_at_its_place_in_the_body(users: Users) -> None:
    owner = Program(users.owner)
    wrong = owner.send("POST", "/alert-rules", RULE | {"domain": "sales", "parameters": {}})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/parameters"
    objective = {"indicator": "availability", "target": 0.9, "window": "30d"}
    product = make_published_product(domain=users.domain, assayObjectives=[objective])
    body = RULE | {"product": str(product.uuid), "parameters": FAST}
    refused = owner.send("POST", "/alert-rules", body)
    [issue] = refused.json()["errors"]
    assert issue["pointer"] == "/parameters/burn_rate"
    assert "can never fire" in issue["message"]
    unknown = owner.send("POST", "/alert-rules", RULE | {"product": str(uuid4())})
    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["pointer"] == "/product"
    kinds = {kind["key"] for kind in owner.get("/alert-kinds").json()}
    assert {"breach", "burn_rate", "quality_failed", "contract_broken", "bias_drift"} < kinds


def test_routes_and_deliveries_are_seen_by_those_who_edit_in_the_domain(users: Users) -> None:
    owner, outsider = Program(users.owner), Program(users.outsider)
    assert outsider.send("POST", "/alert-routes", ROUTE | {"domain": "sales"}).status_code == 403
    assert owner.send("POST", "/alert-routes", ROUTE).status_code == 403
    created = owner.send("POST", "/alert-routes", ROUTE | {"domain": "sales"})
    assert created.status_code == 201, created.content
    assert created.json()["secret"] is None
    begin(users)
    deliver(now=timezone.now())
    route = created.json()["id"]
    [delivery] = owner.get(f"/alert-deliveries?route={route}").json()["results"]
    assert (delivery["state"], delivery["event"]) == ("delivered", "opened")
    assert outsider.get(f"/alert-routes/{route}").status_code == 404
    assert outsider.get("/alert-deliveries").json()["results"] == []
    quiet = {"from": "22", "to": "07:00"}
    wrong = owner.send("PUT", f"/alert-routes/{route}", ROUTE | {"quiet_hours": quiet}, edition=1)
    assert wrong.json()["errors"][0]["pointer"] == "/quiet_hours/from"
